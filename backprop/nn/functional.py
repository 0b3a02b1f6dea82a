"""Layers, activations and losses as functions of Tensors, without parameters of their own."""

from __future__ import annotations

import math

import backends

from .. import rules
from ..defaults import default_generator
from ..tensor import Tensor
from ..xp._check import tensor
from ..xp._shapes import axis
from .loss_functions import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    half_squared_error,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
)

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "dropout", "elu",
    "gelu", "half_squared_error", "huber_loss", "l1_loss", "leaky_relu", "linear", "log_softmax",
    "mse_loss", "nll_loss", "relu", "sigmoid", "silu", "softmax", "softplus", "tanh",
]  # fmt: skip


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weightᵀ + bias; see `nn.Linear`."""
    if not isinstance(x, Tensor):
        raise TypeError(
            f"linear: x is a {type(x).__name__}, wanted a Tensor; wrap it: backprop.asarray(x)"
        )
    a, w = x.data, weight.data
    if len(a.shape) == 0 or a.shape[-1] != w.shape[-1]:
        raise ValueError(
            f"linear: x has shape {tuple(a.shape)}, wanted {w.shape[-1]} features in its last axis"
        )
    if a.dtype is not w.dtype and x.dtype != weight.dtype:
        raise TypeError(
            f"linear: x is {x.dtype} and the weight {weight.dtype}; convert the data "
            f"(x.astype(weight.dtype)) or the model (model.to(x.dtype))"
        )
    return rules.linear(x, weight, bias)


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


def dropout(x: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero with probability p, else x / (1 - p); x itself outside training."""
    probability("dropout", "p", p)
    if not training or p == 0.0:
        return x
    if p == 1.0:
        return x * 0.0
    backend = backends.of(x.data)
    mask = default_generator().dropout_mask(x.data.shape, 1.0 - p, x.data.dtype, backend)
    return x * Tensor(mask)


def probability(where: str, name: str, p: float) -> float:
    """p, if it is a probability."""
    if isinstance(p, bool) or not isinstance(p, (int, float)) or not 0.0 <= p <= 1.0:
        raise ValueError(f"{where}: {name}: got {p!r}, wanted a probability from 0 to 1")
    return float(p)
