"""Sliding windows one axis after another: a window of k by k takes 2 (k - 1) passes, not k².

The first axis is shared between threads where it is not itself pooled.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dispatch import only
from ..portable import pooling as portable
from . import threads

Array = Any
Sizes = tuple[int, ...]
_FLOATS = ("float32", "float64")
_PASS, _WINNER, _ADDED = 2.0, 3.0, 0.5
"""Nanoseconds to compare a window's element along one axis, to find a winner's place, and for an
element of the larger array where windows are summed."""
__all__ = ["max_pool", "max_pool_at", "max_pool_grad", "window_spread", "window_sum"]


def _split(x: Array, axes: int, work: float) -> list[slice]:
    """Parts of the first axis for which this is the work; one if it is among the pooled axes."""
    return threads.split(len(x), work) if x.ndim > axes else [slice(None)]


def _passes(x: Array, kernel: Sizes, size: Sizes) -> float:
    """The work of pooling by passes along the axes, the last axis first."""
    shape, work = list(x.shape), 0.0
    for i in range(-1, -len(kernel) - 1, -1):
        shape[i] = size[i]
        work += _PASS * (kernel[i] - 1) * math.prod(shape)
    return work


@only(*_FLOATS)
def max_pool(
    x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    parts = _split(x, len(kernel), _passes(x, kernel, size))
    if len(parts) == 1:
        return _max_pool(x, kernel, stride, padding, dilation, size)
    found = threads.together(
        lambda part: _max_pool(x[part], kernel, stride, padding, dilation, size), parts
    )
    values, winners = zip(*found, strict=True)
    return np.concatenate(values), np.concatenate(winners)


def _max_pool(
    x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    values, winners, inner = _padded(x, kernel, stride, padding, dilation, size), None, 1
    dtype = portable.winner_dtype(np, kernel)
    for i in reversed(range(len(kernel))):  # in rows first, so that the first of equals stays
        parts = _parts(i - len(kernel), kernel[i], stride[i], dilation[i], size[i])
        best = values[parts[0]]
        found = None if winners is None else winners[parts[0]]
        for j, part in enumerate(parts[1:], 1):
            v = values[part]
            hit = (v > best).view(np.uint8).astype(dtype, copy=False)
            best = np.maximum(best, v, out=best if j > 1 else None)
            # An element further on has the larger number: the largest of those that led so far.
            if winners is not None:
                hit *= winners[part] + dtype(j * inner)
            elif j > 1:
                hit *= dtype(j)
            found = hit if found is None else np.maximum(found, hit, out=found if j > 1 else None)
        if found is None and kernel[i] == 1:
            found = np.zeros(best.shape, dtype)
        values, winners, inner = best, found, inner * kernel[i]
    # Where a NaN or nothing but padding has won, its number may be that of another element.
    if not (np.isfinite(values) if any(padding) else values == values).all():
        return portable.max_pool(x, kernel, stride, padding, dilation, size)
    return (np.array(values) if inner == 1 else np.ascontiguousarray(values)), winners


def _padded(
    x: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> Array:
    """x with -inf wherever a window goes beyond it."""
    d = len(kernel)
    lengths = x.shape[-d:]
    reach = [
        max((o - 1) * s + (k - 1) * e + 1, n + p)
        for o, s, k, e, n, p in zip(size, stride, kernel, dilation, lengths, padding, strict=True)
    ]
    if not any(padding) and tuple(reach) == lengths:
        return x
    out = np.full((*x.shape[:-d], *reach), -math.inf, x.dtype)
    inside: Any = (..., *[slice(p, p + n) for p, n in zip(padding, lengths, strict=True)])
    out[inside] = x
    return out


def _parts(axis: int, k: int, stride: int, dilation: int, size: int) -> list[Any]:
    """For each element of the windows along an axis, an index of all windows' elements."""
    rest = (slice(None),) * (-1 - axis)
    starts = range(0, k * dilation, dilation)
    return [(..., slice(a, a + (size - 1) * stride + 1, stride), *rest) for a in starts]


