"""Elements taken and put, and rows added up in order."""

from __future__ import annotations

import math
from typing import Any

import cupy
import numpy as np

from .. import portable
from .gemm import in_graph
from .launch import COMPLEX, FLOATS, MOST_BLOCKS, THREADS, Source, override

Array = Any
_code = Source(__file__)
__all__ = ["add_along_axis", "add_rows", "getitem", "put"]


@override()
def getitem(x: Array, /, index: Any) -> Array:
    return x[index]


@override()
def put(x: Array, value: Any, /, index: Any) -> None:
    if not hasattr(value, "dtype"):  # of a number itself CuPy loses the sign of a zero
        value = cupy.asarray([value], dtype=x.dtype).reshape(())
    portable.put(x, value, index)


@override(*FLOATS, *COMPLEX)
def add_rows(x: Array, index: Array, /, rows: int, axis: int) -> Array:
    # Sorting brings equal indices together; being stable, it keeps the order of their slices.
    x = cupy.moveaxis(x, axis, 0)
    if x.dtype.kind == "c":  # a complex number is two real ones
        parts = cupy.ascontiguousarray(x)[..., None].view(x.real.dtype)
        out = add_rows(parts, index, rows, 0).view(x.dtype)[..., 0]
        return cupy.moveaxis(out, 0, axis)
    out = cupy.zeros((rows, *x.shape[1:]), x.dtype)
    if x.size and out.size:
        order, start = _places(index.astype(np.int64, copy=False), rows)
        columns = out.size // rows
        arrays = cupy.ascontiguousarray(x), order, start, out
        sizes = np.int64(rows), np.int64(columns)
        _code.each("add_rows", x.dtype.char, out.size, *arrays, *sizes)
    return cupy.moveaxis(out, 0, axis)


def _places(index: Array, rows: int) -> tuple[Array, Array]:
    """The places of each row in turn, in order; where each row's begin, and the last one's end."""
    if in_graph() and max(index.size, rows) < 2**31:
        return _sorted(index, rows)
    index = cupy.where(index < 0, index + rows, index)
    order = index.argsort(kind="stable").astype(np.int64, copy=False)
    return order, cupy.searchsorted(index[order], cupy.arange(rows + 1, dtype=np.int64))


def _sorted(index: Array, rows: int) -> tuple[Array, Array]:
    """The same by kernels alone, as a CUDA graph wants it."""
    n, tile = index.size, 2 * THREADS
    total = max(tile, 1 << (n - 1).bit_length())
    keys = cupy.empty((total,), np.uint64)
    order, start = cupy.empty((n,), np.int64), cupy.empty((rows + 1,), np.int64)
    size, all_keys = np.int64(n), np.int64(total)
    index = cupy.ascontiguousarray(index)
    _code.each("sort_keys", "f", total, index, keys, size, all_keys, np.int64(rows))
    tiles = (min(total // tile, MOST_BLOCKS),), (THREADS,)
    in_tiles = _code.kernel("sort_tiles", "f")
    in_tiles(*tiles, (keys, all_keys, np.int64(2), np.int64(tile)))
    length = 2 * tile
    while length <= total:
        apart = length // 2
        while apart >= tile:
            pair = np.int64(length), np.int64(apart)
            _code.each("sort_step", "f", total // 2, keys, all_keys, *pair)
            apart //= 2
        in_tiles(*tiles, (keys, all_keys, np.int64(length), np.int64(length)))
        length *= 2
    count = max(n, rows + 1)
    _code.each("sorted_places", "f", count, keys, order, start, size, np.int64(rows))
    return order, start


@override(*FLOATS, *COMPLEX)
def add_along_axis(x: Array, index: Array, /, length: int, axis: int) -> Array:
    # Each cell of the result is a row of its own.
    x, index = cupy.moveaxis(x, axis, -1), cupy.moveaxis(index, axis, -1)
    shape = (*x.shape[:-1], length)
    lines = math.prod(shape[:-1])
    first = cupy.arange(lines, dtype=np.int64).reshape(*shape[:-1], 1) * length
    cells = first + cupy.where(index < 0, index + length, index)
    out = add_rows(x.reshape(x.size), cells.reshape(x.size), lines * length, 0)
    return cupy.moveaxis(out.reshape(shape), -1, axis)
