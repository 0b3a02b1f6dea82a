"""Rounding, and the neighbours of a number. No gradient passes: constant in pieces."""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._check import computes
from ._operands import pair

__all__ = ["ceil", "floor", "nextafter", "round", "trunc"]

Real = Tensor | int | float


@computes(rules.ceil)
def ceil(x: Tensor, /) -> Tensor:
    """The smallest whole number not below x, in the dtype of x; passes no gradient."""


@computes(rules.floor)
def floor(x: Tensor, /) -> Tensor:
    """The largest whole number not above x, in the dtype of x; passes no gradient."""


@computes(rules.trunc)
def trunc(x: Tensor, /) -> Tensor:
    """x without its fraction, in the dtype of x; passes no gradient."""


@computes(rules.round)
def round(x: Tensor, /) -> Tensor:
    """The nearest whole number, the even one of two; of complex numbers each part by itself.

    It passes no gradient.

    >>> import backprop as bp
    >>> bp.round(bp.asarray([0.5, 1.5, -1.2]))
    tensor([ 0.,  2., -1.])
    """


def nextafter(x1: Real, x2: Real, /) -> Tensor:
    """The floating-point number next to x1 on the way to x2; passes no gradient."""
    return rules.nextafter(*pair("nextafter", x1, x2))
