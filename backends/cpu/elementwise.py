"""Elementwise kernels that NumPy has in a faster form, or gets wrong in places.

What it gets wrong concerns infinities and the like: arrays without them go to NumPy's function.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only
from ..portable import complex as _complex

Array = Any
_FLOATS = ("float32", "float64")
_COMPLEX = ("complex64", "complex128")
_NUMBER = (int, float)
__all__ = ["clip", "expm1", "floor_divide", "log1p", "sign", "tanh"]


def sign(x: Array, /) -> Array:
    return np.sign(x)


def floor_divide(x1: Array, x2: Array, /) -> Array:
    # NumPy pairs // with %: an infinity gives NaN or -1 where the standard has floor(x1 / x2).
    odd = _infinite(x1) | _infinite(x2)
    if odd is False or not odd.any():
        return np.floor_divide(x1, x2)
    with np.errstate(all="ignore"):
        out = np.floor_divide(x1, x2)
    return np.where(odd, np.floor(np.true_divide(x1, x2, dtype=out.dtype)), out)


def _infinite(x: Any) -> Any:
    """False for all numbers at once where none can be infinite."""
    if hasattr(x, "dtype"):
        return np.isinf(x) if x.dtype.kind == "f" else False
    return np.True_ if abs(x) == math.inf else False


@only(*_COMPLEX)
def expm1(x: Array, /) -> Array:
    if not np.isfinite(x).all():
        return _complex.expm1(x)
    out = np.asarray(np.expm1(x))
    out.real += 0.0  # of -0 it makes the 0 that the standard wants
    return out


@only(*_COMPLEX)
def log1p(x: Array, /) -> Array:
    return _complex.log1p(x)


@only(*_COMPLEX)
def tanh(x: Array, /) -> Array:
    return _complex.tanh(x) if np.isinf(x.real).any() else np.tanh(x)


@only(*_FLOATS)
def clip(x: Array, min: Any, max: Any, /) -> Array:
    if isinstance(min, _NUMBER) and isinstance(max, _NUMBER):
        return x.clip(min, max)
    return portable.clip(x, min, max)