@only(*_FLOATS)
def max_pool_grad(
    g: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
    length: Sizes,
) -> Array:  # fmt: skip
    steps = zip(kernel, stride, dilation, strict=True)
    apart = all((k - 1) * e < s for k, s, e in steps)  # no two windows share an element
    shape = (*g.shape[: -len(kernel)], *length)
    x = np.empty(shape, g.dtype)

    def spread(part: Any) -> None:
        at = _places(winners[part], kernel, stride, padding, dilation, length)
        there, values = x[part].reshape(-1), g[part].reshape(-1)  # x's is a view
        if apart:
            there.fill(0)
            there[at] = values
        else:
            there[...] = np.bincount(at, values, there.size)

    threads.together(spread, _split(g, len(kernel), _WINNER * g.size))
    return x


@only(*_FLOATS)
def max_pool_at(
    x: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Array:
    at = _places(winners, kernel, stride, padding, dilation, x.shape[-len(kernel) :])
    return x.reshape(-1)[at].reshape(winners.shape)


def _places(
    winners: Array, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, length: Sizes
) -> Array:
    """Where each winner stands in the flat array that was pooled."""
    d = len(kernel)
    steps = [math.prod(length[i + 1 :]) for i in range(d)]
    corner, offset = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for i, size in enumerate(winners.shape[-d:]):
        starts = (np.arange(size) * stride[i] - padding[i]) * steps[i]
        corner = np.add.outer(corner, starts).reshape(-1)
        offset = np.add.outer(offset, np.arange(kernel[i]) * (dilation[i] * steps[i])).reshape(-1)
    planes = math.prod(winners.shape[:-d])
    at = offset.take(winners).reshape(planes, corner.size)
    at += corner
    at += (np.arange(planes) * math.prod(length))[:, None]
    return at.reshape(-1)


def window_sum(x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, size: Sizes) -> Array:
    def part(which: slice) -> Array:
        sums = x[which]
        for i in range(len(kernel)):
            axis = i - len(kernel)
            sums = _along(sums, axis, kernel[i], stride[i], padding[i], size[i])
        return sums

    sums = threads.together(part, _split(x, len(kernel), _ADDED * x.size))
    return sums[0] if len(sums) == 1 else np.concatenate(sums)


def _along(x: Array, axis: int, k: int, stride: int, padding: int, size: int) -> Array:
    shape = list(x.shape)
    n, shape[axis] = shape[axis], size
    out = None
    for _, inside, at in portable.windows((n,), (k,), (stride,), (padding,), (1,), (size,)):
        inside, at = (part + (slice(None),) * (-1 - axis) for part in (inside, at))
        if out is None and at[1] == slice(0, size):
            out = x[inside].copy()
            continue
        if out is None:
            out = np.zeros(shape, x.dtype)
        part = out[at]
        part += x[inside]
    return np.zeros(shape, x.dtype) if out is None else out


def window_spread(
    g: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, length: Sizes
) -> Array:
    out = np.empty((*g.shape[: -len(kernel)], *length), g.dtype)

    def part(which: slice) -> None:
        values = g[which]
        for i in reversed(range(len(kernel))):  # rows last: their elements lie side by side
            axis = i - len(kernel)
            shape = list(values.shape)
            size, shape[axis] = shape[axis], length[i]
            apart = kernel[i] <= stride[i]
            x = np.empty(shape, g.dtype) if i else out[which]
            x.fill(0)
            one = (kernel[i],), (stride[i],), (padding[i],), (1,)
            for _, inside, at in portable.windows((length[i],), *one, (size,)):
                inside, at = (p + (slice(None),) * (-1 - axis) for p in (inside, at))
                if apart:
                    x[inside] = values[at]
                else:
                    some = x[inside]
                    some += values[at]
            values = x

    threads.together(part, _split(g, len(kernel), _ADDED * out.size))
    return out
