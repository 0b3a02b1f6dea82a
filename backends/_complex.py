"""Functions of complex numbers that array libraries get wrong in places, as they should be.

In the standard alone, for the devices' overrides to call.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from .registry import namespace

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
    imaginary part, where C has that of sin 2b."""
    xp = namespace(x)
    far = xp.isinf(xp.real(x))
    ends = xp.sign(xp.real(x)) + 0j
    return xp.where(far, ends, xp.tanh(xp.where(far, xp.zeros_like(x), x)))
