"""Elementwise kernels, in the standard alone."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

Array = Any
__all__ = ["clip"]


def clip(x: Array, min: Any, max: Any, /) -> Array:
    """min(max(x, min), max); a bound is an array, a number or None. Where they cross, max wins."""
    xp = namespace(x)
    if min is None and max is None:
        return xp.asarray(x, copy=True)
    if min is not None:
        x = xp.maximum(x, min)
    return x if max is None else xp.minimum(x, max)
