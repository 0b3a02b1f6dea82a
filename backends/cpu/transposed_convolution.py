"""Transposed convolutions, as convolutions: each phase of the result (see `convolution`) is one of
stride 1, with the elements of the kernel that see it."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only
from . import threads
from .convolution import COPIED, MULTIPLIED, Array, Ints, Pairs, convolve, layout

__all__ = ["conv_transpose"]


@only("float32", "float64")
def conv_transpose(
    g: Array, weight: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, size: Ints,
) -> Array:  # fmt: skip
    if weight.dtype != g.dtype:
        return portable.conv_transpose(g, weight, stride, padding, dilation, groups, size)
    out = np.empty((len(g), groups * weight.shape[1], *size), g.dtype)
    transpose_into(g, weight, out, stride, padding, dilation, groups, size)
    return out


def covered(kernel: Ints, stride: Ints, dilation: Ints) -> bool:
    """Whether each element of a transposed convolution's result sees one of the kernel."""
    each = zip(stride, kernel, dilation, strict=True)
    return all(math.gcd(s, d) == 1 and s <= k for s, k, d in each)


def phases_of(
    g: Ints, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints, size: Ints
) -> list[Any]:
    """What each phase of a transposed convolution's result is made of, by axis (see `_sources`)."""
    numbers = zip(size, kernel, stride, padding, dilation, g, strict=True)
    return list(itertools.product(*[_sources(*n) for n in numbers]))


def transpose_into(
    g: Array, weight: Array, out: Array, /,
    stride: Ints, padding: Pairs, dilation: Ints, groups: int, size: Ints,
) -> None:  # fmt: skip
    """`conv_transpose`, with its result written to `out`."""
    outs, each, *kernel = weight.shape
    if not covered(tuple(kernel), stride, dilation):
        out[...] = 0
    weight = weight.reshape(groups, outs // groups, each, *kernel).swapaxes(1, 2)
    weight = weight.reshape(groups * each, outs // groups, *kernel)
    ones = (1,) * len(kernel)
    phases = phases_of(g.shape[2:], tuple(kernel), stride, padding, dilation, size)

    def part(images: slice) -> None:
        for sources in phases:
            seen, inside, elements, pads, steps = zip(*sources, strict=True)
            values, matrix = g[(images, slice(None), *inside)], weight[(..., *elements)]
            flat = layout(values.shape[2:], matrix.shape[2:], ones, pads, steps)
            convolve(values, matrix, None, flat, groups, out[(images, slice(None), *seen)])

    threads.together(part, transposed_parts(len(g), weight.shape, each, size, stride))


def transposed_parts(count: int, weight: Ints, each: int, size: Ints, stride: Ints) -> list[slice]:
    """The images of a transposed convolution in as many parts as pay."""
    columns = count * math.prod(size) * math.prod(weight) / each / math.prod(stride)
    return threads.split(count, columns * (COPIED + MULTIPLIED * each), products=True)


def _sources(
    n: int, k: int, s: int, pad: tuple[int, int], d: int, m: int
) -> list[tuple[slice, slice, slice, tuple[int, int], int]]:
    """One axis of the transposed convolution: for each phase of its result (which elements it has)
    the part of g to convolve, the elements of the kernel, last one first, padding and dilation."""
    found, period = [], s // math.gcd(s, d)
    step = period * d // s
    for i in range(min(period, k)):
        start, r = divmod(i * d, s)
        first = (r - pad[0]) % s
        many = len(range(first, n, s))
        if not many:
            continue
        last = k - 1 - (k - 1 - i) % period
        span = (last - i) // period * step
        # Number u of the phase, counted in the padded image, sees the places u - start,
        # u - start - step, ... through the elements i, i + period, ...
        before = start + span - (first + pad[0]) // s
        low = min(max(0, -before), m)
        high = max(low, min(m, many - before + span))
        before = min(max(0, before), many + span - (high - low))
        pads = before, many + span - (high - low) - before
        backwards = slice(last, None, -period)
        found.append((slice(first, n, s), slice(low, high), backwards, pads, step))
    return found
