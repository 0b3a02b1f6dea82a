"""Losses that are primitives of their own, for speed or for stability.

A fused operation's gradient is itself a primitive with a row, so fused and differentiable at
every order go together.
"""

from __future__ import annotations

import math
from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp, vjp_joint
from .choice import maximum, where
from .elementwise import abs, log, log1p
from .indexing import getitem, take_along_axis
from .network import softmax_grad
from .reductions import sum
from .shapes import broadcast_to

__all__ = [
    "binary_cross_entropy", "huber", "huber_slope", "mean_of_kept", "softmax_cross_entropy",
    "softmax_cross_entropy_grad", "x_log_x",
]  # fmt: skip

# (loss of each sample, probabilities): the second output is what the first one's gradient needs.
# A sample whose class is `ignore_index` has a loss of 0 (None: there is none).
softmax_cross_entropy = Primitive("softmax_cross_entropy", "logits target", outputs=2)
softmax_cross_entropy_grad = Primitive("softmax_cross_entropy_grad", "g probs target")


def _softmax_cross_entropy_inputs(
    g: Any, out: Any, target: Any, ignore_index: int | None
) -> tuple[Any, None]:
    (of_loss, of_probs), (_, probs) = g, out
    total = None
    if of_loss is not None:
        total = softmax_cross_entropy_grad(of_loss, probs, target, ignore_index=ignore_index)
    if of_probs is not None:
        other = softmax_grad(of_probs, probs, axis=1)
        total = other if total is None else total + other
    return total, None


def _column(x: Any) -> Any:
    """x with an axis for the classes."""
    return getitem(x, index=(slice(None), None))


def _of_kept(x: Any, target: Any, ignore_index: int | None) -> Any:
    """x, and 0 at samples that do not count."""
    return x if ignore_index is None else where(target == ignore_index, 0, x)


def _softmax_cross_entropy_grad_g(v: Any, probs: Any, target: Any, ignore_index: int | None) -> Any:
    """sum(v probs) - v[target]: the loss's own derivative along v."""
    column = _column(_of_kept(target, target, ignore_index))
    at_target = getitem(take_along_axis(v, column, axis=1), index=(slice(None), 0))
    return _of_kept(sum(v * probs, axis=1, keepdims=False) - at_target, target, ignore_index)


vjp_joint(softmax_cross_entropy, _softmax_cross_entropy_inputs)
vjp(
    softmax_cross_entropy_grad,
    _softmax_cross_entropy_grad_g,
    lambda v, g, target, ignore_index: v * _column(_of_kept(g, target, ignore_index)),
    None,
)

# (sum of the losses / n, n) for the n samples whose class is not `ignore_index`; n is NaN for none.
mean_of_kept = Primitive("mean_of_kept", "losses target", outputs=2)


def _mean_of_kept_inputs(g: Any, out: Any, shapes: Any) -> tuple[Any, None]:
    of_mean, _ = g
    if of_mean is None:
        return None, None
    return broadcast_to(of_mean / out[1], shape=shapes[0]), None


vjp_joint(mean_of_kept, _mean_of_kept_inputs)


def _huber(d: Any, *, delta: float) -> Any:
    inside = backends.kernels.clip(d, -delta, delta)
    return inside * (d - inside * 0.5)


def _huber_slope(d: Any, *, delta: float) -> Any:
    return backends.kernels.clip(d, -delta, delta)


huber = Primitive("huber", "d", _huber)  # d²/2 within delta, from there on straight on
huber_slope = Primitive("huber_slope", "d", _huber_slope)
vjp(huber, lambda g, d, delta: g * huber_slope(d, delta=delta))
vjp(huber_slope, lambda g, d, delta: where(abs(d) < delta, g, 0.0))  # 0 on the bounds


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


def _log(x: Any) -> Any:
    """log x, and -inf at 0 without a warning."""
    return where(x == 0, -math.inf, log(where(x == 0, 1.0, x)))


def _x_log_x(x: Any) -> Any:
    xp = backends.namespace(x)
    return x * xp.log(xp.where(x == 0, xp.ones_like(x), x))


x_log_x = Primitive("x_log_x", "x", _x_log_x)  # 0 at 0
vjp(x_log_x, lambda g, x: g * (_log(x) + 1))
