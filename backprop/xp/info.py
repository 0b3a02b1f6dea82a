"""What this namespace can do, for code that asks (the standard's inspection functions)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import defaults
from .data_types import isdtype

__all__ = ["__array_namespace_info__"]


def __array_namespace_info__() -> Info:
    """The standard's inspection functions: capabilities, devices, dtypes and the defaults.

    >>> import backprop as bp
    >>> bp.__array_namespace_info__().default_device()
    'cpu'
    """
    return Info()


class Info:
    """The standard's inspection functions."""

    def capabilities(self) -> dict[str, bool | int | None]:
        """What of the standard's optional parts is there."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Where new arrays are made when a call names no device."""
        return defaults.get_default_device()

    def devices(self) -> tuple[str, ...]:
        """The devices that work here."""
        return tuple(dict.fromkeys([*defaults.devices(), self.default_device()]))

    def default_dtypes(self, *, device: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtype of arrays made from Python numbers, for each kind; the same on every device."""
        defaults.backend_for(device)
        return {
            "real floating": defaults.get_default_dtype(),
            "complex floating": defaults.default_complex(),
            "integral": defaults.int64,
            "indexing": defaults.int64,
        }

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, np.dtype[Any]]:
        """The dtypes by name, all or those of a kind (see `isdtype`); the same on every device."""
        backend = defaults.backend_for(device)
        every = {name: np.dtype(name) for name in backend.DTYPES}
        if kind is None:
            return every
        return {name: dtype for name, dtype in every.items() if isdtype(dtype, kind)}
