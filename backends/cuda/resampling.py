"""Weighted sums along an axis, in one launch; the tables stay on the device."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import accumulate
from typing import Any

import cupy
import numpy as np

from .launch import FLOATS, Source, override

Array = Any
Taps = tuple[tuple[tuple[int, float], ...], ...]
_code = Source(__file__)
__all__ = ["resample"]


@lru_cache(64)
def _tables(taps: Taps, dtype: str, device: int) -> tuple[Array, Array, Array]:
    """Where each row starts, and the places and weights of all rows, one after another."""
    start = [0, *accumulate(map(len, taps))]
    pairs = [pair for row in taps for pair in row] or [(0, 0.0)]
    places, weights = zip(*pairs, strict=True)
    return (
        cupy.asarray(start, dtype=np.int64), cupy.asarray(places, dtype=np.int64),
        cupy.asarray(weights, dtype=dtype),
    )  # fmt: skip


@override(*FLOATS)
def resample(x: Array, /, axis: int, taps: Taps) -> Array:
    axis %= x.ndim
    out = cupy.empty((*x.shape[:axis], len(taps), *x.shape[axis + 1 :]), x.dtype)
    if out.size:
        tables = _tables(taps, x.dtype.name, x.device.id)
        sizes = out.size, x.shape[axis], len(taps), math.prod(x.shape[axis + 1 :])
        numbers = [np.int64(n) for n in sizes]
        _code.each(
            "resample", x.dtype.char, out.size, cupy.ascontiguousarray(x), *tables, out, *numbers
        )
    return out
