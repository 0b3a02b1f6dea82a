"""Trigonometric and hyperbolic functions of angles in radians, and their inverses.

All but `atan2` and `hypot` take complex numbers too. The inverses are then the principal values,
with the branch cuts of C99.
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._check import computes
from ._operands import pair

__all__ = [
    "acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cos", "cosh", "hypot", "sin",
    "sinh", "tan", "tanh",
]  # fmt: skip

Real = Tensor | int | float


@computes(rules.sin)
def sin(x: Tensor, /) -> Tensor:
    """The sine."""


@computes(rules.cos)
def cos(x: Tensor, /) -> Tensor:
    """The cosine."""


@computes(rules.tan)
def tan(x: Tensor, /) -> Tensor:
    """The tangent."""


@computes(rules.asin)
def asin(x: Tensor, /) -> Tensor:
    """The inverse sine, in [-π/2, π/2]; d/dx = 1 / sqrt(1 - x²)."""


@computes(rules.acos)
def acos(x: Tensor, /) -> Tensor:
    """The inverse cosine, in [0, π]; d/dx = -1 / sqrt(1 - x²)."""


@computes(rules.atan)
def atan(x: Tensor, /) -> Tensor:
    """The inverse tangent, in [-π/2, π/2]; d/dx = 1 / (1 + x²)."""


def atan2(x1: Real, x2: Real, /) -> Tensor:
    """The angle of the point (x2, x1) in [-π, π]: the inverse tangent of x1 / x2, with quadrant.

    d/dx1 = x2 / (x1² + x2²), d/dx2 = -x1 / (x1² + x2²); both 0 at the origin, as in PyTorch.

    >>> import backprop as bp
    >>> bp.atan2(bp.asarray([1.0, 1.0]), bp.asarray([1.0, -1.0]))
    tensor([0.7854, 2.3562])
    """
    return rules.atan2(*pair("atan2", x1, x2))


def hypot(x1: Real, x2: Real, /) -> Tensor:
    """sqrt(x1² + x2²), without overflow or underflow.

    d/dx1 = x1 / hypot(x1, x2), which is NaN at the origin, as in PyTorch.

    >>> import backprop as bp
    >>> bp.hypot(bp.asarray([3.0, 5.0]), bp.asarray([4.0, 12.0]))
    tensor([ 5., 13.])
    """
    return rules.hypot(*pair("hypot", x1, x2))


@computes(rules.sinh)
def sinh(x: Tensor, /) -> Tensor:
    """The hyperbolic sine, (e^x - e^-x) / 2."""


@computes(rules.cosh)
def cosh(x: Tensor, /) -> Tensor:
    """The hyperbolic cosine, (e^x + e^-x) / 2."""


@computes(rules.tanh)
def tanh(x: Tensor, /) -> Tensor:
    """The hyperbolic tangent, sinh(x) / cosh(x); d/dx = 1 - tanh²(x)."""


@computes(rules.asinh)
def asinh(x: Tensor, /) -> Tensor:
    """The inverse hyperbolic sine; d/dx = 1 / sqrt(1 + x²)."""


@computes(rules.acosh)
def acosh(x: Tensor, /) -> Tensor:
    """The inverse hyperbolic cosine of x >= 1; d/dx = 1 / (sqrt(x - 1) sqrt(x + 1))."""


@computes(rules.atanh)
def atanh(x: Tensor, /) -> Tensor:
    """The inverse hyperbolic tangent; d/dx = 1 / (1 - x²)."""
