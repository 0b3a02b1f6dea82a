"""Shapes, and arrays like others, without the checks of NumPy's wrappers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
__all__ = ["matrix_transpose", "ones_like", "reshape"]


def matrix_transpose(x: Array, /) -> Array:
    return x.mT


def ones_like(x: Array, /) -> Array:
    return x.dtype.type(1) if x.ndim == 0 else np.ones_like(x)


def reshape(x: Array, /, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)
