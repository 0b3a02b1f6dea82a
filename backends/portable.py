"""Every kernel, in the Array API standard alone: the specification.

A device's folder may hold a faster kernel under the same name and signature; a test compares
each of those with the one here. All arguments that come before a `/` are bare arrays of one
library; results are new arrays, except where a docstring says "in place".

Nothing here is differentiated: derivative rules live in `backprop.rules`.
"""

from __future__ import annotations

import math
from typing import Any

from ._contraction import contract
from ._elementwise import clip
from ._erf import erf
from ._fourier import fft, ifft, inner_bins, irfft, rfft
from ._indexing import *  # noqa: F403
from ._linear_algebra import (
    cofactor,
    eig,
    eigvals,
    fill_diagonal,
    matrix_rank,
    put_diagonal,
    solve,
    vector_norm,
)
from ._padding import extend, fold, pad
from ._scans import *  # noqa: F403
from ._searching import *  # noqa: F403
from .registry import namespace

Array = Any
__all__ = [
    "clip", "cofactor", "contract", "eig", "eigvals", "erf", "extend", "fft", "fill_diagonal",
    "fold", "ifft", "inner_bins", "irfft", "matrix_rank", "pad", "put_diagonal", "rfft", "solve",
    "vector_norm",
]  # fmt: skip

# ---------------------------------------------------------------- activations


def relu(x: Array, /) -> Array:
    """max(x, 0)."""
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x))


def relu_grad(g: Array, out: Array, /) -> Array:
    """g where out > 0, else 0: at the kink the derivative is 0, as in PyTorch."""
    xp = namespace(g)
    return xp.where(out > 0, g, xp.zeros_like(g))


def leaky_relu(x: Array, /, slope: float) -> Array:
    """x where x > 0, else slope x."""
    return namespace(x).where(x > 0, x, x * slope)


def elu(x: Array, /, alpha: float) -> Array:
    """x where x > 0, else alpha (e^x - 1)."""
    xp = namespace(x)
    return xp.where(x > 0, x, xp.expm1(xp.minimum(x, xp.zeros_like(x))) * alpha)


def sigmoid(x: Array, /) -> Array:
    """1 / (1 + e^-x), from e^-|x|, which cannot overflow."""
    xp = namespace(x)
    e = xp.exp(-xp.abs(x))
    return xp.where(x >= 0, xp.ones_like(x), e) / (e + 1.0)


def softplus(x: Array, /) -> Array:
    """log(1 + e^x) = max(x, 0) + log(1 + e^-|x|)."""
    xp = namespace(x)
    return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))


def normal_cdf(x: Array, /) -> Array:
    """The standard normal's distribution function, (1 + erf(x / sqrt 2)) / 2."""
    return 0.5 * erf(x * math.sqrt(0.5)) + 0.5


# ------------------------------------------------------------- softmax and losses


def softmax(x: Array, /, axis: int) -> Array:
    """e^x / sum e^x along the axis, shifted by the largest x."""
    xp = namespace(x)
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    """out (g - sum(g out)): the vector-Jacobian product of softmax."""
    return out * (g - namespace(g).sum(g * out, axis=axis, keepdims=True))


def log_softmax(x: Array, /, axis: int) -> Array:
    """x - log sum e^x along the axis, shifted by the largest x."""
    xp = namespace(x)
    x = x - xp.max(x, axis=axis, keepdims=True)
    return x - xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=True))


def log_softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    """g - e^out sum(g): the vector-Jacobian product of log-softmax."""
    xp = namespace(g)
    return g - xp.exp(out) * xp.sum(g, axis=axis, keepdims=True)


def softmax_cross_entropy(logits: Array, target: Array, /) -> tuple[Array, Array]:
    """(-log softmax(logits)[target] a row, softmax(logits)) for logits (N, C), target (N,)."""
    xp = namespace(logits)
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    e = xp.exp(shifted)
    total = xp.sum(e, axis=1, keepdims=True)
    at = xp.take_along_axis(shifted, target[:, None], axis=1)
    return (xp.log(total) - at)[:, 0], e / total


def softmax_cross_entropy_grad(g: Array, probs: Array, target: Array, /) -> Array:
    """g (probs - onehot(target)), g one number a row."""
    xp = namespace(probs)
    classes = xp.arange(probs.shape[1], dtype=target.dtype, device=probs.device)
    return g[:, None] * (probs - xp.astype(classes == target[:, None], probs.dtype))


def stray_class(target: Array, /, classes: int) -> int | None:
    """A class index outside 0 .. classes - 1, the smallest if it is negative, else the largest.

    None if there is none, or where looking would make the host wait for the device.
    """
    xp = namespace(target)
    if target.size == 0:
        return None
    low, high = int(xp.min(target)), int(xp.max(target))
    return low if low < 0 else high if high >= classes else None


# ------------------------------------------------------------------ linear algebra


