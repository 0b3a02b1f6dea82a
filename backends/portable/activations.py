"""Activation functions, and the derivatives that are quicker from their results."""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace
from .erf import erf

__all__ = ["elu", "leaky_relu", "normal_cdf", "relu", "relu_grad", "sigmoid", "softplus"]

Array = Any


def relu(x: Array, /) -> Array:
    """max(x, 0)."""
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x))


def relu_grad(g: Array, out: Array, /) -> Array:
    """g where out > 0, else 0: at the kink the derivative is 0, as in PyTorch."""
    xp = namespace(g)
    return xp.where(out > 0, g, xp.zeros_like(g))


def leaky_relu(x: Array, /, slope: float) -> Array:
    """x where x > 0, else slope x."""
    return namespace(x).where(x > 0, x, x * slope)


def elu(x: Array, /, alpha: float) -> Array:
    """x where x > 0, else alpha (e^x - 1)."""
    xp = namespace(x)
    return xp.where(x > 0, x, xp.expm1(xp.minimum(x, xp.zeros_like(x))) * alpha)


def sigmoid(x: Array, /) -> Array:
    """1 / (1 + e^-x), from e^-|x|, which cannot overflow."""
    xp = namespace(x)
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, xp.ones_like(x), e) / (e + 1.0)


def softplus(x: Array, /) -> Array:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)."""
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


def normal_cdf(x: Array, /) -> Array:
    """The standard normal's distribution function, (1 + erf(x / sqrt 2)) / 2."""
    return 0.5 * erf(x * math.sqrt(0.5)) + 0.5
