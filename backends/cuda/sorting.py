"""Sorting by kernels alone, as a CUDA graph wants it: each element counts those before it.

That is as many comparisons as the square of a row's length, and for the rows that steps sort (a
batch's order, a quantile) still less than a launch or two of what it replaces.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import array_api_compat.cupy
import cupy
import numpy as np

from .gemm import in_graph

Array = Any
compatible: Any = array_api_compat.cupy
_LONGEST = 1 << 16
"""Elements of a row up to which counting is worth it."""
__all__ = ["argsort", "sort"]


@cache
def _ranks() -> Any:
    """order[rank of an element in its row] = its column; of equal ones the first comes first, and
    NaN is larger than all numbers."""
    return cupy.ElementwiseKernel(
        "raw T x, int64 width, bool descending",
        "raw int64 order",
        """
        const long long first = i / width * width, own = i - first;
        const T mine = x[i];
        long long rank = 0;
        for (long long k = 0; k < width; k++) {
            const T other = x[first + k];
            const bool less = other < mine || (mine != mine && other == other);
            const bool more = mine < other || (other != other && mine == mine);
            rank += (descending ? more : less) || (!less && !more && k < own);
        }
        order[first + rank] = own;
        """,
        "sorted_by_ranks",
    )


def argsort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The order that sorts along an axis."""
    covered = in_graph() and x.ndim and x.dtype.kind in "biuf" and x.shape[axis] <= _LONGEST
    if not covered:
        return compatible.argsort(x, axis=axis, descending=descending, stable=stable)
    rows = cupy.ascontiguousarray(cupy.moveaxis(x, axis, -1))
    order = cupy.empty(rows.shape, np.int64)
    if rows.size:
        _ranks()(rows, rows.shape[-1], descending, order, size=rows.size)
    return cupy.moveaxis(order, -1, axis)


def sort(x: Array, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Array:
    """The elements in order along an axis."""
    if not (in_graph() and x.ndim and x.dtype.kind in "biuf" and x.shape[axis] <= _LONGEST):
        return compatible.sort(x, axis=axis, descending=descending, stable=stable)
    order = argsort(x, axis=axis, descending=descending)
    return cupy.take_along_axis(x, order, axis=axis)