def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    """x weightᵀ + bias, with x (..., in), weight (out, in), bias (out,) or None."""
    xp = namespace(x)
    out = xp.matmul(x, xp.matrix_transpose(weight))
    return out if bias is None else out + bias


def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    """out <- x y, in place."""
    out[...] = namespace(x).matmul(x, y)


def sum_into(x: Array, out: Array, /) -> None:
    """out <- x summed over its leading axes, those that out has not, in place."""
    leading = tuple(range(len(x.shape) - len(out.shape)))
    out[...] = namespace(x).sum(x, axis=leading)


def sum_of_squares(x: Array, /) -> Array:
    """The sum of all x², a 0-d array."""
    return namespace(x).sum(x * x)


# ----------------------------------------------------------- optimizers, in place
# p, g and the state are flat buffers (an arena's): one call updates a whole model.


def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
) -> None:  # fmt: skip
    """p -= lr d, d = g + weight_decay p or its running sum m <- momentum m + (1 - dampening) d."""
    d = g + p * weight_decay if weight_decay else g
    if momentum_buffer is not None:
        momentum_buffer[...] = momentum_buffer * momentum + d * (1.0 - dampening)
        d = d + momentum_buffer * momentum if nesterov else momentum_buffer
    p[...] = p - d * lr


def adam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float,
) -> None:  # fmt: skip
    """p -= lr (mean / correction1) / (sqrt(square / correction2) + eps), both averages moved."""
    if weight_decay and decoupled:
        p[...] = p * (1.0 - lr * weight_decay)
    elif weight_decay:
        g = g + p * weight_decay
    mean[...] = mean * beta1 + g * (1.0 - beta1)
    square[...] = square * beta2 + g * g * (1.0 - beta2)
    root = namespace(p).sqrt(square) / math.sqrt(correction2) + eps
    p[...] = p - mean / root * (lr / correction1)


def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float,
) -> None:  # fmt: skip
    """p -= lr g / (sqrt(square [- average²]) + eps), through a momentum buffer if there is one."""
    if weight_decay:
        g = g + p * weight_decay
    square[...] = square * alpha + g * g * (1.0 - alpha)
    variance = square
    if average is not None:
        average[...] = average * alpha + g * (1.0 - alpha)
        variance = square - average * average
    d = g / (namespace(p).sqrt(variance) + eps)
    if buffer is not None:
        buffer[...] = buffer * momentum + d
        d = buffer
    p[...] = p - d * lr


# -------------------------------------------------------------------- random bits


def philox(like: Array, /, key: tuple[int, int], start: int, blocks: int) -> Array:
    """4 x blocks random 64-bit words: Philox4x64-10 at the counters start, start + 1, ...

    `like` is any array of the library and device that should hold the words. The counter's low
    word counts blocks (start + blocks < 2^64).

    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """
    xp = namespace(like)
    kw = {"dtype": xp.uint64, "device": like.device}
    c0 = xp.arange(blocks, **kw) + xp.asarray(start, **kw)
    c1 = c2 = c3 = xp.zeros(blocks, **kw)
    k0, k1 = key
    for _ in range(10):
        high0, low0 = _multiply_words(c0, 0xD2E7470EE14C6C93)
        high1, low1 = _multiply_words(c2, 0xCA5A826395121157)
        c0, c1 = high1 ^ c1 ^ xp.asarray(k0, **kw), low1
        c2, c3 = high0 ^ c3 ^ xp.asarray(k1, **kw), low0
        k0 = (k0 + 0x9E3779B97F4A7C15) % 2**64
        k1 = (k1 + 0xBB67AE8584CAA73B) % 2**64
    return xp.reshape(xp.stack([c0, c1, c2, c3], axis=-1), (-1,))


def _multiply_words(a: Array, b: int) -> tuple[Array, Array]:
    """The high and low 64 bits of a b, from products of 32-bit halves."""
    xp = namespace(a)
    half, low = 32, 0xFFFFFFFF
    a1, a0, b1, b0 = a >> half, a & low, b >> half, b & low
    carry = a1 * b0 + ((a0 * b0) >> half)
    middle = a0 * b1 + (carry & low)
    high = a1 * b1 + (carry >> half) + (middle >> half)
    return high, a * xp.asarray(b, dtype=a.dtype, device=a.device)


def split_words(words: Array, /) -> Array:
    """Each 64-bit word as two 32-bit ones, the low half first."""
    xp = namespace(words)
    both = xp.stack([words & 0xFFFFFFFF, words >> 32], axis=-1)
    return xp.astype(xp.reshape(both, (-1,)), xp.uint32)


def dropout_mask(bits: Array, /, threshold: int, scale: float, dtype: Any) -> Array:
    """scale where a 32-bit word is below the threshold, else 0."""
    xp = namespace(bits)
    return xp.astype(bits < threshold, dtype) * scale
