"""Searching and counting, in the standard alone."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

Array = Any
__all__ = ["count_nonzero", "isin", "one_hot", "searchsorted"]


def count_nonzero(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """How many elements are not 0 (True, of truth values)."""
    xp = namespace(x)
    there = xp.astype(x != xp.zeros_like(x), xp.int64)
    return xp.sum(there, axis=axis, keepdims=keepdims)


def searchsorted(
    x1: Array, x2: Array, /, *, side: str = "left", sorter: Array | None = None
) -> Array:
    """How many elements of the sorted x1 are less ("left"), or not greater ("right"), than each
    of x2."""
    xp = namespace(x1)
    if sorter is not None:
        x1 = xp.take(x1, sorter)
    common = xp.result_type(x1, x2)
    return xp.searchsorted(xp.astype(x1, common), xp.astype(x2, common), side=side)


def isin(x1: Array, x2: Array, /, *, invert: bool = False) -> Array:
    """Whether each element of x1 equals any of x2 (none of them, to invert)."""
    xp = namespace(x1)
    common = xp.result_type(x1, x2)
    x1, x2 = xp.astype(x1, common), xp.reshape(xp.astype(x2, common), (-1,))
    if xp.isdtype(common, ("integral", "real floating")) and x2.size:
        x2 = xp.sort(x2)
        at = xp.searchsorted(x2, xp.reshape(x1, (-1,)))
        at = xp.minimum(at, xp.full_like(at, x2.size - 1))
        found = xp.take(x2, at) == xp.reshape(x1, (-1,))
        found = xp.reshape(found, x1.shape)
    else:
        found = xp.any(x1[..., None] == x2, axis=-1)
    return xp.logical_not(found) if invert else found


def one_hot(x: Array, /, classes: int, dtype: Any) -> Array:
    """1 at the index that x has, 0 at the others, along a new last axis."""
    xp = namespace(x)
    each = xp.arange(classes, dtype=x.dtype, device=x.device)
    return xp.astype(x[..., None] == each, dtype)
