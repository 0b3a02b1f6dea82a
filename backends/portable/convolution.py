"""Convolutions over any number of axes, and the two maps that are their derivatives.

With s the stride, d the dilation and a the padding in front (each a number an axis), p a place of
the output, k one of the kernel, o a channel of the output, and c running over the channels of o's
group:

    conv               y[n, o, p] = bias[o] + Σ_c,k  weight[o, c, k] x[n, c, s p + d k - a]
    conv_transpose     x[n, c, q] = Σ_o,p,k  weight[o, c, k] g[n, o, p]    with s p + d k - a = q
    conv_weight        w[o, c, k] = Σ_n,p  g[n, o, p] x[n, c, s p + d k - a]

x outside its bounds is 0. Σ y g = Σ x conv_transpose(g, weight) = Σ weight conv_weight(x, g) where
the bias is 0: so each of the three maps, linear in both of its arrays, has the two others for its
derivatives.

    image_to_columns   columns[n, (c, k), p] = x[n, c, s p + d k - a]
    columns_to_image   its transpose
"""

from __future__ import annotations

import itertools
import math
from typing import Any

from ..registry import namespace

__all__ = ["columns_to_image", "conv", "conv_transpose", "conv_weight", "image_to_columns"]

Array = Any
Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


def conv(
    x: Array, weight: Array, bias: Array | None, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int,
) -> Array:  # fmt: skip
    """y of x (N, C, *size), weight (O, C / groups, *kernel) and bias (O,): (N, O, *places)."""
    xp = namespace(x)
    out_channels, _, *kernel = weight.shape
    places = _places(x.shape[2:], tuple(kernel), stride, padding, dilation)
    columns = _grouped(image_to_columns(x, tuple(kernel), stride, padding, dilation), groups)
    rows = xp.reshape(weight, (groups, out_channels // groups, math.prod(weight.shape[1:])))
    out = xp.reshape(xp.matmul(rows, columns), (x.shape[0], out_channels, *places))
    return out if bias is None else out + xp.reshape(bias, (-1, *[1] * len(kernel)))


def conv_transpose(
    g: Array, weight: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, size: Ints,
) -> Array:  # fmt: skip
    """x, of shape (N, C, *size), of g (N, O, *places) and weight (O, C / groups, *kernel)."""
    xp = namespace(g)
    count, out_channels, *places = g.shape
    _, each, *kernel = weight.shape
    rows = xp.reshape(weight, (groups, out_channels // groups, math.prod(weight.shape[1:])))
    values = xp.reshape(g, (count, groups, out_channels // groups, math.prod(places)))
    columns = xp.matmul(xp.matrix_transpose(rows), values)
    columns = xp.reshape(columns, (count, groups * each * math.prod(kernel), math.prod(places)))
    return columns_to_image(columns, tuple(kernel), stride, padding, dilation, size)


def conv_weight(
    x: Array, g: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, kernel: Ints,
) -> Array:  # fmt: skip
    """w, of shape (O, C / groups, *kernel), of x (N, C, *size) and g (N, O, *places)."""
    xp = namespace(x)
    count, out_channels, *places = g.shape
    columns = _grouped(image_to_columns(x, kernel, stride, padding, dilation), groups)
    values = xp.reshape(g, (count, groups, out_channels // groups, math.prod(places)))
    total = xp.sum(xp.matmul(values, xp.matrix_transpose(columns)), axis=0)
    return xp.reshape(total, (out_channels, x.shape[1] // groups, *kernel))


def image_to_columns(
    x: Array, /, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints
) -> Array:
    """What each place sees of x (N, C, *size): (N, C times kernel, places)."""
    xp = namespace(x)
    count, channels, *size = x.shape
    places = _places(tuple(size), kernel, stride, padding, dilation)
    shape = tuple(n + a + b for n, (a, b) in zip(size, padding, strict=True))
    if shape != tuple(size):
        padded = xp.zeros((count, channels, *shape), dtype=x.dtype, device=x.device)
        padded[(..., *[slice(a, a + n) for n, (a, _) in zip(size, padding, strict=True)])] = x
        x = padded
    parts = [x[(..., *window)] for window in _windows(kernel, places, stride, dilation)]
    columns = xp.stack(parts, axis=2)
    return xp.reshape(columns, (count, channels * math.prod(kernel), math.prod(places)))


def columns_to_image(
    columns: Array, /, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints, size: Ints
) -> Array:
    """(N, C, *size) of columns (N, C times kernel, places): each element the sum of what was seen
    of it."""
    xp = namespace(columns)
    places = _places(size, kernel, stride, padding, dilation)
    count, channels = columns.shape[0], columns.shape[1] // math.prod(kernel)
    columns = xp.reshape(columns, (count, channels, math.prod(kernel), *places))
    padded = tuple(n + a + b for n, (a, b) in zip(size, padding, strict=True))
    out = xp.zeros((count, channels, *padded), dtype=columns.dtype, device=columns.device)
    for i, window in enumerate(_windows(kernel, places, stride, dilation)):
        out[(..., *window)] += columns[:, :, i, ...]
    return out[(..., *[slice(a, a + n) for n, (a, _) in zip(size, padding, strict=True)])]


def _grouped(columns: Array, groups: int) -> Array:
    count, height, places = columns.shape
    return namespace(columns).reshape(columns, (count, groups, height // groups, places))


def _places(size: Ints, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints) -> Ints:
    """How many places the window has, by axis."""
    return tuple(
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, k, s, (a, b), d in zip(size, kernel, stride, padding, dilation, strict=True)
    )


def _windows(kernel: Ints, places: Ints, stride: Ints, dilation: Ints) -> list[tuple[slice, ...]]:
    """For each element of the kernel, in order, what it sees of the padded axes from all places."""
    along = [
        [slice(d * i, d * i + s * (m - 1) + 1, s) for i in range(k)]
        for k, m, s, d in zip(kernel, places, stride, dilation, strict=True)
    ]
    return list(itertools.product(*along))
