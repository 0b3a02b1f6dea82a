"""The error function, in array operations alone (the standard has none).

erf(x) = x P(x²) for |x| < 1, else sign(x) (1 - e^(-x²) Q(t) / (|x| + 1)) with
t = (|x| - 3) / (|x| + 3), which maps [1, inf) to [-1/2, 1). P and Q are Chebyshev series fitted
for this file in 50-digit arithmetic; the largest error measured is 2e-16.
"""

from __future__ import annotations

from typing import Any

from ..registry import namespace

__all__ = ["erf"]

_NEAR_ZERO = (
    0.9654687386698673,
    -0.1405360890227171,
    0.019852496688983708,
    -0.0022854855611441132,
    0.00021751715604160108,
    -1.7537169441124826e-05,
    1.223382738352401e-06,
    -7.51156928660089e-08,
    4.11580059766496e-09,
    -2.035228404899467e-10,
    9.167606746069445e-12,
    -3.8078827395263415e-13,
    1.454817075960679e-14,
)
_TAIL = (
    0.6642278263984117,
    -0.13833680684711389,
    0.0479891892358382,
    -0.009751104154056184,
    -0.0014179387687750964,
    0.0023354207146705297,
    -0.001114655455375696,
    0.00028203484327852857,
    -1.0725277449384878e-05,
    -1.904831203074382e-05,
    5.225477014930948e-06,
    7.20161701482195e-07,
    -6.12220677244744e-07,
    3.4650670892141536e-09,
    6.507238232862679e-08,
    -4.941896089359237e-09,
    -7.277605483996215e-09,
    7.646690517923196e-10,
    8.082885269562696e-10,
    -8.130123819086279e-11,
    -6.23676998062257e-11,
    5.082591839156162e-12,
)


def erf(x: Any, /) -> Any:
    """2 / sqrt(pi) times the integral of e^(-t²) from 0 to x."""
    xp = namespace(x)
    size = xp.abs(x)
    near = xp.minimum(size, xp.ones_like(x))
    small = x * _polynomial(near * near * 2.0 - 1.0, _NEAR_ZERO)
    far = xp.maximum(size, xp.ones_like(x))
    capped = xp.minimum(
        far, xp.full_like(x, 30.0)
    )  # e^(-900) is 0 already; inf - 3 over inf is not 1
    tail = _polynomial(((capped - 3.0) / (capped + 3.0) * 4.0 - 1.0) / 3.0, _TAIL)
    large = 1.0 - xp.exp(-capped * capped) * tail / (capped + 1.0)
    return xp.where(size < 1.0, small, xp.where(x < 0.0, -large, large))


def _polynomial(s: Any, coefficients: tuple[float, ...]) -> Any:
    total = s * coefficients[-1] + coefficients[-2]
    for c in coefficients[-3::-1]:
        total = total * s + c
    return total
