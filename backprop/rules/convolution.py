"""Convolutions: three maps, each linear in both of its arrays, that are each other's derivatives.
And what they are made of, windows as columns, which has its transpose for a derivative.

What they compute is written in `backends/portable/convolution.py`.
"""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .reductions import sum

__all__ = ["columns_to_image", "conv", "conv_transpose", "conv_weight", "image_to_columns"]

Ints = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]

conv = Primitive("conv", "x weight bias")
conv_transpose = Primitive("conv_transpose", "g weight")
conv_weight = Primitive("conv_weight", "x g")


def _to_x(
    g: Any, weight: Any, shapes: Any, stride: Ints, padding: Pairs, dilation: Ints, groups: int
) -> Any:
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_transpose(g, weight, **how, size=tuple(shapes[0][2:]))


def _to_weight(
    g: Any, x: Any, shapes: Any, stride: Ints, padding: Pairs, dilation: Ints, groups: int
) -> Any:
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_weight(x, g, **how, kernel=tuple(shapes[1][2:]))


def _to_bias(g: Any) -> Any:
    return sum(g, axis=(0, *range(2, len(g.shape))), keepdims=False)


vjp(conv, _to_x, _to_weight, _to_bias)


def _transpose_g(
    v: Any, weight: Any, stride: Ints, padding: Pairs, dilation: Ints, groups: int
) -> Any:
    return conv(v, weight, None, stride=stride, padding=padding, dilation=dilation, groups=groups)


def _transpose_weight(
    v: Any, g: Any, shapes: Any, stride: Ints, padding: Pairs, dilation: Ints, groups: int
) -> Any:
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_weight(v, g, **how, kernel=tuple(shapes[1][2:]))


vjp(conv_transpose, _transpose_g, _transpose_weight)


def _weight_x(
    v: Any, g: Any, shapes: Any, stride: Ints, padding: Pairs, dilation: Ints, groups: int
) -> Any:
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return conv_transpose(g, v, **how, size=tuple(shapes[0][2:]))


def _weight_g(v: Any, x: Any, stride: Ints, padding: Pairs, dilation: Ints, groups: int) -> Any:
    return conv(x, v, None, stride=stride, padding=padding, dilation=dilation, groups=groups)


vjp(conv_weight, _weight_x, _weight_g)

image_to_columns = Primitive("image_to_columns", "x")
columns_to_image = Primitive("columns_to_image", "columns")


def _to_image(
    g: Any, shapes: Any, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints
) -> Any:
    how = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return columns_to_image(g, **how, size=tuple(shapes[0][2:]))


def _to_columns(g: Any, kernel: Ints, stride: Ints, padding: Pairs, dilation: Ints) -> Any:
    return image_to_columns(g, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


vjp(image_to_columns, _to_image)
vjp(columns_to_image, _to_columns)
