"""Softmax and the cross-entropy of it, with as few temporary arrays as can be."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only

Array = Any
_FLOATS = ("float32", "float64")
SMALL = 30.0
"""Numbers up to this size go through exp as they are: NumPy is slow to find, and to take off, the
largest of a short row, and there is no overflow to fear, nor a result that rounds to 0."""
__all__ = [
    "softmax", "softmax_cross_entropy", "softmax_cross_entropy_grad", "softmax_grad", "stray_class",
]  # fmt: skip


def _are_small(x: Array) -> bool:
    flat = x.ravel(order="K")
    if not flat.size:
        return True
    return bool(flat.max() <= SMALL and flat.min() >= -SMALL)


def _total(x: Array, axis: int) -> Array:
    """The sums along an axis, which stays; along rows a product with ones is the fastest."""
    if axis != x.ndim - 1 or not x.size:
        return np.add.reduce(x, axis=axis, keepdims=True)
    sums = x.reshape(-1, x.shape[-1]) @ np.ones(x.shape[-1], x.dtype)
    return sums.reshape(*x.shape[:-1], 1)


@only(*_FLOATS)
def softmax(x: Array, /, axis: int) -> Array:
    e = np.asarray(x if _are_small(x) else x - np.maximum.reduce(x, axis=axis, keepdims=True))
    e = np.asarray(np.exp(e, out=None if e is x else e))
    e /= _total(e, axis)
    return e


@only(*_FLOATS)
def softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    d = np.asarray(g * out)
    d -= out * _total(d, axis)
    return d


@only(*_FLOATS)
def softmax_cross_entropy(
    logits: Array, target: Array, /, ignore_index: int | None = None
) -> tuple[Array, Array]:
    if ignore_index is not None:
        kept = target != ignore_index
        target = np.where(kept, target, 0)
    if _are_small(logits):
        e = np.exp(logits)
        total = _total(e, 1)
        loss = np.log(total[:, 0] / e[_at(target)])
    else:
        e = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
        loss = e[_at(target)]
        np.exp(e, out=e)
        total = _total(e, 1)
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
