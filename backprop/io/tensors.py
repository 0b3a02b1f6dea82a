"""Tensors in safetensors files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..tensor import Tensor

_KEY = "backprop"  # one metadata key, so that the file's bytes do not hang on a hash order


class FileFormatError(ValueError):
    """A file is not what its reader was told to expect."""


def save_tensors(
    path: str | os.PathLike[str],
    tensors: Mapping[str, Tensor | np.ndarray],
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write named tensors, and JSON metadata, as a safetensors file.

    The file appears whole or not at all: it is written beside its place and then renamed. The same
    tensors and metadata give the same bytes.
    """
    from safetensors.numpy import save

    arrays = {
        name: np.ascontiguousarray(t.detach().numpy() if isinstance(t, Tensor) else t)
        for name, t in tensors.items()
    }
    text = None if metadata is None else {_KEY: json.dumps(metadata, sort_keys=True)}
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(save(arrays, text))
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(named arrays, metadata) of a safetensors file; metadata is {} where there is none of ours.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: it is not a safetensors file, or is cut off.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as f:
            arrays = {name: f.get_tensor(name) for name in f.keys()}  # noqa: SIM118  (no mapping)
            text = (f.metadata() or {}).get(_KEY)
    except SafetensorError as error:
        raise FileFormatError(
            f"{path} is not a whole safetensors file ({error}); "
            "it may have been cut off while being copied"
        ) from error
    try:
        return arrays, {} if text is None else json.loads(text)
    except json.JSONDecodeError as error:
        raise FileFormatError(f"{path}: its metadata is not JSON ({error})") from error
