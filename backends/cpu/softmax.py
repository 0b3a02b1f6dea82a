"""Softmax and the cross-entropy of it, with as few temporary arrays as can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only

Array = Any
_FLOATS = ("float32", "float64")
__all__ = ["softmax", "softmax_cross_entropy", "softmax_cross_entropy_grad", "stray_class"]


def softmax(x: Array, /, axis: int) -> Array:
    e = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e


@only(*_FLOATS)
def softmax_cross_entropy(
    logits: Array, target: Array, /, ignore_index: int | None = None
) -> tuple[Array, Array]:
    e = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    if ignore_index is not None:
        kept = target != ignore_index
        target = np.where(kept, target, 0)
    loss = e[_at(target)]
    np.exp(e, out=e)
    total = np.add.reduce(e, axis=1, keepdims=True)
    np.subtract(np.log(total[:, 0]), loss, out=loss)
    e /= total
    if ignore_index is not None:
        loss = np.where(kept, loss, loss.dtype.type(0))
    return loss, e


def _at(target: Array) -> tuple[Array, ...]:
    """The index of each sample's class, along axis 1."""
    if target.ndim == 1:
        return np.arange(len(target)), target
    first, *rest = np.ix_(*[np.arange(n) for n in target.shape])
    return first, target, *rest


@only(*_FLOATS)
def softmax_cross_entropy_grad(
    g: Array, probs: Array, target: Array, /, ignore_index: int | None = None
) -> Array:
    if ignore_index is not None:
        kept = target != ignore_index
        target, g = np.where(kept, target, 0), np.where(kept, g, g.dtype.type(0))
    out = probs * g[:, None]
    out[_at(target)] -= g
    return out


def stray_class(target: Array, /, classes: int) -> int | None:
    # Read as unsigned, a negative index is a huge one: where all is well, one pass says so.
    if target.dtype == np.int64 and target.size and target.view(np.uint64).max() < classes:
        return None
    return portable.stray_class(target, classes)
