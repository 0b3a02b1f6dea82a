"""What is assumed when a call does not say: the device, the dtype, the random generator."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

import backends

from .graph import Box

bool = np.dtype("bool")
int8, int16, int32, int64 = (np.dtype(f"int{n}") for n in (8, 16, 32, 64))
uint8, uint16, uint32, uint64 = (np.dtype(f"uint{n}") for n in (8, 16, 32, 64))
float32, float64 = np.dtype("float32"), np.dtype("float64")
complex64, complex128 = np.dtype("complex64"), np.dtype("complex128")


class _Defaults(threading.local):
    device = "cpu"
    dtype = float32


_defaults = _Defaults()
_generator = backends.Generator(0)


class device(str):
    """The name of a device: "cpu", "cuda:0", ...; as a context, the default device inside it.

    >>> import backprop as bp
    >>> with bp.device("cpu"):
    ...     bp.zeros(2).device
    'cpu'
    """

    _before: list[tuple[str, Any]]

    def __new__(cls, name: str = "auto") -> device:
        self = super().__new__(cls, backends.get(name).name)
        self._before = []
        return self

    def __enter__(self) -> device:
        current = backends.get(str(self)).on_device()
        current.__enter__()
        self._before.append((_defaults.device, current))
        _defaults.device = str(self)
        return self

    def __exit__(self, *exc: object) -> None:
        _defaults.device, current = self._before.pop()
        current.__exit__(*exc)


def set_default_device(name: str) -> None:
    """Where new arrays and models are made from now on (in this thread): "cpu", "cuda", ..."""
    _defaults.device = backends.get(name).name


def get_default_device() -> str:
    """Where new arrays are made when a call names no device."""
    return _defaults.device


def devices() -> list[str]:
    """The devices that work here, "cpu" first."""
    return backends.available()


def set_default_dtype(dtype: Any) -> None:
    """The dtype of new parameters and of arrays made from Python floats: float32 or float64."""
    wanted = as_dtype(dtype)
    if wanted not in (float32, float64):
        raise ValueError(f"dtype: got {wanted}, wanted float32 or float64")
    _defaults.dtype = wanted


def get_default_dtype() -> np.dtype[Any]:
    """The dtype of arrays made from Python floats."""
    return _defaults.dtype


def default_complex() -> np.dtype[Any]:
    """The dtype of arrays made from Python's complex numbers: as wide as the default dtype."""
    return complex64 if _defaults.dtype == float32 else complex128


def manual_seed(seed: int) -> backends.Generator:
    """Start the random stream that initialisation and dropout draw from anew.

    The stream is the same on every device.
    """
    return _generator.manual_seed(seed)


def default_generator() -> backends.Generator:
    """The generator that `manual_seed` seeds."""
    return _generator


def as_dtype(dtype: Any) -> np.dtype[Any]:
    """Any library's dtype, its name or a Python type, as one of ours."""
    try:
        if dtype is None:  # which NumPy reads as float64
            raise TypeError
        try:
            out = np.dtype(dtype)
        except TypeError:
            out = np.dtype(str(dtype).rpartition(".")[2])
        if out.kind in "biufc":
            return out
        raise TypeError
    except TypeError:
        raise TypeError(f"dtype: got {dtype!r}, wanted a dtype such as backprop.float32") from None


def native(dtype: Any, backend: backends.Backend) -> Any:
    """One of our dtypes as the backend's library writes it."""
    if dtype is None:
        return None
    try:
        return getattr(backend.xp, as_dtype(dtype).name)
    except AttributeError:
        raise TypeError(f"dtype: got {dtype!r}, wanted a dtype such as backprop.float32") from None


def backend_for(device_name: Any) -> backends.Backend:
    """The backend a `device=` argument names; the default one for None."""
    if isinstance(device_name, Box):
        return backends.of(device_name.data)
    try:
        return backends.get(_defaults.device if device_name is None else device_name)
    except (TypeError, ValueError) as error:
        raise type(error)(str(error).replace("name:", "device:", 1)) from None
