"""Arithmetic between two operands."""

from __future__ import annotations

import cmath
import math
import operator
from typing import Any

from backends import is_complex

from ..primitive import Primitive
from ..rule import vjp
from .activations import sigmoid
from .choice import where
from .elementwise import imag, log, real, sign
from .operands import either, in_reals

__all__ = [
    "add", "copysign", "divide", "floor_divide", "logaddexp", "multiply", "power", "remainder",
    "subtract",
]  # fmt: skip

NUMBERS = (int, float, complex)

add = Primitive("add", "x y", operator.add)
vjp(add, lambda g: g, lambda g: g)

subtract = Primitive("subtract", "x y", operator.sub)
vjp(subtract, lambda g: g, lambda g: -g)

multiply = Primitive("multiply", "x y", operator.mul)
vjp(multiply, lambda g, y: g * y, lambda g, x: g * x)

divide = Primitive("divide", "x y", operator.truediv)
vjp(divide, lambda g, y: g / y, lambda g, out, y: -g * out / y)

# Constant in pieces: no derivative.
floor_divide = Primitive("floor_divide", "x y", in_reals("floor_divide", either("floor_divide")))

remainder = Primitive("remainder", "x y", in_reals("remainder", either("remainder")))
vjp(remainder, lambda g: g, lambda g, x, y: -g * floor_divide(x, y))

logaddexp = Primitive("logaddexp", "x y", in_reals("logaddexp", either("logaddexp")))
vjp(
    logaddexp,
    lambda g, x, y: g * sigmoid(x - y),
    lambda g, x, y: g * sigmoid(y - x),
)

copysign = Primitive("copysign", "x y", in_reals("copysign", either("copysign")))
vjp(copysign, lambda g, out, x: g * (sign(out) * sign(x)), None)  # 0 at 0

power = Primitive("power", "x y", operator.pow)


def _power_x(g: Any, x: Any, y: Any) -> Any:
    """g y x^(y - 1); 0 where y is 0, whatever x."""
    if isinstance(y, NUMBERS):
        return g * 0.0 if y == 0 else g * (x if y == 2 else x ** (y - 1)) * y
    return g * where(y == 0, 0, y * x ** where(y == 0, 1, y - 1))


def _power_y(g: Any, out: Any, x: Any, y: Any) -> Any:
    """g out log x; 0 where x is 0 and y is not negative (as in PyTorch)."""
    if isinstance(x, NUMBERS) and x != 0:
        return g * out * _logarithm(x, is_complex(out.dtype))
    flat = (real(y) >= 0) & (imag(y) == 0) if is_complex(y.dtype) else y >= 0
    if isinstance(x, NUMBERS):
        return g * where(flat, 0.0, where(flat, 1.0, out) * _logarithm(x, is_complex(out.dtype)))
    flat = flat & (x == 0)
    if is_complex(out.dtype) and not is_complex(x.dtype):
        x = x + 0j  # a negative number has a complex logarithm
    return where(flat, 0.0, g * out * log(where(flat, 1.0, x)))


def _logarithm(x: Any, complex_too: bool) -> complex:
    """The logarithm of a Python number; NaN where it has none, or none among real numbers."""
    if x == 0:
        return math.nan if complex_too else -math.inf
    if complex_too:
        return cmath.log(x)
    return math.log(x) if x > 0 else math.nan


vjp(power, _power_x, _power_y)
