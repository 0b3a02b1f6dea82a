"""Softmax along an axis, and the cross-entropy of it."""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace

__all__ = [
    "log_softmax", "log_softmax_grad", "softmax", "softmax_cross_entropy",
    "softmax_cross_entropy_grad", "softmax_grad", "stray_class",
]  # fmt: skip

Array = Any


def softmax(x: Array, /, axis: int) -> Array:
    """e^x / sum e^x along the axis, shifted by the largest x."""
    xp = namespace(x)
    if x.size == 0:  # which has no largest
        return xp.zeros_like(x)
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    """out (g - sum(g out)): the vector-Jacobian product of softmax."""
    return out * (g - namespace(g).sum(g * out, axis=axis, keepdims=True))


def log_softmax(x: Array, /, axis: int) -> Array:
    """x - log sum e^x along the axis, shifted by the largest x."""
    xp = namespace(x)
    if x.size == 0:
        return xp.zeros_like(x)
    x = x - xp.max(x, axis=axis, keepdims=True)
    return x - xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=True))


def log_softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    """g - e^out sum(g): the vector-Jacobian product of log-softmax."""
    xp = namespace(g)
    return g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True)


def softmax_cross_entropy(
    logits: Array, target: Array, /, ignore_index: int | None = None
) -> tuple[Array, Array]:
    """(-log softmax(logits)[target], softmax(logits)) along axis 1, for logits (N, C, ...) and
    target (N, ...). The loss is 0 where the target is `ignore_index`, NaN where it is no class."""
    xp = namespace(logits)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    e = xp.exp(shifted)
    total = xp.sum(e, axis=1, keepdims=True)
    wrong = (target < 0) | (target >= logits.shape[1])
    column = xp.where(wrong, xp.zeros_like(target), target)[:, None, ...]
    loss = (xp.log(total) - xp.take_along_axis(shifted, column, axis=1))[:, 0, ...]
    loss = xp.where(wrong, xp.full_like(loss, math.nan), loss)
    if ignore_index is not None:
        loss = xp.where(target == ignore_index, xp.zeros_like(loss), loss)
    return loss, e / total


def softmax_cross_entropy_grad(
    g: Array, probs: Array, target: Array, /, ignore_index: int | None = None
) -> Array:
    """g (probs - onehot(target)), g one number a sample; 0 where the target is `ignore_index`."""
    xp = namespace(probs)
    if ignore_index is not None:
        g = xp.where(target == ignore_index, xp.zeros_like(g), g)
    classes = xp.arange(probs.shape[1], dtype=target.dtype, device=probs.device)
    classes = xp.reshape(classes, (-1, *(1,) * (probs.ndim - 2)))
    hit = xp.astype(classes == target[:, None, ...], probs.dtype)
    return g[:, None, ...] * (probs - hit)


def stray_class(target: Array, /, classes: int) -> int | None:
    """A class index outside 0 .. classes - 1, the smallest if it is negative, else the largest.

    None if there is none, or where looking would make the host wait for the device.
    """
    xp = namespace(target)
    if target.size == 0:
        return None
    low, high = int(xp.min(target)), int(xp.max(target))
    return low if low < 0 else high if high >= classes else None
