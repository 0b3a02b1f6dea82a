"""Choices between two operands, and the comparisons they rest on."""

from __future__ import annotations

import operator
from typing import Any

from ..primitive import Primitive
from ..rule import vjp

__all__ = [
    "equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "maximum", "minimum", "not_equal", "where",
]  # fmt: skip

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
