"""Each element along an axis a weighted sum of a few: interpolation, means of uneven windows."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..registry import namespace

__all__ = ["resample"]

Array = Any
Taps = tuple[tuple[tuple[int, float], ...], ...]
"""For each element of the result, (place, weight) of those it is made of."""


def resample(x: Array, /, axis: int, taps: Taps) -> Array:
    """out[i] = Σ weight · x[place] along the axis, over the (place, weight) of taps[i]."""
    xp, axis = namespace(x), axis % x.ndim
    column = (len(taps),) + (1,) * (x.ndim - axis - 1)
    out = None
    for places, weights in columns(taps):
        part = xp.take(x, xp.asarray(places, dtype=xp.int64, device=x.device), axis=axis)
        if any(w != 1.0 for w in weights):
            weight = xp.asarray(weights, dtype=x.dtype, device=x.device)
            weight = xp.reshape(weight, column)
            if 0.0 in weights:  # nothing, even where x is infinite
                part = xp.where(weight == 0, xp.zeros((), dtype=x.dtype, device=x.device), part)
            part = part * weight
        out = part if out is None else out + part
    if out is None:
        shape = (*x.shape[:axis], len(taps), *x.shape[axis + 1 :])
        return xp.zeros(shape, dtype=x.dtype, device=x.device)
    return out


@lru_cache(64)
def columns(taps: Taps) -> list[tuple[list[int], list[float]]]:
    """The first places and weights of all elements, then the second, ...; weight 0 where an
    element has fewer than others."""
    most = max(map(len, taps), default=0)
    full = [[*row, *[(row[0][0] if row else 0, 0.0)] * (most - len(row))] for row in taps]
    return [([row[k][0] for row in full], [row[k][1] for row in full]) for k in range(most)]
