"""Tensors in safetensors files."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ..tensor import Tensor
from .files import write_bytes

_DTYPES = {"bool", "float16", "float32", "float64", "complex64"} | {
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
}
_KEY = "backprop"  # one metadata key, so that the file's bytes do not hang on a hash order


class FileFormatError(ValueError):
    """A file is not what its reader was told to expect."""


def save_tensors(
    path: str | os.PathLike[str],
    tensors: Mapping[str, Tensor | np.ndarray],
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write named tensors, and JSON metadata, as a safetensors file.

    The file appears whole or not at all. The same tensors and metadata give the same bytes.

    Raises:
        TypeError: a name is no text, a tensor of a dtype the format does not hold, or the metadata
            are not JSON.
    """
    from safetensors.numpy import save

    for name, given in (("tensors", tensors), ("metadata", metadata or {})):
        if not isinstance(given, Mapping):
            raise TypeError(f"{name}: got a {type(given).__name__}, wanted a dict of names")
    arrays = {name: _array(name, t) for name, t in tensors.items()}
    try:
        text = None
        if metadata is not None:
            text = {_KEY: json.dumps(metadata, sort_keys=True, default=_plain)}
    except TypeError as error:
        raise TypeError(f"metadata: got what JSON cannot hold ({error})") from error
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, save(arrays, text))


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a {type(value).__name__}")


def _array(name: str, tensor: Any) -> np.ndarray:
    if not isinstance(name, str):
        raise TypeError(f"tensors: got {name!r} for a name, wanted text")
    array = tensor.detach().numpy() if isinstance(tensor, Tensor) else np.asarray(tensor)
    if array.dtype.name not in _DTYPES:
        raise TypeError(
            f"tensors: {name!r} has dtype {array.dtype}, wanted one that safetensors files hold: "
            f"{', '.join(sorted(_DTYPES))}"
        )
    return np.asarray(array, order="C")  # not ascontiguousarray, which gives 0-d arrays an axis


def load_tensors(
    path: str | os.PathLike[str],
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """(named arrays, metadata) of a safetensors file; metadata is {} where there is none of ours.

    Raises:
        FileNotFoundError: there is no such file.
        FileFormatError: it is not a safetensors file, is cut off, or holds a dtype that NumPy
            lacks (bfloat16, say).
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with safe_open(path, framework="numpy") as f:
            arrays = {name: _read(path, f, name) for name in f.keys()}  # noqa: SIM118  (no mapping)
            text = (f.metadata() or {}).get(_KEY)
    except SafetensorError as error:
        raise FileFormatError(
            f"{path} is not a whole safetensors file ({error}); "
            "it may have been cut off while being copied"
        ) from error
    try:
        metadata = {} if text is None else json.loads(text)
    except json.JSONDecodeError as error:
        raise FileFormatError(f"{path}: its metadata are not JSON ({error})") from error
    if not isinstance(metadata, dict):
        raise FileFormatError(f"{path}: its metadata are a {type(metadata).__name__}, not a dict")
    return arrays, metadata


def _read(path: Path, file: Any, name: str) -> np.ndarray:
    with suppress(TypeError, AttributeError):  # how NumPy says that it lacks a dtype
        array: np.ndarray = file.get_tensor(name)
        if array.dtype.name in _DTYPES:  # another package may have brought NumPy a bfloat16
            return array
    raise FileFormatError(
        f"{path}: tensor {name!r} is of dtype {file.get_slice(name).get_dtype()}, which NumPy "
        "lacks; save it as float32"
    )
