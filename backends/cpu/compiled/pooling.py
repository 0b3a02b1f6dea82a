"""Max pooling in two dimensions in one pass, with the bits of `cpu/pooling.py`.

The loops are written out for a window's elements, for only then the processor takes many windows
at a time. What they are not written for goes to `cpu/pooling.py`.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from .. import pooling as plain
from .. import threads
from . import store

Array = Any
Sizes = tuple[int, ...]

_ELEMENT = 0.2
"""Nanoseconds for an element of what is pooled."""
_LARGEST = 16
"""Elements of a window, at most."""

_HEAD = """\
import numba
import numpy as np

@numba.njit(nogil=True, error_model="numpy", cache=True)
"""
_MAX = """\
def loop(x, values, winners):
    for n in range(values.shape[0]):
        for h in range(values.shape[1]):
            {rows}
            o, q = values[n, h], winners[n, h]
            for w in range(values.shape[2]):
                best, found = r0[w * {step}], np.uint8(0)
                {elements}
                o[w] = best
                q[w] = found
"""
_ONE = """\
v = {row}[w * {step} + {at}]
                hit = (v > best) | (v != v)
                best, found = v if {keep} else best, np.uint8({number}) if hit else found"""
_SPREAD = """\
def loop(x, g, winners, filled):
    zero = g.dtype.type(0)
    for n in range(g.shape[0]):
        if not filled:
            x[n] = zero
        for h in range(g.shape[1]):
            o, q = g[n, h], winners[n, h]
            {rows}
"""
_ROW = """\
r = x[n, h * {step} + {i}]
            for w in range(g.shape[2]):
                u, k = o[w], q[w]
                {elements}"""


def _lines(texts: Any, depth: int) -> str:
    return ("\n" + " " * depth).join(texts)


@cache
def _max_loop(kernel: Sizes, stride: Sizes, dilation: Sizes, keep: str) -> Any:
    """(images, largest of the windows, numbers of these)."""
    rows = [f"r{i} = x[n, h * {stride[0]} + {i * dilation[0]}]" for i in range(kernel[0])]
    each = [
        _ONE.format(
            row=f"r{i}", step=stride[1], at=j * dilation[1], number=i * kernel[1] + j, keep=keep
        )
        for i, j in product(*map(range, kernel))
    ]
    rest = {"step": stride[1], "elements": _lines(each[1:], 16)}
    return store.function(_HEAD + _MAX.format(rows=_lines(rows, 12), **rest), "loop")


@cache
def _spread_loop(kernel: Sizes, stride: Sizes) -> Any:
    """(images, g, winners, whether each element is in a window): g where the winners stand."""
    rows = []
    for i in range(kernel[0]):
        each = [
            f"r[w * {stride[1]} + {j}] = u if k == {i * kernel[1] + j} else zero"
            for j in range(kernel[1])
        ]
        rows.append(_ROW.format(i=i, step=stride[0], elements=_lines(each, 16)))
    return store.function(_HEAD + _SPREAD.format(rows=_lines(rows, 12)), "loop")


@cache
def _kept(dtype: Any) -> str | None:
    """When the loop takes on the next value, so that of 0 and -0 it has the one that NumPy's
    `maximum` has: the first or the second of equals. None if that depends on the array."""
    signs = set()
    for step, n in product((1, 2), (1, 7, 64)):
        a = np.zeros(n * step, dtype)[::step]
        signs |= {*np.signbit(np.maximum(a, -a))} | {*~np.signbit(np.maximum(-a, a))}
    return "hit | (v == best)" if signs == {True} else "hit" if signs == {False} else None


def max_pool(
    x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    """See `portable.max_pool`."""
    how = kernel, stride, padding, dilation, size
    keep = _kept(x.dtype)
    if len(kernel) != 2 or not 1 < math.prod(kernel) <= _LARGEST or keep is None:
        return plain.max_pool(x, *how)
    padded = plain._padded(x, *how)
    images = np.ascontiguousarray(padded).reshape(-1, *padded.shape[-2:])
    loop = _max_loop(kernel, stride, dilation, keep)
    values = np.empty((len(images), *size), x.dtype)
    winners = np.empty(values.shape, np.uint8)
    threads.together(
        lambda part: loop(images[part], values[part], winners[part]),
        threads.split(len(images), _ELEMENT * images.size),
    )
    if not (np.isfinite(values) if any(padding) else values == values).all():
        return plain.max_pool(x, *how)
    shape = *x.shape[:-2], *size
    return values.reshape(shape), winners.reshape(shape)


def max_pool_grad(
    g: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
    length: Sizes,
) -> Array:  # fmt: skip
    """See `portable.max_pool_grad`."""
    size = g.shape[-len(kernel) :]
    reach = [(n - 1) * s + k for n, s, k in zip(size, stride, kernel, strict=True)]
    if (
        len(kernel) != 2 or math.prod(kernel) > _LARGEST or any(padding) or max(dilation) > 1
        or any(k > s for k, s in zip(kernel, stride, strict=True))  # windows share elements
        or any(r > n for r, n in zip(reach, length, strict=True))
    ):  # fmt: skip
        return plain.max_pool_grad(g, winners, kernel, stride, padding, dilation, length)
    x = np.empty((math.prod(g.shape[:-2]), *length), g.dtype)
    gs, numbers = (np.ascontiguousarray(a).reshape(-1, *size) for a in (g, winners))
    loop = _spread_loop(kernel, stride)
    filled = kernel == stride and tuple(reach) == tuple(length)
    threads.together(
        lambda part: loop(x[part], gs[part], numbers[part], filled),
        threads.split(len(x), _ELEMENT * x.size),
    )
    return x.reshape(*g.shape[:-2], *length)


FORMS: dict[Any, Any] = {plain.max_pool: max_pool, plain.max_pool_grad: max_pool_grad}
"""The compiled form of a kernel."""
