"""Functions applied to each element."""

from __future__ import annotations

from typing import Any

from .. import rules
from ..tensor import Tensor
from ._check import tensor

__all__ = [
    "abs", "clip", "cos", "erf", "exp", "expm1", "isfinite", "isnan", "log", "log1p", "maximum",
    "minimum", "negative", "reciprocal", "sign", "sin", "sqrt", "square", "tanh", "where",
]  # fmt: skip


def exp(x: Tensor, /) -> Tensor:
    """e^x."""
    return rules.exp(tensor(x, "exp"))


def expm1(x: Tensor, /) -> Tensor:
    """e^x - 1, exact for small x."""
    return rules.expm1(tensor(x, "expm1"))


def log(x: Tensor, /) -> Tensor:
    """The natural logarithm."""
    return rules.log(tensor(x, "log"))


def log1p(x: Tensor, /) -> Tensor:
    """log(1 + x), exact for small x."""
    return rules.log1p(tensor(x, "log1p"))


def sqrt(x: Tensor, /) -> Tensor:
    """The square root."""
    return rules.sqrt(tensor(x, "sqrt"))


def square(x: Tensor, /) -> Tensor:
    """x²."""
    return rules.square(tensor(x, "square"))


def reciprocal(x: Tensor, /) -> Tensor:
    """1 / x."""
    return rules.reciprocal(tensor(x, "reciprocal"))


def negative(x: Tensor, /) -> Tensor:
    """-x."""
    return rules.negative(tensor(x, "negative"))


def abs(x: Tensor, /) -> Tensor:
    """|x|; the derivative at 0 is 0."""
    return rules.abs(tensor(x, "abs"))


def sign(x: Tensor, /) -> Tensor:
    """-1, 0 or 1; passes no gradient."""
    return rules.sign(tensor(x, "sign"))


def sin(x: Tensor, /) -> Tensor:
    """The sine."""
    return rules.sin(tensor(x, "sin"))


def cos(x: Tensor, /) -> Tensor:
    """The cosine."""
    return rules.cos(tensor(x, "cos"))


def tanh(x: Tensor, /) -> Tensor:
    """The hyperbolic tangent."""
    return rules.tanh(tensor(x, "tanh"))


def erf(x: Tensor, /) -> Tensor:
    """The error function, 2 / sqrt(pi) times the integral of e^(-t²) from 0 to x."""
    return rules.erf(tensor(x, "erf"))


def isnan(x: Tensor, /) -> Tensor:
    """Whether each element is not a number."""
    return rules.isnan(tensor(x, "isnan"))


def isfinite(x: Tensor, /) -> Tensor:
    """Whether each element is neither infinite nor NaN."""
    return rules.isfinite(tensor(x, "isfinite"))


def maximum(x1: Tensor, x2: Any, /) -> Tensor:
    """The larger of two; a tie gives each half the gradient."""
    return rules.maximum(tensor(x1, "maximum", "x1"), x2)


def minimum(x1: Tensor, x2: Any, /) -> Tensor:
    """The smaller of two; a tie gives each half the gradient."""
    return rules.minimum(tensor(x1, "minimum", "x1"), x2)


def where(condition: Tensor, x1: Any, x2: Any, /) -> Tensor:
    """x1 where the condition holds, else x2."""
    return rules.where(tensor(condition, "where", "condition"), x1, x2)


def clip(x: Tensor, /, min: float | None = None, max: float | None = None) -> Tensor:
    """x held between the bounds; the gradient passes inside them and on them."""
    return rules.clip(tensor(x, "clip"), min=min, max=max)
