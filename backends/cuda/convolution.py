"""Convolutions as products of large matrices, over as many images at a time as memory allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import cupy
import numpy as np

from .. import portable
from .gemm import matmul
from .launch import FLOATS, Source, override

Array = Any
Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
_code = Source(__file__)
_MOST = 1 << 26
"""Numbers in a block of columns: 256 MB of float32."""
__all__ = ["conv", "conv_transpose", "conv_weight"]


class _Geometry:
    """The sizes of a convolution, and its blocks of images."""

    def __init__(
        self, size: Ints, kernel: Ints, places: Ints, stride: Ints, padding: Pairs, dilation: Ints,
        channels: int, count: int,
    ) -> None:  # fmt: skip
        front = tuple(a for a, _ in padding)
        given = (size, 1), (places, 1), (kernel, 1), (stride, 1), (front, 0), (dilation, 1)
        self.sizes = [n for v, fill in given for n in (*(fill,) * (3 - len(v)), *v)]
        self.channels, self.count = channels, count
        self.height, self.places = channels * math.prod(kernel), math.prod(places)
        self.images = max(1, _MOST // max(1, self.height * self.places))

    def __iter__(self) -> Iterator[slice]:
        for n in range(0, self.count, self.images):
            yield slice(n, min(n + self.images, self.count))

    def _run(self, name: str, given: Array, out: Array, images: int) -> None:
        if out.size:
            numbers = [np.int64(v) for v in (out.size, self.channels, images, *self.sizes)]
            _code.each(name, out.dtype.char, out.size, given, out, *numbers)

    def columns(self, x: Array) -> Array:
        """(channels times kernel, images times places), what each place sees of the images."""
        out = cupy.empty((self.height, len(x) * self.places), x.dtype)
        self._run("image_to_columns", cupy.ascontiguousarray(x), out, len(x))
        return out

    def spread(self, columns: Array, out: Array) -> None:
        """out <- the images that these columns add up to, in place."""
        self._run("columns_to_image", cupy.ascontiguousarray(columns), out, len(out))


def _covered(size: Ints, *arrays: Array | None) -> bool:
    """Whether the axes are no more than three, and the dtypes one."""
    return len(size) <= 3 and len({a.dtype for a in arrays if a is not None}) == 1


def _matrix(weight: Array, groups: int) -> Array:
    return weight.reshape(groups, len(weight) // groups, math.prod(weight.shape[1:]))


def _values(g: Array, groups: int) -> Array:
    """(groups, channels of one, images times places)."""
    count, outs, *places = g.shape
    return g.swapaxes(0, 1).reshape(groups, outs // groups, count * math.prod(places))


@override(*FLOATS)
def conv(
    x: Array, weight: Array, bias: Array | None, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int,
) -> Array:  # fmt: skip
    (count, channels, *size), (outs, _, *kernel) = x.shape, weight.shape
    if not _covered(size, x, weight, bias):
        return portable.conv(x, weight, bias, stride, padding, dilation, groups)
    places = tuple(
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, k, s, (a, b), d in zip(size, kernel, stride, padding, dilation, strict=True)
    )
    geometry = _Geometry(
        tuple(size), tuple(kernel), places, stride, padding, dilation, channels, count
    )
    matrix = _matrix(weight, groups)
    out = cupy.empty((count, outs, *places), x.dtype)
    if bias is not None:
        bias = bias.reshape(outs, *[1] * len(places))
    for images in geometry:
        columns = geometry.columns(x[images])
        columns = columns.reshape(groups, geometry.height // groups, columns.shape[1])
        product = matmul(matrix, columns)
        product = product.reshape(outs, images.stop - images.start, *places).swapaxes(0, 1)
        if bias is None:
            out[images] = product
        else:
            cupy.add(product, bias, out=out[images])
    return out


@override(*FLOATS)
def conv_transpose(
    g: Array, weight: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, size: Ints,
) -> Array:  # fmt: skip
    (count, _, *places), (_, each, *kernel) = g.shape, weight.shape
    if not _covered(size, g, weight):
        return portable.conv_transpose(g, weight, stride, padding, dilation, groups, size)
    channels = groups * each
    geometry = _Geometry(
        size, tuple(kernel), tuple(places), stride, padding, dilation, channels, count
    )
    matrix = _matrix(weight, groups).swapaxes(1, 2)
    out = cupy.empty((count, channels, *size), g.dtype)
    for images in geometry:
        geometry.spread(matmul(matrix, _values(g[images], groups)), out[images])
    return out


@override(*FLOATS)
def conv_weight(
    x: Array, g: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, kernel: Ints,
) -> Array:  # fmt: skip
    (count, channels, *size), (_, outs, *places) = x.shape, g.shape
    if not _covered(size, x, g):
        return portable.conv_weight(x, g, stride, padding, dilation, groups, kernel)
    geometry = _Geometry(
        tuple(size), kernel, tuple(places), stride, padding, dilation, channels, count
    )
    each = geometry.height // groups
    total = cupy.zeros((groups, outs // groups, each), x.dtype)
    for images in geometry:
        columns = geometry.columns(x[images])
        columns = columns.reshape(groups, each, columns.shape[1])
        total += matmul(_values(g[images], groups), columns.swapaxes(1, 2))
    return total.reshape(outs, channels // groups, *kernel)
