"""Activations that NumPy runs faster in another form: fewer passes, none with a choice.

`where` takes longer than an exponential here, `clip` and arithmetic a fifth of one; so choices are
written as a clip, or as a product with a comparison.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only
from .threads import elementwise

Array = Any
_FLOATS = ("float32", "float64")
__all__ = [
    "elu", "elu_grad", "gelu", "gelu_grad", "hardswish", "hardswish_grad", "hardtanh_grad",
    "leaky_relu", "leaky_relu_grad", "mish", "mish_grad", "normal_cdf", "relu", "relu_grad",
    "sigmoid", "silu", "silu_grad",
]  # fmt: skip


def relu(x: Array, /) -> Array:
    if x.size < 4096 or x.dtype.kind != "f":
        return np.maximum(x, 0)
    return x.clip(0, math.inf)  # maximum with a number uses no vector instructions


@only(*_FLOATS)
def relu_grad(g: Array, out: Array, /) -> Array:
    return g * (out > 0)


@only(*_FLOATS)
def leaky_relu(x: Array, /, slope: float) -> Array:
    if not 0 <= slope <= 1:
        return portable.leaky_relu(x, slope)
    return np.maximum(x, x * slope)


@only(*_FLOATS)
def leaky_relu_grad(g: Array, x: Array, /, slope: float) -> Array:
    if not 0 <= slope <= 1 or x.dtype != g.dtype:
        return portable.leaky_relu_grad(g, x, slope)
    factor = np.asarray(x > 0).astype(g.dtype).clip(slope, 1)
    factor *= g
    return factor


@only(*_FLOATS)
def elu(x: Array, /, alpha: float) -> Array:
    low = np.asarray(x.clip(-math.inf, 0))
    np.expm1(low, out=low)
    if alpha != 1:
        low *= alpha
    low += x.clip(0, math.inf)
    return low


@only(*_FLOATS)
def elu_grad(g: Array, out: Array, /, alpha: float) -> Array:
    if alpha != 1 or out.dtype != g.dtype:
        return portable.elu_grad(g, out, alpha)
    factor = np.asarray(out.clip(-math.inf, 0))  # 0 where the slope is 1
    factor += 1
    factor *= g
    return factor


@only(*_FLOATS)
def hardtanh_grad(g: Array, out: Array, /, low: float, high: float) -> Array:
    return g * ((out > low) & (out < high))


@only(*_FLOATS)
def hardswish(x: Array, /) -> Array:
    out = np.asarray(x + 3)
    np.clip(out, 0, 6, out=out)
    out *= 1 / 6
    with np.errstate(invalid="ignore"):  # of -inf it is NaN
        out *= x
    return out


@only(*_FLOATS)
def hardswish_grad(g: Array, x: Array, /) -> Array:
    if x.dtype != g.dtype:
        return portable.hardswish_grad(g, x)
    slope = np.asarray(x.clip(-3, math.inf))
    slope *= 1 / 3
    slope += 0.5
    slope *= x > -3
    above = np.asarray(x >= 3)
    if above.any():  # most inputs have few
        slope[above] = 1
    slope *= g
    return slope


def _one_more(x: Array) -> Array:
    """1 + e^-x, infinite where that overflows."""
    e = np.asarray(np.negative(x))
    with np.errstate(over="ignore"):
        np.exp(e, out=e)
    e += 1
    return e


@only(*_FLOATS)
@elementwise(0.9)
def sigmoid(x: Array, /) -> Array:
    e = _one_more(x)
    np.divide(1, e, out=e)
    return e


@only(*_FLOATS)
@elementwise(0.9)
def silu(x: Array, /) -> Array:
    e = _one_more(x)
    with np.errstate(invalid="ignore"):  # of -inf it is NaN, as the product with 0 would be
        np.divide(x, e, out=e)
    return e


@only(*_FLOATS)
@elementwise(1.4)
def silu_grad(g: Array, x: Array, /) -> Array:
    if x.dtype != g.dtype:
        return portable.silu_grad(g, x)
    s = sigmoid(x)
    out = np.asarray(1 - s)
    with np.errstate(invalid="ignore"):
        out *= x
        out += 1
        out *= s
        out *= g
    return out


def _mish_parts(x: Array, out: Array | None = None) -> tuple[Array, Array]:
    e = np.asarray(np.exp(x, out=out))
    n = np.asarray(e + 2)
    n *= e
    return e, n


@only(*_FLOATS)
@elementwise(1.3)
def mish(x: Array, /) -> Array:
    low = np.asarray(x.clip(-math.inf, 20))
    e, n = _mish_parts(low, low)
    np.add(n, 2, out=e)
    np.divide(n, e, out=n)
    with np.errstate(invalid="ignore"):
        n *= x
    return n


@only(*_FLOATS)
@elementwise(1.8)
def mish_grad(g: Array, x: Array, /) -> Array:
    if x.dtype != g.dtype:
        return portable.mish_grad(g, x)
    low = np.asarray(x.clip(-math.inf, 20))  # beyond, the slope is 1
    out, n = _mish_parts(low)
    with np.errstate(invalid="ignore"):
        np.subtract(n, out, out=out)  # e (e + 1)
        out *= low
        m = np.add(n, 2, out=low)
        out /= m
        out *= 4
        out += n
        out /= m
        out *= g
    return out


# Φ(-a) = e^(-a²/2) W(t) / (a + 2) for a >= 0, t = (a - 3) / (a + 3): W by its values at Chebyshev's
# points of [0, 14.5], beyond which float32 has no Φ(-a) left. The largest relative error is 2e-7
# beside that of the exponential.
_TAIL = (
    -0.0003229616559110582, -0.000617528916336596, 0.0020010103471577168, 0.004040462896227837,
    -0.01659347116947174, -0.0010466737439855933, 0.10679246485233307, -0.30292943120002747,
    0.6075697541236877,
)  # fmt: skip


@only(*_FLOATS)
def normal_cdf(x: Array, /) -> Array:
    if x.dtype != np.float32:
        return portable.normal_cdf(x)
    a = np.asarray(np.abs(x).clip(0, 14.5))
    t, y = np.asarray(a - 3), np.asarray(a + 3)
    t /= y
    np.multiply(t, _TAIL[0], out=y)
    for c in _TAIL[1:-1]:
        y += c
        y *= t
    y += _TAIL[-1]
    np.add(a, 2, out=t)
    y /= t
    a *= a
    a *= -0.5
    np.exp(a, out=a)
    y *= a
    np.subtract(x > 0, y, out=y, dtype=x.dtype)  # 1 - Φ(-a) on the right, and on the left minus it
    np.abs(y, out=y)
    return y


# Φ(x) = 1 / (1 + e^(x P(x²))). P, highest power first, is fitted for the smallest error of
# x Φ(x): at most 1.2e-7 on the left and 5e-7 of its value on the right. From x² = 30.25 on it
# stays as it is, and Φ keeps falling towards 0.
_LOGIT = (
    4.574145e-11, -6.3482664e-09, 3.2900786e-07, -8.620055e-06, 1.14303752e-04, 5.566056e-05,
    -0.072655812, -1.5957731,
)  # fmt: skip


def _inverse_cdf(x: Array) -> Array:
    """1 / Φ(x), infinite where that overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = np.asarray(x * x)
        square.clip(0, 30.25, out=square)
        y = np.asarray(square * _LOGIT[0])
        for c in _LOGIT[1:-1]:
            y += c
            y *= square
        y += _LOGIT[-1]
        y *= x
        np.exp(y, out=y)
    y += 1
    return y


