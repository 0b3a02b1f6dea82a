"""Arithmetic between two operands."""

from __future__ import annotations

import math
import operator
from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .elementwise import log

__all__ = ["add", "divide", "multiply", "power", "subtract"]

add = Primitive("add", "x y", operator.add)
vjp(add, lambda g: g, lambda g: g)

subtract = Primitive("subtract", "x y", operator.sub)
vjp(subtract, lambda g: g, lambda g: -g)

multiply = Primitive("multiply", "x y", operator.mul)
vjp(multiply, lambda g, y: g * y, lambda g, x: g * x)

divide = Primitive("divide", "x y", operator.truediv)
vjp(divide, lambda g, y: g / y, lambda g, out, y: -g * out / y)

power = Primitive("power", "x y", operator.pow)


def _power_x(g: Any, x: Any, y: Any) -> Any:
    """g y x^(y - 1); 0 where y is 0, whatever x."""
    if isinstance(y, (int, float)):
        return g * 0.0 if y == 0 else g * (x if y == 2 else x ** (y - 1)) * y
    return g * where(y == 0, 0.0, y * x ** where(y == 0, 1.0, y - 1))


def _power_y(g: Any, out: Any, x: Any, y: Any) -> Any:
    """g out log x; 0 where x is 0 and y is not negative (as in PyTorch)."""
    if isinstance(x, (int, float)):
        return g * out * math.log(x) if x else g * 0.0
    flat = (x == 0) & (y >= 0)
    return where(flat, 0.0, g * out * log(where(flat, 1.0, x)))


vjp(power, _power_x, _power_y)
