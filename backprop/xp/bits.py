"""Operations on the bits of integers. No gradient passes.

One of two operands may be a Python integer that fits the other's dtype.
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._check import computes
from ._operands import pair

__all__ = [
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor",
]  # fmt: skip

Bits = Tensor | int | bool
Whole = Tensor | int


def bitwise_and(x1: Bits, x2: Bits, /) -> Tensor:
    """The bits set in both, as `x1 & x2`; of two truth values, whether both hold.

    Raises:
        TypeError: the operands are not two integers or two truth values.
    """
    return rules.bitwise_and(*pair("bitwise_and", x1, x2))


def bitwise_or(x1: Bits, x2: Bits, /) -> Tensor:
    """The bits set in one or both, as `x1 | x2`; of two truth values, whether one holds.

    Raises:
        TypeError: the operands are not two integers or two truth values.
    """
    return rules.bitwise_or(*pair("bitwise_or", x1, x2))


def bitwise_xor(x1: Bits, x2: Bits, /) -> Tensor:
    """The bits set in one alone, as `x1 ^ x2`; of two truth values, whether they differ.

    Raises:
        TypeError: the operands are not two integers or two truth values.
    """
    return rules.bitwise_xor(*pair("bitwise_xor", x1, x2))


@computes(rules.bitwise_invert)
def bitwise_invert(x: Tensor, /) -> Tensor:
    """Every bit inverted, as `~x`; of truth values, logical not."""


def bitwise_left_shift(x1: Whole, x2: Whole, /) -> Tensor:
    """x1 2^x2 by moving bits to the left, as `x1 << x2`, for integers and x2 >= 0."""
    return rules.bitwise_left_shift(*pair("bitwise_left_shift", x1, x2))


def bitwise_right_shift(x1: Whole, x2: Whole, /) -> Tensor:
    """floor(x1 / 2^x2) by moving bits to the right, as `x1 >> x2`, for integers and x2 >= 0."""
    return rules.bitwise_right_shift(*pair("bitwise_right_shift", x1, x2))