@only(*_FLOATS)
@elementwise(2.5)
def gelu(x: Array, /, approximate: str) -> Array:
    if approximate == "none" and x.dtype == np.float32:
        out = _inverse_cdf(x)
        with np.errstate(invalid="ignore"):
            np.divide(x, out, out=out)
        return out
    if approximate == "none":
        out = np.asarray(normal_cdf(x))
    else:
        out = _tanh_part(x)
        out *= 0.5
        out += 0.5
    with np.errstate(invalid="ignore"):
        out *= x
    return out


def _tanh_part(x: Array) -> Array:
    u = np.asarray(x * x)
    u *= math.sqrt(2 / math.pi) * 0.044715
    u += math.sqrt(2 / math.pi)
    u *= x
    np.tanh(u, out=u)
    return u


@only(*_FLOATS)
@elementwise(3.9)
def gelu_grad(g: Array, x: Array, /, approximate: str) -> Array:
    if x.dtype != g.dtype or (approximate == "none" and x.dtype != np.float32):
        return portable.gelu_grad(g, x, approximate)
    if approximate == "none":
        cdf = _inverse_cdf(x)
        np.divide(1, cdf, out=cdf)
        with np.errstate(over="ignore", invalid="ignore"):
            e = np.asarray(x * x)
            e *= -0.5
            np.exp(e, out=e)
            e *= 1 / math.sqrt(2 * math.pi)
            e *= x
    else:
        t = _tanh_part(x)
        e = np.asarray(x * x)
        e *= 3 * 0.044715 * 0.5 * math.sqrt(2 / math.pi)
        e += 0.5 * math.sqrt(2 / math.pi)
        with np.errstate(invalid="ignore"):
            e *= x
            cdf = np.asarray(t * t)
            np.subtract(1, cdf, out=cdf)
            e *= cdf
        t *= 0.5
        t += 0.5
        cdf = t
    e += cdf
    e *= g
    return e
