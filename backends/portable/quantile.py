"""The inverse of the standard normal's distribution function."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

__all__ = ["normal_quantile"]

Array = Any

# Ratios of polynomials (highest power first) in 0.180625 - q² for q = p - 1/2 of at most 0.425, and
# in r - 1.6 or r - 5 for r = sqrt(-log(min(p, 1 - p))) up to 5 or beyond.
# Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (1988).
_MIDDLE = (
    (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
     13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
    (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
     5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
)  # fmt: skip
_OUTSIDE = (
    (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177,
     1.27045825245236838258, 3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959,
     1.42343711074968357734),
    (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966,
     0.14810397642748007459, 0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187,
     1.0),
)  # fmt: skip
_FAR = (
    (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386,
     0.026532189526576123093, 0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
     6.6579046435011037772),
    (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5,
     7.868691311456132591e-4, 0.0148753612908506148525, 0.13692988092273580531,
     0.59983220655588793769, 1.0),
)  # fmt: skip


def _ratio(x: Array, above: tuple[float, ...], below: tuple[float, ...]) -> Array:
    n, d = x * above[0] + above[1], x * below[0] + below[1]
    for a, b in zip(above[2:], below[2:], strict=True):
        n, d = n * x + a, d * x + b
    return n / d


def normal_quantile(p: Array, /) -> Array:
    """The z with Φ(z) = p, for 0 < p < 1."""
    xp = namespace(p)
    q = p - 0.5
    near = xp.abs(q) <= 0.425
    middle = q * _ratio(0.180625 - xp.where(near, q * q, xp.zeros_like(q)), *_MIDDLE)
    tail = xp.where(near, xp.full_like(p, 0.01), xp.minimum(p, 1.0 - p))
    r = xp.sqrt(-xp.log(tail))
    size = xp.where(r <= 5.0, _ratio(r - 1.6, *_OUTSIDE), _ratio(r - 5.0, *_FAR))
    return xp.where(near, middle, xp.where(q < 0.0, -size, size))
