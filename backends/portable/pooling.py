"""Windows that slide over the last axes: the largest of each, and the sum of each.

Sizes have an entry for each of those axes. Element j of window o, along one of them, stands at
o stride - padding + j dilation; where that is outside the array, the window is the shorter for it.
The elements of a window are numbered row by row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

from ..registry import namespace

__all__ = [
    "max_pool", "max_pool_at", "max_pool_grad", "window_places", "window_spread", "window_sum",
]  # fmt: skip

Array = Any
Sizes = tuple[int, ...]
Slices = tuple[Any, ...]


def max_pool(
    x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> tuple[Array, Array]:
    """The largest element of each of `size` windows, and its number within the window.

    Of equal ones the first. A NaN is larger than all numbers; of several, the last.
    """
    xp = namespace(x)
    shape, spatial = (*x.shape[: -len(size)], *size), x.shape[-len(size) :]
    values = xp.full(shape, -math.inf, dtype=x.dtype, device=x.device)
    numbers = winner_dtype(xp, kernel)
    winners = xp.zeros(size, dtype=numbers, device=x.device)
    for axis, inner in enumerate(kernel):  # the first that is inside, until a larger one comes
        first = [
            max(0, -((o * stride[axis] - padding[axis]) // dilation[axis]))
            for o in range(size[axis])
        ]
        line = xp.asarray(first, dtype=numbers, device=x.device)
        winners = winners * inner + xp.reshape(line, (size[axis],) + (1,) * (len(size) - axis - 1))
    winners = xp.asarray(xp.broadcast_to(winners, shape), copy=True)
    for k, inside, out in windows(spatial, kernel, stride, padding, dilation, size):
        best, v = values[out], x[inside]
        hit = (v > best) | xp.isnan(v)
        values[out] = xp.where(hit, v, best)
        winners[out] = xp.where(hit, xp.asarray(k, dtype=numbers, device=x.device), winners[out])
    return values, winners


def winner_dtype(xp: Any, kernel: Sizes) -> Any:
    """What holds the number of any element of a window."""
    return xp.uint8 if math.prod(kernel) <= 256 else xp.int64


def max_pool_grad(
    g: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
    length: Sizes,
) -> Array:  # fmt: skip
    """Zeros of this length along the last axes, g added where the winner of each window stands."""
    xp, size = namespace(g), g.shape[-len(kernel) :]
    x = xp.zeros((*g.shape[: -len(kernel)], *length), dtype=g.dtype, device=g.device)
    zero = xp.zeros((), dtype=g.dtype, device=g.device)
    for k, inside, out in windows(length, kernel, stride, padding, dilation, size):
        x[inside] += xp.where(winners[out] == k, g[out], zero)
    return x


def max_pool_at(
    x: Array, winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes
) -> Array:
    """x where the winner of each window stands: the transpose of `max_pool_grad`."""
    xp, size = namespace(x), winners.shape[-len(kernel) :]
    out = xp.zeros(winners.shape, dtype=x.dtype, device=x.device)
    for k, inside, at in windows(x.shape[-len(kernel) :], kernel, stride, padding, dilation, size):
        out[at] = xp.where(winners[at] == k, x[inside], out[at])
    return out


def window_places(
    winners: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, length: Sizes
) -> Array:
    """Where the winner of each window stands, counted row by row over the axes that were pooled."""
    xp, d, step = namespace(winners), len(kernel), 1
    number, place = xp.astype(winners, xp.int64), xp.zeros_like(winners, dtype=xp.int64)
    for i in reversed(range(d)):
        start = xp.arange(winners.shape[i - d], dtype=xp.int64, device=winners.device) * stride[i]
        start = xp.reshape(start - padding[i], (-1,) + (1,) * (d - i - 1))
        place = place + (start + number % kernel[i] * dilation[i]) * step
        number, step = number // kernel[i], step * length[i]
    return place


def window_sum(x: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, size: Sizes) -> Array:
    """The sum of each of `size` windows."""
    xp, d = namespace(x), len(kernel)
    out = xp.zeros((*x.shape[:-d], *size), dtype=x.dtype, device=x.device)
    for _, inside, at in windows(x.shape[-d:], kernel, stride, padding, (1,) * d, size):
        out[at] += x[inside]
    return out


def window_spread(
    g: Array, /, kernel: Sizes, stride: Sizes, padding: Sizes, length: Sizes
) -> Array:
    """Each g added to all elements of its window: the transpose of `window_sum`."""
    xp, d = namespace(g), len(kernel)
    x = xp.zeros((*g.shape[:-d], *length), dtype=g.dtype, device=g.device)
    for _, inside, at in windows(length, kernel, stride, padding, (1,) * d, g.shape[-d:]):
        x[inside] += g[at]
    return x


def windows(
    length: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes, size: Sizes
) -> Iterator[tuple[int, Slices, Slices]]:
    """(element's number, the part of x where windows have it, the windows that have it).

    Both parts are indices, and of the same shape.
    """
    axes = [
        [_inside(j, *numbers) for j in range(k)]
        for k, *numbers in zip(kernel, length, stride, padding, dilation, size, strict=True)
    ]
    for number, parts in enumerate(product(*axes)):
        if all(parts):
            inside, out = zip(*parts, strict=True)
            yield number, (..., *inside), (..., *out)


def _inside(j: int, n: int, stride: int, padding: int, dilation: int, size: int) -> Any:
    """Along one axis: where element j of the windows stands, and of which windows it does."""
    at = j * dilation - padding
    first, stop = max(0, -(at // stride)), min(size, (n - 1 - at) // stride + 1)
    if first >= stop:
        return None
    return slice(first * stride + at, (stop - 1) * stride + at + 1, stride), slice(first, stop)
