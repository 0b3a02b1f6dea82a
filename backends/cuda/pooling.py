"""Sliding windows: one launch each, a thread to an element of the result."""

from __future__ import annotations

import math
from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, Source, override

Array = Any
Sizes = tuple[int, ...]
_code = Source(__file__)
__all__ = ["max_pool", "max_pool_at", "max_pool_grad", "window_spread", "window_sum"]


def _run(
    name: str, like: Array, arrays: tuple[Array, ...], count: int, n: Sizes, m: Sizes, k: Sizes,
    s: Sizes, p: Sizes, e: Sizes,
) -> None:  # fmt: skip
    """Start a kernel for `count` elements; the sizes are those of `pooling.cu`."""
    if count:
        sizes = [
            (f,) * (3 - len(v)) + v for v, f in ((n, 1), (m, 1), (k, 1), (s, 1), (p, 0), (e, 1))
        ]
        numbers = [np.int64(v) for size in sizes for v in size]
        _code.each(name, like.dtype.char, count, *arrays, np.int64(count), *numbers)


def _covered(kernel: Sizes) -> bool:
    """Whether the winners are bytes, and the axes no more than three."""
    return len(kernel) <= 3 and math.prod(kernel) <= 256


@override(*FLOATS)
def max_pool(
    x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    if not _covered(kernel):
        return portable.max_pool(x, kernel, stride, padding, dilation, size)
    d = len(kernel)
    shape, length = (*x.shape[:-d], *size), x.shape[-d:]
    out, winners = cupy.empty(shape, x.dtype), cupy.empty(shape, np.uint8)
    arrays = cupy.ascontiguousarray(x), out, winners
    _run("max_pool", x, arrays, out.size, length, size, kernel, stride, padding, dilation)
    return out, winners


@override(*FLOATS)
def max_pool_grad(
    g: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
    length: Sizes,
) -> Array:  # fmt: skip
    if not _covered(kernel):
        return portable.max_pool_grad(g, winners, kernel, stride, padding, dilation, length)
    d = len(kernel)
    out = cupy.empty((*g.shape[:-d], *length), g.dtype)
    arrays = cupy.ascontiguousarray(g), cupy.ascontiguousarray(winners), out
    sizes = length, g.shape[-d:], kernel, stride, padding, dilation
    _run("max_pool_grad", g, arrays, out.size, *sizes)
    return out


@override(*FLOATS)
def max_pool_at(
    x: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Array:
    if not _covered(kernel):
        return portable.max_pool_at(x, winners, kernel, stride, padding, dilation)
    d = len(kernel)
    out = cupy.empty(winners.shape, x.dtype)
    arrays = cupy.ascontiguousarray(x), cupy.ascontiguousarray(winners), out
    sizes = x.shape[-d:], winners.shape[-d:], kernel, stride, padding, dilation
    _run("max_pool_at", x, arrays, out.size, *sizes)
    return out


@override(*FLOATS)
def window_sum(x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, size: Sizes) -> Array:
    d = len(kernel)
    if d > 3:
        return portable.window_sum(x, kernel, stride, padding, size)
    out = cupy.empty((*x.shape[:-d], *size), x.dtype)
    sizes = x.shape[-d:], size, kernel, stride, padding, (1,) * d
    _run("window_sum", x, (cupy.ascontiguousarray(x), out), out.size, *sizes)
    return out


@override(*FLOATS)
def window_spread(
    g: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, length: Sizes
) -> Array:
    d = len(kernel)
    if d > 3:
        return portable.window_spread(g, kernel, stride, padding, length)
    out = cupy.empty((*g.shape[:-d], *length), g.dtype)
    sizes = length, g.shape[-d:], kernel, stride, padding, (1,) * d
    _run("window_spread", g, (cupy.ascontiguousarray(g), out), out.size, *sizes)
    return out
