"""Sums whose order follows from the sizes alone."""

from __future__ import annotations

import math
from typing import Any

import cupy
import numpy as np

from .launch import FLOATS, THREADS, Source, override

Array = Any
_code = Source(__file__)
__all__ = ["sum", "sum_into", "sum_of_squares"]


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
    out = cupy.empty((1,) * k * keepdims + x.shape[k:], x.dtype)
    _sum_rows(x, k, out)
    return out


@override()
def sum_into(x: Array, out: Array, /) -> None:
    k = x.ndim - out.ndim
    fits = x.dtype == out.dtype and x.dtype.name in FLOATS and x.shape[k:] == out.shape and x.size
    if fits and k and out.ndim and x.flags.c_contiguous and out.flags.c_contiguous:
        _sum_rows(x, k, out)
    else:
        out[...] = sum(x, axis=tuple(range(k)))


def _sum_rows(x: Array, k: int, out: Array) -> None:
    """out <- x summed over its first k axes, both in order and something in them."""
    rows, columns = math.prod(x.shape[:k]), math.prod(x.shape[k:])
    chunks = 1 if rows <= 128 else min(-(-rows // 64), 512)
    if chunks > 1:
        parts = cupy.empty((chunks, columns), x.dtype)
        _sum_columns(x, rows, columns, chunks, parts)
        x, rows = parts, chunks
    _sum_columns(x, rows, columns, 1, out)


def _sum_columns(x: Array, rows: int, columns: int, chunks: int, out: Array) -> None:
    """out <- the sums of `chunks` equal parts of the rows, (chunks, columns)."""
    sizes = np.int64(rows), np.int64(columns), np.int64(-(-rows // chunks))
    _code.kernel("column_sum", x.dtype.char)((-(-columns // 32), chunks), (32, 8), (x, out, *sizes))
