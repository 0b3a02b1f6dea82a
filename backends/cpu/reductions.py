"""Sums and the largest element, without the checks of NumPy's wrappers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
__all__ = ["max", "sum", "sum_of_squares"]


def max(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


def sum(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    if x.dtype.kind != "f":  # the standard widens small integers
        return np.sum(x, axis=axis, keepdims=keepdims)
    return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


def sum_of_squares(x: Array, /) -> Array:
    flat = x.ravel()
    return np.dot(flat, flat)
