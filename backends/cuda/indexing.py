"""Elements taken and put, and rows added up in order."""

from __future__ import annotations

import math
from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import COMPLEX, FLOATS, Source, override

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
        index = index.astype(np.int64, copy=False)
        index = cupy.where(index < 0, index + rows, index)
        order = index.argsort(kind="stable").astype(np.int64, copy=False)
        start = cupy.searchsorted(index[order], cupy.arange(rows + 1, dtype=np.int64))
        columns = out.size // rows
        arrays = cupy.ascontiguousarray(x), order, start, out
        sizes = np.int64(rows), np.int64(columns)
        _code.each("add_rows", x.dtype.char, out.size, *arrays, *sizes)
    return cupy.moveaxis(out, 0, axis)


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
