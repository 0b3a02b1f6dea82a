"""Comparisons, questions about numbers, and logic: results are truth values, with no gradient.

Where there are two operands, one may be a Python number.
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._check import computes
from ._operands import pair

__all__ = [
    "equal", "greater", "greater_equal", "isfinite", "isinf", "isnan", "less", "less_equal",
    "logical_and", "logical_not", "logical_or", "logical_xor", "not_equal", "signbit",
]  # fmt: skip

Operand = Tensor | int | float | complex | bool
Real = Tensor | int | float
Truth = Tensor | bool


def equal(x1: Operand, x2: Operand, /) -> Tensor:
    """Whether x1 = x2, element by element; a NaN equals nothing."""
    return rules.equal(*pair("equal", x1, x2))


def not_equal(x1: Operand, x2: Operand, /) -> Tensor:
    """Whether x1 differs from x2, element by element; a NaN differs from all."""
    return rules.not_equal(*pair("not_equal", x1, x2))


def less(x1: Real, x2: Real, /) -> Tensor:
    """Whether x1 < x2, element by element. Complex numbers are refused: they have no order."""
    return rules.less(*pair("less", x1, x2))


def less_equal(x1: Real, x2: Real, /) -> Tensor:
    """Whether x1 <= x2, element by element. Complex numbers are refused: they have no order."""
    return rules.less_equal(*pair("less_equal", x1, x2))


def greater(x1: Real, x2: Real, /) -> Tensor:
    """Whether x1 > x2, element by element. Complex numbers are refused: they have no order."""
    return rules.greater(*pair("greater", x1, x2))


def greater_equal(x1: Real, x2: Real, /) -> Tensor:
    """Whether x1 >= x2, element by element. Complex numbers are refused: they have no order."""
    return rules.greater_equal(*pair("greater_equal", x1, x2))


@computes(rules.isnan)
def isnan(x: Tensor, /) -> Tensor:
    """Whether each element is not a number."""


@computes(rules.isinf)
def isinf(x: Tensor, /) -> Tensor:
    """Whether each element is infinite; of complex numbers, whether a part is."""


@computes(rules.isfinite)
def isfinite(x: Tensor, /) -> Tensor:
    """Whether each element is neither infinite nor NaN."""


@computes(rules.signbit)
def signbit(x: Tensor, /) -> Tensor:
    """Whether the sign is minus, be it that of a zero or a NaN."""


def logical_and(x1: Truth, x2: Truth, /) -> Tensor:
    """Whether both hold, of truth values."""
    return rules.logical_and(*pair("logical_and", x1, x2))


def logical_or(x1: Truth, x2: Truth, /) -> Tensor:
    """Whether one holds or both do, of truth values."""
    return rules.logical_or(*pair("logical_or", x1, x2))


def logical_xor(x1: Truth, x2: Truth, /) -> Tensor:
    """Whether exactly one holds, of truth values."""
    return rules.logical_xor(*pair("logical_xor", x1, x2))


@computes(rules.logical_not)
def logical_not(x: Tensor, /) -> Tensor:
    """Whether it does not hold, of truth values."""
