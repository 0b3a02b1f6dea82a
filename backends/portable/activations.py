"""Activation functions, and their derivatives times what comes from above."""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace
from .elementwise import clip
from .erf import erf

__all__ = [
    "elu", "elu_grad", "gelu", "gelu_grad", "hardswish", "hardswish_grad", "hardtanh",
    "hardtanh_grad", "leaky_relu", "leaky_relu_grad", "mish", "mish_grad", "normal_cdf", "relu",
    "relu_grad", "sigmoid", "silu", "silu_grad", "softplus",
]  # fmt: skip

Array = Any
_TANH = math.sqrt(2.0 / math.pi)
_CUBE = 0.044715


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


def leaky_relu_grad(g: Array, x: Array, /, slope: float) -> Array:
    """g where x > 0, else slope g."""
    return namespace(g).where(x > 0, g, g * slope)


def elu(x: Array, /, alpha: float) -> Array:
    """x where x > 0, else alpha (e^x - 1)."""
    xp = namespace(x)
    return xp.where(x > 0, x, xp.expm1(xp.minimum(x, xp.zeros_like(x))) * alpha)


def elu_grad(g: Array, out: Array, /, alpha: float) -> Array:
    """g where out > 0, else g alpha e^x = g (out + alpha)."""
    return namespace(g).where(out > 0, g, g * (out + alpha))


def hardtanh(x: Array, /, low: float, high: float) -> Array:
    """x held between low and high."""
    return clip(x, low, high)


def hardtanh_grad(g: Array, out: Array, /, low: float, high: float) -> Array:
    """g strictly between the bounds, else 0."""
    xp = namespace(g)
    return xp.where((out <= low) | (out >= high), xp.zeros_like(g), g)


def hardswish(x: Array, /) -> Array:
    """x times (x + 3) / 6, held between 0 and 1."""
    return x * (clip(x + 3.0, 0.0, 6.0) / 6.0)


def hardswish_grad(g: Array, x: Array, /) -> Array:
    """g (x / 3 + 1/2) between -3 and 3, g above, 0 below."""
    xp = namespace(g)
    slope = xp.where(x >= 3.0, xp.ones_like(x), x / 3.0 + 0.5)
    return g * xp.where(x <= -3.0, xp.zeros_like(x), slope)


def sigmoid(x: Array, /) -> Array:
    """1 / (1 + e^-x), from e^-|x|, which cannot overflow."""
    xp = namespace(x)
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, xp.ones_like(x), e) / (e + 1.0)


def softplus(x: Array, /) -> Array:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)."""
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


def silu(x: Array, /) -> Array:
    """x σ(x)."""
    return x * sigmoid(x)


def silu_grad(g: Array, x: Array, /) -> Array:
    """g σ (1 + x (1 - σ))."""
    s = sigmoid(x)
    return g * (s * (x * (1.0 - s) + 1.0))


def _mish_parts(x: Array) -> tuple[Array, Array, Array]:
    """x up to 20, e^x, and n = e^x (e^x + 2): tanh(log(1 + e^x)) = n / (n + 2), 1 beyond 20."""
    xp = namespace(x)
    x = xp.minimum(x, xp.full_like(x, 20.0))
    e = xp.exp(x)
    return x, e, e * (e + 2.0)


def mish(x: Array, /) -> Array:
    """x tanh(log(1 + e^x))."""
    _, _, n = _mish_parts(x)
    return x * (n / (n + 2.0))


def mish_grad(g: Array, x: Array, /) -> Array:
    """g (t + x σ (1 - t²)) with t = tanh(log(1 + e^x)); 1 - t² = 4 (n + 1) / (n + 2)² and
    σ = e / (1 + e), where n + 1 = (1 + e)²."""
    x, e, n = _mish_parts(x)  # beyond 20 the slope is 1
    m = n + 2.0
    return g * ((n + x * (e * (e + 1.0)) * 4.0 / m) / m)


def normal_cdf(x: Array, /) -> Array:
    """The standard normal's distribution function, (1 + erf(x / sqrt 2)) / 2."""
    return 0.5 * erf(x * math.sqrt(0.5)) + 0.5


def gelu(x: Array, /, approximate: str) -> Array:
    """x Φ(x), or with "tanh" x/2 (1 + tanh(sqrt(2/π) (x + 0.044715 x³)))."""
    if approximate == "none":
        return x * normal_cdf(x)
    xp = namespace(x)
    return x * (xp.tanh((x * x * _CUBE + 1.0) * x * _TANH) * 0.5 + 0.5)


def gelu_grad(g: Array, x: Array, /, approximate: str) -> Array:
    """g times gelu's derivative: Φ + x φ, or that of the approximation."""
    xp, square = namespace(x), x * x
    if approximate == "none":
        return g * (normal_cdf(x) + x * xp.exp(square * -0.5) * (1.0 / math.sqrt(2.0 * math.pi)))
    t = xp.tanh((square * _CUBE + 1.0) * x * _TANH)
    inner = x * (square * (3.0 * _CUBE) + 1.0) * (0.5 * _TANH)
    return g * ((t + 1.0) * 0.5 + (1.0 - t * t) * inner)
