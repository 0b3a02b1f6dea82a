"""Arithmetic between two operands, of which one may be a Python number."""

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._operands import pair

__all__ = [
    "add", "copysign", "divide", "floor_divide", "logaddexp", "multiply", "pow", "remainder",
    "subtract",
]  # fmt: skip

Operand = Tensor | int | float | complex
Real = Tensor | int | float


def add(x1: Operand, x2: Operand, /) -> Tensor:
    """x1 + x2."""
    return rules.add(*pair("add", x1, x2))


def subtract(x1: Operand, x2: Operand, /) -> Tensor:
    """x1 - x2."""
    return rules.subtract(*pair("subtract", x1, x2))


def multiply(x1: Operand, x2: Operand, /) -> Tensor:
    """x1 x2, element by element."""
    return rules.multiply(*pair("multiply", x1, x2))


def divide(x1: Operand, x2: Operand, /) -> Tensor:
    """x1 / x2, never rounded: of integers it gives floating-point numbers."""
    return rules.divide(*pair("divide", x1, x2))


def floor_divide(x1: Real, x2: Real, /) -> Tensor:
    """The largest whole number not above x1 / x2, as `x1 // x2`; passes no gradient.

    An infinite operand counts as in floor(x1 / x2): inf // 2 is inf, -1 // inf is -0.

    >>> import backprop as bp
    >>> bp.floor_divide(bp.asarray([7, -7]), 2)
    tensor([ 3, -4])
    """
    return rules.floor_divide(*pair("floor_divide", x1, x2))


def remainder(x1: Real, x2: Real, /) -> Tensor:
    """x1 - x2 floor(x1 / x2), as `x1 % x2`: it has the sign of x2.

    The derivatives are those inside the steps: 1, and -floor(x1 / x2).

    >>> import backprop as bp
    >>> bp.remainder(bp.asarray([7, -7]), 3)
    tensor([1, 2])
    """
    return rules.remainder(*pair("remainder", x1, x2))


def pow(x1: Operand, x2: Operand, /) -> Tensor:
    """x1 to the power x2.

    d/dx1 = x2 x1^(x2 - 1), and 0 where x2 = 0; d/dx2 = x1^x2 log x1, and 0 where x1 = 0 and
    x2 >= 0; all as in PyTorch. For negative x1 the second is NaN, unless the result is complex.
    """
    return rules.power(*pair("pow", x1, x2))


def logaddexp(x1: Real, x2: Real, /) -> Tensor:
    """log(e^x1 + e^x2), without overflow.

    The derivatives, which add up to 1, are e^x1 / (e^x1 + e^x2) and e^x2 / (e^x1 + e^x2).
    """
    return rules.logaddexp(*pair("logaddexp", x1, x2))


def copysign(x1: Real, x2: Real, /) -> Tensor:
    """|x1| with the sign of x2, be it that of a zero.

    d/dx1 is 1 where x1 has that sign already, else -1, and 0 where x1 = 0; no gradient passes
    to x2.
    """
    return rules.copysign(*pair("copysign", x1, x2))
