"""Each element along an axis a weighted sum of a few."""

from __future__ import annotations

from functools import lru_cache

from ..primitive import Primitive
from ..rule import vjp

__all__ = ["resample"]

Taps = tuple[tuple[tuple[int, float], ...], ...]


@lru_cache(64)
def transposed(taps: Taps, length: int) -> Taps:
    """The taps of the transpose: for each element taken, which ones it went into."""
    rows: list[list[tuple[int, float]]] = [[] for _ in range(length)]
    for i, row in enumerate(taps):
        for place, weight in row:
            rows[place].append((i, weight))
    return tuple(map(tuple, rows))


resample = Primitive("resample", "x")
vjp(
    resample,
    lambda g, shapes, axis, taps: resample(g, axis=axis, taps=transposed(taps, shapes[0][axis])),
)
