"""Checkpoints: all that is needed to go on exactly where a training stopped."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ..io import FileFormatError, load_tensors, save_tensors
from ..tensor import Tensor, asarray

_VERSION = 1


def save_checkpoint(
    path: str | os.PathLike[str],
    tensors: Mapping[str, Mapping[str, Any]],
    optimizer: dict[str, Any],
    progress: dict[str, Any],
) -> None:
    """Write groups of tensors (the model's, the best model's), an optimizer's state and progress.

    A safetensors file: it holds no code, and appears whole or not at all.
    """
    flat = {f"{group}/{k}": v for group, named in tensors.items() for k, v in named.items()}
    scalars: dict[str, dict[str, Any]] = {}
    for number, entry in optimizer["state"].items():
        for name, value in entry.items():
            if isinstance(value, Tensor):
                flat[f"optimizer/{number}/{name}"] = value
            else:
                scalars.setdefault(str(number), {})[name] = value
    save_tensors(path, flat, {
        "checkpoint": _VERSION, "progress": progress, "scalars": scalars,
        "param_groups": optimizer["param_groups"],
    })  # fmt: skip


def load_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[dict[str, dict[str, Any]], dict[str, Any], dict[str, Any]]:
    """(groups of tensors, optimizer's state, progress) of a file that `save_checkpoint` wrote.

    Raises:
        FileFormatError: the file is cut off, or is no checkpoint.
    """
    arrays, metadata = load_tensors(path)
    if metadata.get("checkpoint") != _VERSION:
        raise FileFormatError(
            f"{path} is no checkpoint of this version of backprop "
            f"(got {metadata.get('checkpoint')!r}, wanted {_VERSION})"
        )
    state: dict[Any, dict[str, Any]] = {
        int(number): dict(entry) for number, entry in metadata["scalars"].items()
    }
    groups: dict[str, dict[str, Any]] = {}
    for name, array in arrays.items():
        group, _, rest = name.partition("/")
        if group == "optimizer":
            number, _, key = rest.partition("/")
            state.setdefault(int(number), {})[key] = asarray(array)
        else:
            groups.setdefault(group, {})[rest] = array
    settings = [  # JSON knows no tuples
        {k: tuple(v) if isinstance(v, list) and k != "params" else v for k, v in group.items()}
        for group in metadata["param_groups"]
    ]
    optimizer = {"state": state, "param_groups": settings}
    return groups, optimizer, metadata["progress"]
