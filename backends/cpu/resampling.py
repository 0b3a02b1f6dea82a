"""Weighted sums along an axis: a matrix product along short rows, else with tables made once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..dispatch import only
from ..portable import resampling as portable

Array = Any
Taps = portable.Taps
_SHORT = 128
"""The longest rows for which a product with a matrix, most of it 0, is the fastest."""
__all__ = ["resample"]


@only("float32", "float64")
def resample(x: Array, /, axis: int, taps: Taps) -> Array:
    axis %= x.ndim
    n, m = x.shape[axis], len(taps)
    if axis == x.ndim - 1 and 0 < n <= _SHORT and m <= _SHORT:
        matrix = _matrix(taps, n, x.dtype)
        if matrix is not None:
            with np.errstate(all="ignore"):
                out = x.reshape(-1, n) @ matrix
            if np.isfinite(out).all():  # else 0 times infinity has spread over the row
                return out.reshape(*x.shape[:-1], m)
    column, out = (-1,) + (1,) * (x.ndim - axis - 1), None
    for rows, places, weights in _tables(taps, x.dtype):
        part = x.take(places, axis=axis)
        if weights is not None:
            part *= weights.reshape(column)
        if out is None and rows is None:
            out = part
            continue
        if out is None:
            out = np.zeros((*x.shape[:axis], m, *x.shape[axis + 1 :]), x.dtype)
        out[(slice(None),) * axis + (slice(None) if rows is None else rows,)] += part
    if out is None:
        out = np.zeros((*x.shape[:axis], m, *x.shape[axis + 1 :]), x.dtype)
    return out


@lru_cache(64)
def _tables(taps: Taps, dtype: Any) -> list[tuple[Array | None, Array, Array | None]]:
    """(rows, places, weights) for the first element of each row, then for the second, ...; rows is
    None where all have one, weights where all are 1."""
    tables = []
    for k in range(max(map(len, taps), default=0)):
        rows = [i for i, row in enumerate(taps) if len(row) > k]
        places, weights = zip(*[taps[i][k] for i in rows], strict=True)
        tables.append((
            None if len(rows) == len(taps) else np.array(rows), np.array(places),
            None if all(w == 1.0 for w in weights) else np.array(weights, dtype),
        ))  # fmt: skip
    return tables


@lru_cache(64)
def _matrix(taps: Taps, n: int, dtype: Any) -> Array | None:
    """The matrix that does the same to a row; None where elements are only moved."""
    if all(len(row) == 1 and row[0][1] == 1.0 for row in taps):
        return None
    matrix = np.zeros((n, len(taps)), dtype)
    for i, row in enumerate(taps):
        for place, weight in row:
            matrix[place, i] += weight
    return matrix
