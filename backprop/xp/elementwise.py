"""Functions of one number, applied to each element.

Trigonometric and hyperbolic ones are in `trigonometry.py`, those that round in `rounding.py`.
"""

# mypy: disable-error-code="empty-body"

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._check import computes, tensor

__all__ = [
    "abs", "conj", "erf", "exp", "expm1", "imag", "log", "log1p", "log2", "log10", "negative",
    "positive", "real", "reciprocal", "sign", "sqrt", "square",
]  # fmt: skip


def positive(x: Tensor, /) -> Tensor:
    """x itself, as `+x`."""
    return +tensor(x, "positive")


@computes(rules.negative)
def negative(x: Tensor, /) -> Tensor:
    """-x."""


@computes(rules.abs)
def abs(x: Tensor, /) -> Tensor:
    """|x|, real for complex x too. The derivative at 0 is 0."""


def sign(x: Tensor, /) -> Tensor:
    """-1, 0 or 1; of complex numbers x / |x|, and 0 at 0.

    Of real numbers it passes no gradient. Of complex ones it passes that across x; at 0 the
    derivative is 0.
    """
    return rules.sign(tensor(x, "sign"))


@computes(rules.conj)
def conj(x: Tensor, /) -> Tensor:
    """The complex conjugate; a real number is its own."""


@computes(rules.real)
def real(x: Tensor, /) -> Tensor:
    """The real part."""


@computes(rules.imag)
def imag(x: Tensor, /) -> Tensor:
    """The imaginary part."""


@computes(rules.exp)
def exp(x: Tensor, /) -> Tensor:
    """e^x."""


@computes(rules.expm1)
def expm1(x: Tensor, /) -> Tensor:
    """e^x - 1, exact for small x."""


@computes(rules.log)
def log(x: Tensor, /) -> Tensor:
    """The natural logarithm."""


@computes(rules.log1p)
def log1p(x: Tensor, /) -> Tensor:
    """log(1 + x), exact for small x."""


@computes(rules.log2)
def log2(x: Tensor, /) -> Tensor:
    """The logarithm to base 2."""


@computes(rules.log10)
def log10(x: Tensor, /) -> Tensor:
    """The logarithm to base 10."""


@computes(rules.sqrt)
def sqrt(x: Tensor, /) -> Tensor:
    """The square root; NaN for negative real x. The derivative at 0 is infinite."""


@computes(rules.square)
def square(x: Tensor, /) -> Tensor:
    """x²."""


@computes(rules.reciprocal)
def reciprocal(x: Tensor, /) -> Tensor:
    """1 / x."""


@computes(rules.erf)
def erf(x: Tensor, /) -> Tensor:
    """The error function, 2 / sqrt(pi) times the integral of e^(-t²) from 0 to x."""
