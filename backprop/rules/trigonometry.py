"""Trigonometric and hyperbolic functions, and their inverses."""

from __future__ import annotations

from typing import Any

from backends import is_complex

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .elementwise import sqrt
from .operands import either, in_reals

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "hypot", "sin",
    "sinh", "tan", "tanh",
]  # fmt: skip

sin = Primitive("sin", "x")
vjp(sin, lambda g, x: g * cos(x))

cos: Primitive = Primitive("cos", "x")
vjp(cos, lambda g, x: -g * sin(x))

tan = Primitive("tan", "x")
vjp(tan, lambda g, out: g * (1 + out * out))


def _circle(x: Any) -> Any:
    """sqrt(1 - x²). On the branch cuts of complex numbers the sign of a zero tells the sides
    apart, and 1 - x² would lose it: 1 - (4 + 0i) is -3 + 0i."""
    return sqrt(-(x * x - 1)) if is_complex(x.dtype) else sqrt(1 - x * x)


asin = Primitive("asin", "x")
vjp(asin, lambda g, x: g / _circle(x))

acos = Primitive("acos", "x")
vjp(acos, lambda g, x: -g / _circle(x))

atan = Primitive("atan", "x")
vjp(atan, lambda g, x: g / (1 + x * x))

sinh = Primitive("sinh", "x")
vjp(sinh, lambda g, x: g * cosh(x))

cosh: Primitive = Primitive("cosh", "x")
vjp(cosh, lambda g, x: g * sinh(x))

tanh = Primitive("tanh", "x")
vjp(tanh, lambda g, out: g * (1 - out * out))

asinh = Primitive("asinh", "x")
vjp(asinh, lambda g, x: g / sqrt(x * x - -1))  # adding 1 to -4 - 0i would lose a sign, as above

acosh = Primitive("acosh", "x")


def _acosh_x(g: Any, x: Any) -> Any:
    """g / sqrt(x² - 1), by two roots for complex x: one has the wrong sign for Re x < 0."""
    if is_complex(x.dtype):
        return g / (sqrt(x - 1) * sqrt(x - -1))
    return g / sqrt((x - 1) * (x + 1))


vjp(acosh, _acosh_x)

atanh = Primitive("atanh", "x")
vjp(atanh, lambda g, x: g / (1 - x * x))


def _over_square(g: Any, x: Any, y: Any) -> Any:
    """g / (x² + y²); 0 at the origin."""
    square = x * x + y * y
    return where(square == 0, 0.0, g) / where(square == 0, 1.0, square)


atan2 = Primitive("atan2", "x y", in_reals("atan2", either("atan2")))
vjp(
    atan2,
    lambda g, x, y: _over_square(g, x, y) * y,
    lambda g, x, y: _over_square(g, x, y) * -x,
)

hypot = Primitive("hypot", "x y", in_reals("hypot", either("hypot")))
vjp(hypot, lambda g, out, x: g * (x / out), lambda g, out, y: g * (y / out))
