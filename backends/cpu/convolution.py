"""Convolutions as matrix products over blocks of images that stay in cache.

What the matrix product needs, one row for each channel and element of the kernel, is usually
gathered place by place. Here the padded images lie flat in memory, so what one element of the
kernel sees from all places is one long run of that memory: its start depends on the element, its
length does not. A run has a few places too many, at the end of each row where the window would
stick out; they are computed and dropped (or, in the other direction, they are 0).

    stride       the places of a stride s see every s-th element: the image is dealt out to s
                 "phases" an axis, phase r having the elements r, r + s, ..., and each element of
                 the kernel sees a run of one phase
    padding      the zeros behind a row are also the zeros in front of the next one

`Flat` says where everything lies, `_Blocks` does the copies.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from .. import portable
from ..dispatch import only
from . import threads

__all__ = ["conv", "conv_weight"]

Array = Any
Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

_CACHE = 1 << 16
"""Numbers in a block of columns: few enough to stay in cache until the product has read them."""
_LEAST = 512
"""Columns in a block, at least: fewer would read the weights too often."""
COPIED, MULTIPLIED = 0.15, 0.023
"""Nanoseconds for a number of the columns, and for each product it is part of."""


class _Phase(NamedTuple):
    """One phase of the padded image, and what sees it; lengths and starts in numbers."""

    kernel: tuple[slice, ...]  # which elements of the kernel see it
    counts: Ints  # how many these are, by axis
    start: int  # where the first one's run starts
    steps: Ints  # from one's start to the next one's, by axis
    image: tuple[slice, ...]  # which elements of the image it has
    inner: int  # where the first of them lies
    shape: Ints  # how many they are, by axis


class Flat(NamedTuple):
    """How one channel of an image lies in memory, phase by phase."""

    places: Ints
    pitch: Ints  # from a place to its neighbour, by axis
    plane: int  # the length of a phase
    phases: tuple[_Phase, ...]

    def run(self, rows: int) -> int:
        """The length of a run that covers so many places of the first axis."""
        return self._reach([rows, *self.places[1:]])

    def _reach(self, places: list[int]) -> int:
        return 1 + sum((m - 1) * p for m, p in zip(places, self.pitch, strict=True))


def _axis(
    n: int, k: int, s: int, pad: tuple[int, int], d: int, first: bool
) -> tuple[int, int, Any]:
    """(places, numbers of a phase, phases) of one axis; a phase as (first element of the kernel,
    step to the next, how many, start, step, first of the image, its place, how many)."""
    a, b = pad
    m = (n + a + b - d * (k - 1) - 1) // s + 1
    q = m + d * (k - 1) // s
    if s == 1 and not first:
        q = max(n + max(a, b), m)
    phases, period = [], s // math.gcd(s, d)
    for i in range(min(period, k)):
        start, r = divmod(i * d, s)
        at = max(0, -((r - a) // s))  # the first number of the phase that is of the image
        x = s * at + r - a
        count = max(0, min(q - at, -((x - n) // s)))
        phases.append((i, period, -((i - k) // period), start, period * d // s, x, at, count))
    return m, q, phases


@lru_cache(maxsize=256)
def layout(size: Ints, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints) -> Flat:
    """The layout of a convolution."""
    each = zip(size, kernel, stride, padding, dilation, strict=True)
    axes = [_axis(*numbers, first=i == 0) for i, numbers in enumerate(each)]
    pitch = tuple(math.prod(q for _, q, _ in axes[i + 1 :]) for i in range(len(axes)))
    places = tuple(m for m, _, _ in axes)
    phases = []
    for parts in itertools.product(*[p for _, _, p in axes]):
        i, period, count, start, step, x, at, n = zip(*parts, strict=True)
        phases.append(
            _Phase(
                tuple(map(slice, i, kernel, period)), count,
                sum(map(int.__mul__, start, pitch)), tuple(map(int.__mul__, step, pitch)),
                tuple(slice(u, u + s * c, s) for u, s, c in zip(x, stride, n, strict=True)),
                sum(map(int.__mul__, at, pitch)), n,
            )
        )  # fmt: skip
    flat = Flat(places, pitch, 0, tuple(phases))
    reach = max(
        p.start + sum((c - 1) * s for c, s in zip(p.counts, p.steps, strict=True)) for p in phases
    )
    return flat._replace(plane=max(axes[0][1] * pitch[0], reach + flat.run(places[0])))


def scratch(height: int, outs: int) -> int:
    """How many numbers a block's columns and values are, roughly."""
    return max(_CACHE // height, _LEAST) * (height + outs)


def extent(flat: Flat, count: int, height: int, groups: int) -> tuple[int, int]:
    """How many images, or how many rows of one, are a block of columns of this height."""
    least = _LEAST if groups == 1 else 2 * _LEAST  # each group costs a call
    columns = max(_CACHE // height, least)
    places = flat.places[0]
    images = max(1, min(count, columns // flat.run(places)))
    return images, places if images > 1 else min(places, -(-columns // flat.pitch[0]))


class _Block(NamedTuple):
    """Views of a block's memory: made once, for all blocks of its size."""

    images: list[Array]  # by phase: where its part of the images lies, (images, channels, *axes)
    copies: list[tuple[Array, Array]]  # by phase: its columns, and what they are copied from
    columns: Array  # (groups, rows of one, places)
    values: Array  # (groups, outs of one, places), or the other way round
    places: Array  # those of them that count, (images, outs, *axes)


class _Blocks:
    """The work of one convolution: blocks of images, or of the rows of one image.

    Its memory: the padded images, the columns, and the values of `outs` channels at the places,
    channel after channel or (turned) place after place.
    """

    def __init__(
        self, flat: Flat, dtype: Any, count: int, channels: int, kernel: Ints, outs: int,
        groups: int, turned: bool = False,
    ) -> None:  # fmt: skip
        self.flat, self.dtype, self.count = flat, dtype, count
        self.channels, self.kernel, self.groups = channels, kernel, groups
        self.outs, self.turned = outs, turned
        self.height = channels * math.prod(kernel)
        self.images, self.rows = extent(flat, count, self.height, groups)
        self.width = width = self.images * flat.run(self.rows)
        self.padded = [np.zeros(channels * self.images * flat.plane, dtype) for _ in flat.phases]
        self.columns = np.empty(self.height * width, dtype)
        self.values = np.zeros(outs * width, dtype)
        self.blocks: dict[tuple[int, int, int], _Block] = {}

    def gather(self, x: Array) -> Iterator[tuple[tuple[slice, slice, slice], _Block]]:
        """Each block with its columns filled in, and which images (and rows) it is of."""
        high, every = self.flat.places[0], slice(None)
        for n in range(0, self.count, self.images):
            images = slice(n, min(n + self.images, self.count))
            for h in range(0, high, self.rows):
                rows = slice(h, min(h + self.rows, high))
                block = self.block(images.stop - n, h, rows.stop)
                if h == 0:
                    for view, phase in zip(block.images, self.flat.phases, strict=True):
                        view[...] = x[(images, every, *phase.image)]
                for columns, runs in block.copies:
                    columns[...] = runs
                yield (images, every, rows), block

    def block(self, count: int, start: int, stop: int) -> _Block:
        """The views for so many images, and the rows from start to stop."""
        try:
            return self.blocks[count, start, stop]
        except KeyError:
            pass
        flat, channels, groups = self.flat, self.channels, self.groups
        run = flat.run(stop - start)
        wide, plane, apart = count * run, flat.plane, self.images * flat.plane
        columns = self.columns[: self.height * wide]
        parts = columns.reshape(channels, *self.kernel, count, run)
        images, copies = [], []
        for memory, phase in zip(self.padded, flat.phases, strict=True):
            shape, strides = (count, channels, *phase.shape), (plane, apart, *flat.pitch)
            images.append(self._view(memory, shape, strides, phase.inner))
            shape, strides = (channels, *phase.counts, count, run), (apart, *phase.steps, plane, 1)
            runs = self._view(memory, shape, strides, phase.start + start * flat.pitch[0])
            copies.append((parts[(slice(None), *phase.kernel)], runs))
        # The places that do not count are the same in all blocks: they stay 0 if never written to.
        if self.turned:
            step, out = self.outs, 1
            values = self.values.reshape(self.width, groups, -1)[:wide].swapaxes(0, 1)
        else:
            step, out = 1, self.width
            values = self.values.reshape(groups, -1, self.width)[..., :wide]
        shape = (count, self.outs, stop - start, *flat.places[1:])
        strides = (run * step, out, *[p * step for p in flat.pitch])
        places = self._view(self.values, shape, strides, 0)
        block = _Block(images, copies, columns.reshape(groups, -1, wide), values, places)
        self.blocks[count, start, stop] = block
        return block

    def _view(self, memory: Array, shape: Ints, strides: Ints, start: int) -> Array:
        item = self.dtype.itemsize
        return np.ndarray(shape, self.dtype, memory, start * item, [s * item for s in strides])


@only("float32", "float64")
def conv(
    x: Array, weight: Array, bias: Array | None, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int,
) -> Array:  # fmt: skip
    if weight.dtype != x.dtype or (bias is not None and bias.dtype != x.dtype):
        return portable.conv(x, weight, bias, stride, padding, dilation, groups)
    flat = layout(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    out = np.empty((len(x), len(weight), *flat.places), x.dtype)
    conv_into(x, weight, bias, out, stride, padding, dilation, groups)
    return out


def conv_into(
    x: Array, weight: Array, bias: Array | None, out: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int,
) -> None:  # fmt: skip
    """`conv`, with its result written to `out`."""
    flat = layout(x.shape[2:], weight.shape[2:], stride, padding, dilation)

    def part(images: slice) -> None:
        convolve(x[images], weight, bias, flat, groups, out[images])

    threads.together(part, parts(len(x), flat, x.shape[1], weight.shape[2:], len(weight), groups))


def parts(
    count: int, flat: Flat, channels: int, kernel: Ints, outs: int, groups: int
) -> list[slice]:
    """The images in as many parts as there are threads, if they are enough work."""
    columns = count * math.prod(flat.places) * channels * math.prod(kernel)
    return threads.split(count, columns * (COPIED + MULTIPLIED * outs / groups), products=True)


def convolve(
    x: Array, weight: Array, bias: Array | None, flat: Flat, groups: int, out: Array
) -> None:
    """out <- the convolution, in place."""
    outs, kernel = len(weight), weight.shape[2:]
    blocks = _Blocks(flat, x.dtype, len(x), x.shape[1], kernel, outs, groups)
    matrix = np.ascontiguousarray(weight).reshape(groups, outs // groups, -1)
    if bias is not None:
        bias = bias.reshape(groups, -1, 1)
    for where, block in blocks.gather(x):
        np.matmul(matrix, block.columns, out=block.values)
        if bias is not None:
            np.add(block.values, bias, out=block.values)
        out[where] = block.places


@only("float32", "float64")
def conv_weight(
    x: Array, g: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, kernel: Ints,
) -> Array:  # fmt: skip
    if g.dtype != x.dtype:
        return portable.conv_weight(x, g, stride, padding, dilation, groups, kernel)
    channels, outs = x.shape[1], g.shape[1]
    flat = layout(x.shape[2:], kernel, stride, padding, dilation)
    turned = outs > groups  # as the product reads them best, which for vectors is as they are

    def part(images: slice) -> Array:
        xs, gs = x[images], g[images]
        blocks = _Blocks(flat, x.dtype, len(xs), channels, kernel, outs, groups, turned)
        total = np.zeros((groups, blocks.height // groups, outs // groups), x.dtype)
        for where, block in blocks.gather(xs):
            block.places[...] = gs[where]
            total += block.columns @ (block.values if turned else block.values.mT)
        return total

    total, *more = threads.together(part, parts(len(x), flat, channels, kernel, outs, groups))
    for t in more:
        total += t
    return np.ascontiguousarray(total.mT).reshape(outs, channels // groups, *kernel)
