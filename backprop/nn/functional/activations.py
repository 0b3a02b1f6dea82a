"""Activations: a function of each element, or (softmax) of those along an axis."""

from __future__ import annotations

import math

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import axis

__all__ = [
    "elu", "gelu", "leaky_relu", "log_softmax", "relu", "sigmoid", "silu", "softmax", "softplus",
    "tanh",
]  # fmt: skip


def relu(x: Tensor) -> Tensor:
    """max(x, 0)."""
    return rules.relu(x)


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return rules.sigmoid(x)


def tanh(x: Tensor) -> Tensor:
    """The hyperbolic tangent."""
    return rules.tanh(x)


def leaky_relu(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """x where x > 0, else negative_slope x."""
    return rules.leaky_relu(x, slope=negative_slope)


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, else alpha (e^x - 1)."""
    if not alpha >= 0:  # its derivative is told from the sign of its value
        raise ValueError(f"elu: alpha: got {alpha}, wanted a number of at least 0")
    return rules.elu(x, alpha=alpha)


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """x Φ(x), or its approximation by tanh."""
    if approximate == "tanh":
        return x * 0.5 * (rules.tanh((x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)) + 1.0)
    if approximate != "none":
        raise ValueError(f"gelu: approximate: got {approximate!r}, wanted 'none' or 'tanh'")
    return x * rules.normal_cdf(x)


def silu(x: Tensor) -> Tensor:
    """x σ(x)."""
    return x * rules.sigmoid(x)


def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + e^(beta x)) / beta; x where beta x > threshold."""
    return rules.where(x * beta > threshold, x, rules.softplus(x * beta) / beta)


def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """e^x / Σ e^x along the axis."""
    return rules.softmax(x, axis=_along(x, dim, "softmax"))


def log_softmax(x: Tensor, dim: int = -1) -> Tensor:
    """log softmax(x) along the axis, stable for any x."""
    return rules.log_softmax(x, axis=_along(x, dim, "log_softmax"))


def _along(x: Tensor, dim: int, function: str) -> int:
    """The axis counted from the front, of x if it has real floating-point numbers."""
    if tensor(x, function).dtype.kind != "f":
        raise TypeError(
            f"{function}: x: got dtype {x.dtype}, wanted real floating-point numbers; "
            "convert it first: x.astype(backprop.float32)"
        )
    return axis(dim, x.shape, function, "dim")
