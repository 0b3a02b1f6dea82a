"""Activations that are primitives of their own, for speed or for stability.

A fused operation's gradient is itself a primitive with a row, so fused and differentiable at
every order go together. At a kink the derivative is PyTorch's.
"""

from __future__ import annotations

import math
from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .elementwise import exp
from .trigonometry import tanh

__all__ = [
    "elu", "elu_grad", "gelu", "gelu_grad", "hardswish", "hardswish_grad", "hardtanh",
    "hardtanh_grad", "leaky_relu", "leaky_relu_grad", "mish", "mish_grad", "relu", "relu_grad",
    "sigmoid", "silu", "silu_grad", "softplus",
]  # fmt: skip

relu = Primitive("relu", "x")
relu_grad = Primitive("relu_grad", "g out")
vjp(relu, lambda g, out: relu_grad(g, out))  # 0 at the kink
vjp(relu_grad, lambda g, out: relu_grad(g, out), None)

leaky_relu = Primitive("leaky_relu", "x")
leaky_relu_grad = Primitive("leaky_relu_grad", "g x")
vjp(leaky_relu, lambda g, x, slope: leaky_relu_grad(g, x, slope=slope))
vjp(leaky_relu_grad, lambda v, x, slope: leaky_relu_grad(v, x, slope=slope), None)

elu = Primitive("elu", "x")
elu_grad = Primitive("elu_grad", "g out")
vjp(elu, lambda g, out, alpha: elu_grad(g, out, alpha=alpha))
vjp(
    elu_grad,
    lambda v, out, alpha: elu_grad(v, out, alpha=alpha),
    lambda v, g, out: where(out < 0, v * g, 0.0),  # from the right at the kink
)

hardtanh = Primitive("hardtanh", "x")
hardtanh_grad = Primitive("hardtanh_grad", "g out")
vjp(hardtanh, lambda g, out, low, high: hardtanh_grad(g, out, low=low, high=high))
vjp(hardtanh_grad, lambda v, out, low, high: hardtanh_grad(v, out, low=low, high=high), None)

hardswish = Primitive("hardswish", "x")
hardswish_grad = Primitive("hardswish_grad", "g x")
vjp(hardswish, lambda g, x: hardswish_grad(g, x))
vjp(
    hardswish_grad,
    lambda v, x: hardswish_grad(v, x),
    lambda v, g, x: hardtanh_grad(v * g, x, low=-3.0, high=3.0) * (1 / 3),
)

sigmoid = Primitive("sigmoid", "x")
vjp(sigmoid, lambda g, out: g * (out * (1 - out)))

softplus = Primitive("softplus", "x")
vjp(softplus, lambda g, x: g * sigmoid(x))

silu = Primitive("silu", "x")
silu_grad = Primitive("silu_grad", "g x")
vjp(silu, lambda g, x: silu_grad(g, x))


def _silu_grad_x(v: Any, g: Any, x: Any) -> Any:
    """(x σ)'' = σ (1 - σ) (2 + x (1 - 2 σ))."""
    s = sigmoid(x)
    return v * g * (s * (1 - s) * (x * (1 - s * 2) + 2))


vjp(silu_grad, lambda v, x: silu_grad(v, x), _silu_grad_x)

mish = Primitive("mish", "x")
mish_grad = Primitive("mish_grad", "g x")
vjp(mish, lambda g, x: mish_grad(g, x))


def _mish_grad_x(v: Any, g: Any, x: Any) -> Any:
    """With t = tanh(softplus x), t' = (1 - t²) σ: (x t)'' = t' (2 + x (1 - σ - 2 t σ))."""
    s, t = sigmoid(x), tanh(softplus(x))
    x = hardtanh(x, low=-math.inf, high=20.0)  # beyond, 1 - t² is 0 and x may overflow
    return v * g * ((1 - t * t) * s * (x * (1 - s - t * s * 2) + 2))


vjp(mish_grad, lambda v, x: mish_grad(v, x), _mish_grad_x)

gelu = Primitive("gelu", "x")
gelu_grad = Primitive("gelu_grad", "g x")
vjp(gelu, lambda g, x, approximate: gelu_grad(g, x, approximate=approximate))


def _gelu_grad_x(v: Any, g: Any, x: Any, approximate: str) -> Any:
    """(x Φ)'' = φ (2 - x²); and that of x/2 (1 + tanh u)."""
    if approximate == "none":
        return v * g * (exp(x * x * -0.5) * (2 - x * x) * (1 / math.sqrt(2 * math.pi)))
    k, c = math.sqrt(2 / math.pi), 0.044715
    t, slope = tanh((x * x * c + 1) * x * k), (x * x * (3 * c) + 1) * k
    return v * g * ((1 - t * t) * (slope + x * (x * (3 * c * k) - t * slope * slope)))


vjp(
    gelu_grad,
    lambda v, x, approximate: gelu_grad(v, x, approximate=approximate),
    _gelu_grad_x,
)
