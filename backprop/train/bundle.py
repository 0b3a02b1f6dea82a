"""A trained model with all it needs to be used: one safetensors file, and the run it lies in."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..data import Characters, Preprocessor
from ..io import FileFormatError, check_place, load_tensors, save_tensors
from ..nn import Module
from .models import build_model
from .settings import Settings

MODEL, CONFIG, HISTORY = "model.safetensors", "config.toml", "history.csv"
CURVES, RESULT, CHECKPOINT = "curves.png", "result.json", "checkpoint.safetensors"
_VERSION = 1


class Bundle(NamedTuple):
    """What `load_bundle` gives: the network, what makes its inputs, and the settings it has."""

    model: Module
    preprocessor: Preprocessor | Characters
    settings: Settings


def row_shape(preprocessor: Preprocessor | Characters) -> tuple[int, ...]:
    """The shape of one row as a network is built for: an array's before it is made flat."""
    if isinstance(preprocessor, Preprocessor) and preprocessor.kind == "array":
        return preprocessor.raw_shape
    return preprocessor.shape


def outputs(settings: Settings, preprocessor: Preprocessor | Characters) -> int:
    """How many numbers the network gives for a row: with bce one for two classes."""
    return 1 if settings.loss == "bce" else preprocessor.outputs


def save_bundle(
    directory: str | os.PathLike[str],
    model: Module | Mapping[str, np.ndarray],
    preprocessor: Preprocessor | Characters,
    settings: Settings,
) -> Path:
    """Write `model.safetensors`: the weights, and as JSON what is needed to use them.

    The same training gives the same bytes, wherever its data lie.
    """
    path = Path(directory) / MODEL
    named = replace(preprocessor, name=Path(preprocessor.name).name)
    save_tensors(path, model.state_dict() if isinstance(model, Module) else model, {
        "model": _VERSION, "network": settings.network(),
        "preprocessor": json.loads(named.to_json()),
    })  # fmt: skip
    return path


def load_bundle(directory: str | os.PathLike[str]) -> Bundle:
    """The trained model of a run's directory (or the model file itself).

    Raises:
        FileNotFoundError: there is no such directory, or no model in it.
        FileFormatError: the file is cut off, or was not saved by a training.
    """
    path = Path(directory)
    if path.is_dir():
        if not (path / MODEL).is_file():
            raise FileNotFoundError(
                f"{path} holds no {MODEL}, so it is not the directory of a finished training"
            )
        path = path / MODEL
    elif not path.is_file():
        raise FileNotFoundError(f"there is no directory {path}")
    weights, metadata = load_tensors(path)
    if metadata.get("model") != _VERSION:
        raise FileFormatError(f"{path} was not saved by backprop train (or by another version)")
    try:
        settings = Settings(**metadata["network"])
        content = json.dumps(metadata["preprocessor"])
        of_text = "alphabet" in metadata["preprocessor"]
        preprocessor = (Characters if of_text else Preprocessor).from_json(content)
        model = build_model(settings, row_shape(preprocessor), outputs(settings, preprocessor))
        model.load_state_dict(weights)
    except (KeyError, TypeError, ValueError) as error:
        raise FileFormatError(f"{path} is damaged: {error}") from error
    return Bundle(model.eval(), preprocessor, settings)


def check_free(directory: str | os.PathLike[str]) -> None:
    """Raise ValueError unless a new run can be saved there without losing anything."""
    path = Path(directory)
    if path.is_dir() and any(path.iterdir()):
        held = "the run that is there" if (path / CONFIG).is_file() else "what is there"
        raise ValueError(
            f"out: {path} is not empty, and {held} is not overwritten; "
            "name another directory, or go on with a run by --resume"
        )
    check_place(path)


def new_directory(data: str, below: str = "runs") -> Path:
    """A directory for a run that does not exist yet: runs/NAME-TIME."""
    stem = Path(data).name.split(".")[0]
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in stem) or "run"
    first = Path(below) / f"{name}-{time.strftime('%Y%m%d-%H%M%S')}"
    path, number = first, 2
    while path.exists():
        path, number = first.with_name(f"{first.name}-{number}"), number + 1
    return path


def make_directory(path: Path) -> list[Path]:
    """Make a directory; those made on the way are returned, the innermost first."""
    made: list[Path] = []
    here = path
    while not here.exists():
        made.append(here)
        here = here.parent
    path.mkdir(parents=True, exist_ok=True)
    return made


def clear(path: Path, made: list[Path]) -> None:
    """Take back what was begun: the config, and the directories that were made for it."""
    (path / CONFIG).unlink(missing_ok=True)
    for directory in made:
        try:
            directory.rmdir()
        except OSError:  # something else is in it by now
            return


def read_run(directory: str | os.PathLike[str]) -> dict[str, Any]:
    """The settings of the run in a directory, to go on with it.

    Raises:
        FileNotFoundError: there is no such run.
    """
    from .config import read_config

    path = Path(directory)
    if not (path / CONFIG).is_file():
        what = f"holds no {CONFIG}" if path.is_dir() else "does not exist"
        raise FileNotFoundError(f"resume: {path} {what}, so there is no run to go on with")
    if (path / RESULT).is_file() and not (path / CHECKPOINT).is_file():
        raise ValueError(
            f"resume: the run in {path} is finished, and its {CHECKPOINT} is gone; "
            f"train anew with --config {path / CONFIG}"
        )
    return read_config(path / CONFIG)
