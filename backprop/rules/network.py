"""Activations and losses that are primitives of their own, for speed or for stability.

A fused operation's gradient is itself a primitive with a row, so fused and differentiable at
every order go together.
"""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp, vjp_joint
from .choice import maximum, where
from .elementwise import exp, log, log1p
from .indexing import getitem, take_along_axis
from .reductions import sum

__all__ = [
    "binary_cross_entropy", "elu", "leaky_relu", "log_softmax", "log_softmax_grad", "relu",
    "relu_grad", "sigmoid", "softmax", "softmax_cross_entropy", "softmax_cross_entropy_grad",
    "softmax_grad", "softplus",
]  # fmt: skip

relu = Primitive("relu", "x")
relu_grad = Primitive("relu_grad", "g out")
vjp(relu, lambda g, out: relu_grad(g, out))  # 0 at the kink
vjp(relu_grad, lambda g, out: relu_grad(g, out), None)

leaky_relu = Primitive("leaky_relu", "x")
vjp(leaky_relu, lambda g, x, slope: where(x > 0, g, g * slope))

elu = Primitive("elu", "x")
vjp(elu, lambda g, out, alpha: where(out > 0, g, g * (out + alpha)))

sigmoid = Primitive("sigmoid", "x")
vjp(sigmoid, lambda g, out: g * (out * (1 - out)))

softplus = Primitive("softplus", "x")
vjp(softplus, lambda g, x: g * sigmoid(x))

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

# (loss of each row, probabilities): the second output is what the first one's gradient needs.
softmax_cross_entropy = Primitive("softmax_cross_entropy", "logits target", outputs=2)
softmax_cross_entropy_grad = Primitive("softmax_cross_entropy_grad", "g probs target")


def _softmax_cross_entropy_inputs(g: Any, out: Any, target: Any) -> tuple[Any, None]:
    (of_loss, of_probs), (_, probs) = g, out
    total = None
    if of_loss is not None:
        total = softmax_cross_entropy_grad(of_loss, probs, target)
    if of_probs is not None:
        other = softmax_grad(of_probs, probs, axis=1)
        total = other if total is None else total + other
    return total, None


def _at_target(v: Any, target: Any) -> Any:
    column = getitem(target, index=(slice(None), None))
    return getitem(take_along_axis(v, column, axis=1), index=(slice(None), 0))


vjp_joint(softmax_cross_entropy, _softmax_cross_entropy_inputs)
vjp(
    softmax_cross_entropy_grad,
    lambda v, probs, target: sum(v * probs, axis=1, keepdims=False) - _at_target(v, target),
    lambda v, g: v * getitem(g, index=(slice(None), None)),
    None,
)


def _floored(log_of: Any, probs: Any, impossible: float) -> Any:
    """A logarithm, but at least -100: PyTorch's price for being certain and wrong, not infinity."""
    worst = probs == impossible
    return where(worst, -100.0, maximum(log_of(where(worst, 0.5, probs)), -100.0))


def _log_yes_no(probs: Any) -> tuple[Any, Any]:
    return _floored(log, probs, 0.0), _floored(lambda p: log1p(-p), probs, 1.0)


def _binary_cross_entropy(probs: Any, target: Any) -> Any:
    yes, no = _log_yes_no(probs)
    return (target - 1.0) * no - target * yes


def _binary_cross_entropy_target(g: Any, probs: Any) -> Any:
    yes, no = _log_yes_no(probs)
    return g * (no - yes)


binary_cross_entropy = Primitive("binary_cross_entropy", "probs target", _binary_cross_entropy)
vjp(
    binary_cross_entropy,
    lambda g, probs, target: g * (probs - target) / maximum((1 - probs) * probs, 1e-12),
    _binary_cross_entropy_target,
)
