"""Activations and their derivatives, one pass each."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, Source, alike, override

Array = Any
_code = Source(__file__)
__all__ = [
    "elu", "elu_grad", "erf", "gelu", "gelu_grad", "hardswish", "hardswish_grad", "hardtanh_grad",
    "leaky_relu", "leaky_relu_grad", "mish", "mish_grad", "normal_cdf", "relu", "relu_grad",
    "sigmoid", "silu", "silu_grad", "softplus",
]  # fmt: skip


@override(*FLOATS)
def relu(x: Array, /) -> Array:
    return _code.map("relu", x)


@override(*FLOATS)
def leaky_relu(x: Array, /, slope: float) -> Array:
    return _code.map("leaky_relu", x, slope)


@override(*FLOATS)
def elu(x: Array, /, alpha: float) -> Array:
    return _code.map("elu", x, alpha)


@override(*FLOATS)
def hardswish(x: Array, /) -> Array:
    return _code.map("hardswish", x)


@override(*FLOATS)
def sigmoid(x: Array, /) -> Array:
    return _code.map("sigmoid", x)


@override(*FLOATS)
def softplus(x: Array, /) -> Array:
    return _code.map("softplus", x)


@override(*FLOATS)
def silu(x: Array, /) -> Array:
    return _code.map("silu", x)


@override(*FLOATS)
def mish(x: Array, /) -> Array:
    return _code.map("mish", x)


@override(*FLOATS)
def gelu(x: Array, /, approximate: str) -> Array:
    return _code.map("gelu_none" if approximate == "none" else "gelu_tanh", x)


@override(*FLOATS)
def erf(x: Array, /) -> Array:
    return _code.map("erf_each", x)


@override(*FLOATS)
def normal_cdf(x: Array, /) -> Array:
    return _code.map("normal_cdf", x)


def _both(name: str, g: Array, x: Array, a: float = 0.0, b: float = 0.0) -> Array | None:
    """The results of a kernel (g, x, out, n, a, b) for each pair; None where it takes them not."""
    if not alike(g, x):
        return None
    out = cupy.empty(g.shape, g.dtype)
    arrays = cupy.ascontiguousarray(g), cupy.ascontiguousarray(x), out
    numbers = np.int64(g.size), np.float64(a), np.float64(b)
    _code.each(name, g.dtype.char, g.size, *arrays, *numbers)
    return out


@override(*FLOATS)
def relu_grad(g: Array, out: Array, /) -> Array:
    result = _both("relu_grad", g, out)
    return portable.relu_grad(g, out) if result is None else result


@override(*FLOATS)
def leaky_relu_grad(g: Array, x: Array, /, slope: float) -> Array:
    result = _both("leaky_relu_grad", g, x, slope)
    return portable.leaky_relu_grad(g, x, slope) if result is None else result


@override(*FLOATS)
def elu_grad(g: Array, out: Array, /, alpha: float) -> Array:
    result = _both("elu_grad", g, out, alpha)
    return portable.elu_grad(g, out, alpha) if result is None else result


@override(*FLOATS)
def hardtanh_grad(g: Array, out: Array, /, low: float, high: float) -> Array:
    result = _both("hardtanh_grad", g, out, low, high)
    return portable.hardtanh_grad(g, out, low, high) if result is None else result


@override(*FLOATS)
def hardswish_grad(g: Array, x: Array, /) -> Array:
    result = _both("hardswish_grad", g, x)
    return portable.hardswish_grad(g, x) if result is None else result


@override(*FLOATS)
def silu_grad(g: Array, x: Array, /) -> Array:
    result = _both("silu_grad", g, x)
    return portable.silu_grad(g, x) if result is None else result


@override(*FLOATS)
def mish_grad(g: Array, x: Array, /) -> Array:
    result = _both("mish_grad", g, x)
    return portable.mish_grad(g, x) if result is None else result


@override(*FLOATS)
def gelu_grad(g: Array, x: Array, /, approximate: str) -> Array:
    result = _both("gelu_none_grad" if approximate == "none" else "gelu_tanh_grad", g, x)
    return portable.gelu_grad(g, x, approximate) if result is None else result
