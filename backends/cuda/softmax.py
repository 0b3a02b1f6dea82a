"""Softmax and the cross-entropy of it: a block of threads to a row."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, Source, alike, override

Array = Any
_code = Source(__file__)
__all__ = [
    "log_softmax",
    "log_softmax_grad",
    "softmax",
    "softmax_cross_entropy",
    "softmax_cross_entropy_grad",
    "softmax_grad",
    "stray_class",
]


def _last(x: Array, axis: int) -> bool:
    """Whether the axis is the last one, of an array that holds something."""
    return x.size > 0 and x.ndim > 0 and axis in (-1, x.ndim - 1)


def _along_rows(name: str, *arrays: Array) -> Array:
    x = arrays[0]
    out = cupy.empty(x.shape, x.dtype)
    columns = x.shape[-1]
    inputs = [cupy.ascontiguousarray(a) for a in arrays]
    _code.rows(name, x, x.size // columns, columns, *inputs, out)
    return out


@override(*FLOATS)
def softmax(x: Array, /, axis: int) -> Array:
    return _along_rows("softmax", x) if _last(x, axis) else portable.softmax(x, axis)


@override(*FLOATS)
def softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    if _last(g, axis) and alike(g, out):
        return _along_rows("softmax_grad", g, out)
    return portable.softmax_grad(g, out, axis)


@override(*FLOATS)
def log_softmax(x: Array, /, axis: int) -> Array:
    return _along_rows("log_softmax", x) if _last(x, axis) else portable.log_softmax(x, axis)


@override(*FLOATS)
def log_softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    if _last(g, axis) and alike(g, out):
        return _along_rows("log_softmax_grad", g, out)
    return portable.log_softmax_grad(g, out, axis)


def _classes(target: Array) -> Array:
    return cupy.ascontiguousarray(target.astype(np.int64, copy=False))


def _is_classification(scores: Array, target: Array) -> bool:
    return (
        scores.ndim == 2
        and scores.size > 0
        and target.shape == scores.shape[:1]
        and target.dtype.kind in "iu"
    )


def _ignored(ignore_index: int | None) -> np.int64:
    """The index as the kernels take it; the least number there is stands for none."""
    return np.int64(-(2**63) if ignore_index is None else ignore_index)


@override(*FLOATS)
def softmax_cross_entropy(
    logits: Array, target: Array, /, ignore_index: int | None = None
) -> tuple[Array, Array]:
    # A target that is no class gives a loss of NaN, where the CPU raises an error.
    if not _is_classification(logits, target):
        return portable.softmax_cross_entropy(logits, target, ignore_index)
    rows, columns = logits.shape
    loss, probs = cupy.empty((rows,), logits.dtype), cupy.empty(logits.shape, logits.dtype)
    arrays = cupy.ascontiguousarray(logits), _classes(target), loss, probs
    _code.rows("softmax_cross_entropy", logits, rows, columns, *arrays, _ignored(ignore_index))
    return loss, probs


@override(*FLOATS)
def softmax_cross_entropy_grad(
    g: Array, probs: Array, target: Array, /, ignore_index: int | None = None
) -> Array:
    fits = _is_classification(probs, target) and g.shape == target.shape and g.dtype == probs.dtype
    if not fits:
        return portable.softmax_cross_entropy_grad(g, probs, target, ignore_index)
    stride = g.strides[0] // g.itemsize
    out = cupy.empty(probs.shape, probs.dtype)
    arrays = g, np.int64(stride), cupy.ascontiguousarray(probs), _classes(target), out
    sizes = np.int64(probs.size), np.int64(probs.shape[1]), _ignored(ignore_index)
    _code.each("softmax_cross_entropy_grad", g.dtype.char, probs.size, *arrays, *sizes)
    return out


def stray_class(target: Array, /, classes: int) -> int | None:
    return None  # a look would make the host wait for the device
