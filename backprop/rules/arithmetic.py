"""Arithmetic between two operands, comparisons, and choices between them."""

from __future__ import annotations

import operator
from typing import Any

from ..primitive import Primitive
from ..rule import vjp

__all__ = [
    "add", "divide", "equal", "greater", "greater_equal", "less", "less_equal", "logical_and",
    "logical_not", "logical_or", "maximum", "minimum", "multiply", "not_equal", "power",
    "subtract", "where",
]  # fmt: skip

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
    from .elementwise import log

    if isinstance(x, (int, float)):
        from math import log as number_log

        return g * out * number_log(x) if x else g * 0.0
    flat = (x == 0) & (y >= 0)
    return where(flat, 0.0, g * out * log(where(flat, 1.0, x)))


vjp(power, _power_x, _power_y)

where = Primitive("where", "condition x y")
vjp(
    where,
    None,
    lambda g, condition: where(condition, g, 0.0),
    lambda g, condition: where(condition, 0.0, g),
)

maximum = Primitive("maximum", "x y")
minimum = Primitive("minimum", "x y")


def _share(wins: Any, ties: Any, g: Any) -> Any:
    """All of g where this operand wins, half of it at a tie (as in PyTorch)."""
    return where(wins, g, where(ties, g * 0.5, 0.0))


vjp(
    maximum,
    lambda g, x, y: _share(x > y, x == y, g),
    lambda g, x, y: _share(y > x, x == y, g),
)
vjp(
    minimum,
    lambda g, x, y: _share(x < y, x == y, g),
    lambda g, x, y: _share(y < x, x == y, g),
)

# No derivative: the results are truth values.
equal = Primitive("equal", "x y", operator.eq)
not_equal = Primitive("not_equal", "x y", operator.ne)
less = Primitive("less", "x y", operator.lt)
less_equal = Primitive("less_equal", "x y", operator.le)
greater = Primitive("greater", "x y", operator.gt)
greater_equal = Primitive("greater_equal", "x y", operator.ge)
logical_and = Primitive("logical_and", "x y")
logical_or = Primitive("logical_or", "x y")
logical_not = Primitive("logical_not", "x")
