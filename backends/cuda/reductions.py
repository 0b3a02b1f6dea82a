"""Sums whose order follows from the sizes alone."""

from __future__ import annotations

import math
from typing import Any

import cupy
import numpy as np

from .launch import FLOATS, THREADS, Source, override

Array = Any
_code = Source(__file__)
__all__ = ["sum", "sum_of_squares"]


@override(*FLOATS)
def sum_of_squares(x: Array, /) -> Array:
    # The number of blocks follows from the size alone, so the sum's order does too.
    if not x.size:
        return cupy.zeros((), x.dtype)
    char, blocks = x.dtype.char, min(-(-x.size // (8 * THREADS)), 1024)
    partial = cupy.empty((blocks,), x.dtype)
    args = cupy.ascontiguousarray(x), partial, np.int64(x.size)
    _code.kernel("sum_of_squares", char)((blocks,), (THREADS,), args)
    if blocks == 1:
        return partial.reshape(())
    out = cupy.empty((), x.dtype)
    _code.kernel("sum_all", char)((1,), (THREADS,), (partial, out, np.int64(blocks)))
    return out


@override(*FLOATS)
def sum(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    # Leading axes, as a bias's gradient has them, are the ones CuPy's own reduction is slow at.
    axes = axis if isinstance(axis, tuple) else (axis,)
    k = len(axes)
    if (
        axis is None
        or not 0 < k < x.ndim
        or sorted(a + x.ndim if a < 0 else a for a in axes) != list(range(k))
        or not (x.size and x.flags.c_contiguous)
    ):
        return cupy.sum(x, axis=axis, keepdims=keepdims)
    rows, columns = math.prod(x.shape[:k]), math.prod(x.shape[k:])
    chunks = 1 if rows <= 128 else min(-(-rows // 64), 512)
    total = _sum_columns(x, rows, columns, chunks)
    if chunks > 1:
        total = _sum_columns(total, chunks, columns, 1)
    return total.reshape((1,) * k * keepdims + x.shape[k:])


def _sum_columns(x: Array, rows: int, columns: int, chunks: int) -> Array:
    """The sums of `chunks` equal parts of the rows, (chunks, columns)."""
    out = cupy.empty((chunks, columns), x.dtype)
    sizes = np.int64(rows), np.int64(columns), np.int64(-(-rows // chunks))
    _code.kernel("column_sum", x.dtype.char)((-(-columns // 32), chunks), (32, 8), (x, out, *sizes))
    return out
