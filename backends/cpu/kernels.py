"""Kernels that NumPy can run faster than their portable form: fewer passes, fewer copies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only
from .elementwise import *  # noqa: F403
from .indexing import *  # noqa: F403
from .order import *  # noqa: F403
from .scans import *  # noqa: F403

Array = Any
_FLOATS = ("float32", "float64")
_NUMBER = (int, float)
_BLOCK = 32768
"""Elements an optimizer updates at a time: its four or five streams then stay in L2 cache."""


def relu(x: Array, /) -> Array:
    if x.size < 4096 or x.dtype.kind != "f":
        return np.maximum(x, 0)
    return x.clip(0, math.inf)  # maximum with a number uses no vector instructions


@only(*_FLOATS)
def clip(x: Array, min: Any, max: Any, /) -> Array:
    if isinstance(min, _NUMBER) and isinstance(max, _NUMBER):
        return x.clip(min, max)
    return portable.clip(x, min, max)


@only(*_FLOATS)
def relu_grad(g: Array, out: Array, /) -> Array:
    return g * (out > 0)


def ones_like(x: Array, /) -> Array:
    return x.dtype.type(1) if x.ndim == 0 else np.ones_like(x)


def matrix_transpose(x: Array, /) -> Array:
    return x.mT


def sum(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    if x.dtype.kind != "f":  # the standard widens small integers
        return np.sum(x, axis=axis, keepdims=keepdims)
    return np.add.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


def max(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)  # type: ignore[call-overload]


def reshape(x: Array, /, shape: tuple[int, ...]) -> Array:
    return x.reshape(shape)


def softmax(x: Array, /, axis: int) -> Array:
    e = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    np.exp(e, out=e)
    e /= np.add.reduce(e, axis=axis, keepdims=True)
    return e


@only(*_FLOATS)
def softmax_cross_entropy(logits: Array, target: Array, /) -> tuple[Array, Array]:
    e = logits - np.maximum.reduce(logits, axis=1, keepdims=True)
    loss = e[np.arange(len(target)), target]
    np.exp(e, out=e)
    total = np.add.reduce(e, axis=1, keepdims=True)
    np.subtract(np.log(total[:, 0]), loss, out=loss)
    e /= total
    return loss, e


@only(*_FLOATS)
def softmax_cross_entropy_grad(g: Array, probs: Array, target: Array, /) -> Array:
    out = probs * g[:, None]
    out[np.arange(len(target)), target] -= g
    return out


def stray_class(target: Array, /, classes: int) -> int | None:
    # Read as unsigned, a negative index is a huge one: where all is well, one pass says so.
    if target.dtype == np.int64 and target.size and target.view(np.uint64).max() < classes:
        return None
    return portable.stray_class(target, classes)


def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    out = x @ weight.T
    if bias is None:
        return out
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    np.matmul(x, y, out=out)


def sum_into(x: Array, out: Array, /) -> None:
    if x.ndim == 2 and out.ndim == 1 and x.dtype == out.dtype and x.dtype.kind == "f":
        np.dot(np.ones(len(x), x.dtype), x, out=out)  # BLAS is twice as fast as a reduction
    else:
        np.add.reduce(x, axis=tuple(range(x.ndim - out.ndim)), out=out)


def sum_of_squares(x: Array, /) -> Array:
    flat = x.ravel()
    return np.dot(flat, flat)


def _blocks(first: Array, *others: Array | None) -> Any:
    """The buffers cut into blocks that stay in cache, with a scratch block of the first's dtype."""
    scratch = np.empty(min(_BLOCK, first.size), dtype=first.dtype)
    for start in range(0, first.size, _BLOCK):
        part = slice(start, start + _BLOCK)
        cut = [None if b is None else b[part] for b in others]
        yield first[part], *cut, scratch[: first.size - start]


@only(*_FLOATS)
def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
) -> None:  # fmt: skip
    for p_, g_, m_, d in _blocks(p, g, momentum_buffer):
        if weight_decay:
            np.multiply(p_, weight_decay, out=d)
            d += g_
            g_ = d.copy() if m_ is not None else d
        if m_ is not None:
            m_ *= momentum
            if dampening:
                np.multiply(g_, 1.0 - dampening, out=d)
                m_ += d
            else:
                m_ += g_
            if nesterov:
                np.multiply(m_, momentum, out=d)
                d += g_
                d *= lr
            else:
                np.multiply(m_, lr, out=d)
        else:
            np.multiply(g_, lr, out=d)
        p_ -= d


@only(*_FLOATS)
def adam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float,
) -> None:  # fmt: skip
    scale = math.sqrt(correction2)
    for p_, g_, m_, v_, d in _blocks(p, g, mean, square):
        if weight_decay and decoupled:
            p_ *= 1.0 - lr * weight_decay
        elif weight_decay:
            g_ = g_ + p_ * weight_decay
        m_ *= beta1
        np.multiply(g_, 1.0 - beta1, out=d)
        m_ += d
        v_ *= beta2
        np.multiply(g_, g_, out=d)
        d *= 1.0 - beta2
        v_ += d
        # lr (m / c1) / (sqrt(v) / s + eps) = (m lr s / c1) / (sqrt(v) + eps s): one pass less
        np.sqrt(v_, out=d)
        d += eps * scale
        np.divide(m_, d, out=d)
        d *= lr * scale / correction1
        p_ -= d


@only(*_FLOATS)
def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float,
) -> None:  # fmt: skip
    for p_, g_, v_, a_, b_, d in _blocks(p, g, square, average, buffer):
        if weight_decay:
            g_ = g_ + p_ * weight_decay
        v_ *= alpha
        np.multiply(g_, g_, out=d)
        d *= 1.0 - alpha
        v_ += d
        if a_ is not None:
            a_ *= alpha
            a_ += g_ * (1.0 - alpha)
            np.multiply(a_, a_, out=d)
            np.subtract(v_, d, out=d)
            np.sqrt(d, out=d)
        else:
            np.sqrt(v_, out=d)
        d += eps
        np.divide(g_, d, out=d)
        if b_ is not None:
            b_ *= momentum
            b_ += d
            np.multiply(b_, lr, out=d)
        else:
            d *= lr
        p_ -= d


def philox(like: Array, /, key: tuple[int, int], start: int, blocks: int) -> Array:
    # NumPy's own Philox4x64-10 counts up before it draws.
    bits = np.random.Philox(key=key[0] + (key[1] << 64), counter=(start - 1) % 2**256)
    return bits.random_raw(4 * blocks)


def split_words(words: Array, /) -> Array:
    return np.ascontiguousarray(words).astype("<u8", copy=False).view("<u4")


def dropout_mask(bits: Array, /, threshold: int, scale: float, dtype: Any) -> Array:
    return np.multiply(bits < threshold, scale, dtype=dtype)
