"""NumPy's own indexing, and sums at places that repeat by its fastest loop."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..portable import indexing as portable

Array = Any
__all__ = [
    "add_along_axis", "add_at", "add_rows", "getitem", "max_at", "min_at", "positions", "prod_at",
    "put", "set_at", "sum_at", "take",
]  # fmt: skip


def getitem(x: Array, /, index: Any) -> Array:
    return x[index]


def take(x: Array, indices: Array, /, *, axis: int) -> Array:
    return x.take(indices, axis)


def add_at(x: Array, /, shape: tuple[int, ...], index: Any) -> Array:
    if portable.has_arrays(index) and portable.mask_of(index) is None:
        return portable.add_at(x, shape, index)
    out = np.zeros(shape, dtype=x.dtype)
    out[index] = x
    return out


def put(x: Array, value: Array, /, index: Any) -> None:
    parts = index if isinstance(index, tuple) else (index,)
    if all(getattr(p, "ndim", 0) < 2 or p.dtype == bool for p in parts):
        # NumPy goes through a single axis of indices in its order, so the last value stays; of
        # several axes it chooses the order itself.
        x[tuple(np.asarray(p, order="C") if hasattr(p, "strides") else p for p in parts)] = value
    else:
        cells = positions(x, index)
        x.flat[cells.reshape(-1)] = np.broadcast_to(value, cells.shape).reshape(-1)


def positions(x: Array, /, index: Any) -> Array:
    return np.arange(x.size).reshape(x.shape)[index]


def set_at(x: Array, value: Array, /, index: Any) -> Array:
    out = np.array(x, order="C")
    put(out, value, index)
    return out


def sum_at(x: Array, value: Array, /, index: Any) -> Array:
    return _at(np.add, x, value, index)


def prod_at(x: Array, value: Array, /, index: Any) -> Array:
    return _at(np.multiply, x, value, index)


def max_at(x: Array, value: Array, /, index: Any) -> Array:
    return _at(np.maximum, x, value, index)


def min_at(x: Array, value: Array, /, index: Any) -> Array:
    return _at(np.minimum, x, value, index)


def _at(ufunc: Any, x: Array, value: Array, index: Any) -> Array:
    out = np.array(x, order="C")
    if portable.has_arrays(index) and portable.mask_of(index) is None:
        cells = positions(x, index)
        value = np.broadcast_to(np.asarray(value, dtype=x.dtype), cells.shape)
        ufunc.at(out.reshape(-1), cells.reshape(-1), value.reshape(-1))
    else:
        out[index] = ufunc(out[index], value, dtype=x.dtype)
    return out


def add_rows(x: Array, index: Array, /, rows: int, axis: int) -> Array:
    x, index = np.moveaxis(x, axis, 0), index.astype(np.int64, copy=False)
    shape = (rows, *x.shape[1:])
    width = math.prod(shape[1:])
    out = np.zeros(rows * width, dtype=x.dtype)
    if width != 1:  # ufunc.at is fast for flat arrays only; a row from the end stays one
        index = (index[:, None] * width + np.arange(width)).reshape(-1)
    np.add.at(out, index, x.reshape(-1))
    return np.moveaxis(out.reshape(shape), 0, axis)


def add_along_axis(x: Array, index: Array, /, length: int, axis: int) -> Array:
    x, index = np.moveaxis(x, axis, -1), np.moveaxis(index.astype(np.int64, copy=False), axis, -1)
    shape = (*x.shape[:-1], length)
    out = np.zeros(math.prod(shape), dtype=x.dtype)
    first = np.arange(math.prod(shape[:-1])).reshape(*shape[:-1], 1) * length
    np.add.at(out, (first + index % max(length, 1)).reshape(-1), x.reshape(-1))
    return np.moveaxis(out.reshape(shape), -1, axis)
