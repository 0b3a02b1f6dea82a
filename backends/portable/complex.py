"""Functions of complex numbers that array libraries get wrong in places, as they should be.

In the standard alone, for the devices' overrides to call.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from ..registry import namespace

Array = Any


def _by_conjugates(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """f(x) as conj(f(conj x)) below the real axis: f need not mind the sign of a zero."""

    @wraps(function)
    def whole(x: Array, /) -> Array:
        xp = namespace(x)
        below = xp.signbit(xp.imag(x))
        out = function(xp.where(below, xp.conj(x), x))
        return xp.where(below, xp.conj(out), out)

    return whole


def of_infinite_modulus(logarithm: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """The logarithm, inf + NaN j where one part is infinite and the other NaN: the modulus is
    infinite then, as it is in `hypot`."""

    @wraps(logarithm)
    def whole(x: Array, /) -> Array:
        xp = namespace(x)
        a, b = xp.real(x), xp.imag(x)
        odd = (xp.isinf(a) & xp.isnan(b)) | (xp.isnan(a) & xp.isinf(b))
        return xp.where(odd, xp.full_like(x, complex(math.inf, math.nan)), logarithm(x))

    return whole


@of_infinite_modulus
def log(x: Array, /) -> Array:
    """The natural logarithm."""
    return namespace(x).log(x)


@of_infinite_modulus
def log10(x: Array, /) -> Array:
    """The logarithm with base 10."""
    return namespace(x).log10(x)


def log2(x: Array, /) -> Array:
    """The logarithm with base 2: log's parts, each divided by log 2. A product of complex numbers
    would make NaN of an infinite part."""
    xp, out = namespace(x), log(x)
    a, b = xp.real(out), xp.imag(out)
    known = ~xp.isnan(b)
    angle = xp.where(known, b, xp.zeros_like(b)) / math.log(2)
    return xp.where(known, a / math.log(2) + angle * 1j, out)


def acosh(x: Array, /) -> Array:
    """The inverse hyperbolic cosine. On the imaginary axis its angle is π/2, though the number be
    unknown."""
    xp = namespace(x)
    odd = (xp.real(x) == 0) & xp.isnan(xp.imag(x))
    return xp.where(odd, xp.full_like(x, complex(math.nan, math.pi / 2)), xp.acosh(x))


@_by_conjugates
def expm1(x: Array, /) -> Array:
    """e^x - 1. For |Re x| < 1, where the difference might lose digits, its parts are

        e^a cos b - 1 = (e^a - 1) cos b - 2 sin²(b / 2),    e^a sin b.

    Infinities and NaN count as in e^x.
    """
    xp = namespace(x)
    near = xp.isfinite(x) & (xp.abs(xp.real(x)) < 1)
    inside = xp.where(near, x, xp.zeros_like(x))
    a, b = xp.real(inside), xp.imag(inside)
    sine = xp.sin(b * 0.5)
    exact = (xp.expm1(a) * xp.cos(b) - 2 * sine * sine) + xp.exp(a) * xp.sin(b) * 1j
    return xp.where(near, exact, xp.exp(x) - 1)


@_by_conjugates
def log1p(x: Array, /) -> Array:
    """log(1 + x). For |x| < 1/2, where the sum would lose digits of x, its parts are

    log |1 + x| = log1p(a (2 + a) + b²) / 2,    the angle of the point (1 + a, b).
    """
    xp = namespace(x)
    near = xp.abs(x) < 0.5
    inside = xp.where(near, x, xp.zeros_like(x))
    a, b = xp.real(inside), xp.imag(inside)
    exact = xp.log1p(a * (2 + a) + b * b) * 0.5 + xp.atan2(b, 1 + a) * 1j
    return xp.where(near, exact, xp.log1p(x))


@_by_conjugates
def tanh(x: Array, /) -> Array:
    """The hyperbolic tangent. Of an infinite real part it is ±1 and a zero with the sign of the
    imaginary part, where C has that of sin 2b; of an imaginary number, imaginary."""
    xp = namespace(x)
    a, b = xp.real(x), xp.imag(x)
    far = xp.isinf(a)
    out = xp.where(
        far, xp.copysign(xp.ones_like(a), a) + 0j, xp.tanh(xp.where(far, xp.zeros_like(x), x))
    )
    return xp.where((a == 0) & ~xp.isfinite(b), a + complex(0, math.nan), out)


def tan(x: Array, /) -> Array:
    """The tangent, which is real of a real number, even of one that has none."""
    xp = namespace(x)
    a, b = xp.real(x), xp.imag(x)
    return xp.where((b == 0) & ~xp.isfinite(a), b * 1j + math.nan, xp.tan(x))
