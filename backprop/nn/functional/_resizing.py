"""Where each element of a longer or shorter axis comes from: (place, weight) pairs, or taps.

Element o of m stands at (o + 1/2) s - 1/2 of the n there are, s = n / m the distance between two
of them, or at o (n - 1) / (m - 1) where the ends are to stand on the ends (`align`). A scale that
was given replaces m / n. What the neighbours of that point weigh is each mode's own.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from functools import lru_cache

Taps = tuple[tuple[tuple[int, float], ...], ...]


def _single(x: float) -> float:
    """x rounded to float32, in which PyTorch finds the nearest neighbour."""
    return struct.unpack("f", struct.pack("f", x))[0]


def _step(n: int, m: int, scale: float | None, align: bool) -> float:
    """How many elements of the input there are from one of the output to the next."""
    if align:
        return (n - 1) / (m - 1) if m > 1 else 0.0
    return 1.0 / scale if scale else n / m


@lru_cache(64)
def nearest(n: int, m: int, scale: float | None, exact: bool) -> tuple[int, ...]:
    """The place each element is taken from: floor(o s), or with `exact` floor((o + 1/2) s)."""
    if not exact and m in (n, 2 * n):
        return tuple(o * n // m for o in range(m))
    s, half = _single(_step(n, m, scale, False)), 0.5 if exact else 0.0
    return tuple(min(math.floor(_single((o + half) * s)), n - 1) for o in range(m))


@lru_cache(64)
def linear(n: int, m: int, scale: float | None, align: bool) -> Taps:
    """The two neighbours, the closer the heavier."""
    if n == m:
        return tuple(((o, 1.0),) for o in range(n))
    s = _step(n, m, scale, align)
    rows: list[tuple[tuple[int, float], ...]] = []
    for o in range(m):
        at = o * s if align else max((o + 0.5) * s - 0.5, 0.0)
        low = min(int(at), n - 1)
        high = min(low + 1, n - 1)
        t = min(at - low, 1.0)
        rows.append(((low, 1.0),) if low == high else ((low, 1.0 - t), (high, t)))
    return _merged(rows)


@lru_cache(64)
def cubic(n: int, m: int, scale: float | None, align: bool) -> Taps:
    """Four neighbours, weighed by Keys's kernel with a = -3/4; the ends are repeated."""
    s, rows = _step(n, m, scale, align), []
    for o in range(m):
        at = o * s if align else (o + 0.5) * s - 0.5
        low = math.floor(at)
        places = range(low - 1, low + 3)
        rows.append(tuple((min(max(p, 0), n - 1), keys(at - p, -0.75)) for p in places))
    return _merged(rows)


def keys(x: float, a: float) -> float:
    """The cubic convolution kernel. Source: Keys, "Cubic convolution interpolation for digital
    image processing" (1981)."""
    x = abs(x)
    if x <= 1:
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return (((x - 5) * x + 8) * x - 4) * a if x < 2 else 0.0


def lanczos(x: float) -> float:
    """sinc(x) sinc(x / 3) for |x| < 3."""
    if abs(x) >= 3:
        return 0.0
    y = math.pi * x
    return 3 * math.sin(y) * math.sin(y / 3) / (y * y) if x else 1.0


FILTERS: dict[str, tuple[float, Callable[[float], float]]] = {
    "bilinear": (1.0, lambda x: max(1.0 - abs(x), 0.0)),
    "bicubic": (2.0, lambda x: keys(x, -0.5)),
    "lanczos": (3.0, lanczos),
}
"""Half the width of each mode's kernel, and the kernel."""


@lru_cache(64)
def antialiased(n: int, m: int, scale: float | None, align: bool, mode: str) -> Taps:
    """The mode's kernel, made so wide where the axis shrinks that every element counts."""
    s, (support, kernel), rows = _step(n, m, scale, align), FILTERS[mode], []
    wide = max(s, 1.0)
    for o in range(m):
        center = (o + 0.5) * s
        first = max(int(center - support * wide + 0.5), 0)
        stop = min(int(center + support * wide + 0.5), n)
        weights = [kernel((p - center + 0.5) / wide) for p in range(first, stop)]
        total = sum(weights)
        rows.append(tuple((first + j, w / total) for j, w in enumerate(weights)))
    return _merged(rows)


def _merged(rows: list[tuple[tuple[int, float], ...]]) -> Taps:
    """Each place once a row, and none that weighs nothing."""
    out = []
    for row in rows:
        weights: dict[int, float] = {}
        for place, weight in row:
            weights[place] = weights.get(place, 0.0) + weight
        out.append(tuple((p, w) for p, w in weights.items() if w))
    return tuple(out)
