"""Softmax and its logarithm along an axis.

The gradient of each is itself a primitive with a row: fused, and differentiable at every order.
"""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .elementwise import exp
from .reductions import sum

__all__ = ["log_softmax", "log_softmax_grad", "softmax", "softmax_grad"]

softmax = Primitive("softmax", "x")
softmax_grad = Primitive("softmax_grad", "g out")
vjp(softmax, lambda g, out, axis: softmax_grad(g, out, axis=axis))


def _softmax_grad_out(v: Any, g: Any, out: Any, axis: int) -> Any:
    inner = sum(g * out, axis=axis, keepdims=True)
    return v * (g - inner) - g * sum(v * out, axis=axis, keepdims=True)


vjp(
    softmax_grad,
    lambda v, out, axis: softmax_grad(v, out, axis=axis),  # the Jacobian is symmetric
    _softmax_grad_out,
)

log_softmax = Primitive("log_softmax", "x")
log_softmax_grad = Primitive("log_softmax_grad", "g out")
vjp(log_softmax, lambda g, out, axis: log_softmax_grad(g, out, axis=axis))
vjp(
    log_softmax_grad,
    lambda v, out, axis: v - sum(v * exp(out), axis=axis, keepdims=True),
    lambda v, g, out, axis: -v * exp(out) * sum(g, axis=axis, keepdims=True),
)
