"""Convolutions into given arrays."""

from __future__ import annotations

from typing import Any

from .. import convolution as plain
from .. import transposed_convolution as turned

Array = Any


class Convolution:
    """`convolution.conv` of one way, into an array.

    Attributes:
        how: its keyword arguments.
        scratch: the bytes it needs meanwhile, roughly.
    """

    def __init__(self, how: dict[str, Any], scratch: int = 0) -> None:
        self.how, self.scratch = how, scratch

    def __call__(self, x: Array, weight: Array, bias: Array | None, out: Array) -> None:
        plain.conv_into(x, weight, bias, out, **self.how)


class Transposed(Convolution):
    """`transposed_convolution.conv_transpose`, likewise."""

    def __call__(self, g: Array, weight: Array, out: Array) -> None:  # type: ignore[override]
        turned.transpose_into(g, weight, out, **self.how)


class OfWeight(Convolution):
    """`convolution.conv_weight`, likewise."""

    def __call__(self, x: Array, g: Array, out: Array) -> None:  # type: ignore[override]
        out[...] = plain.conv_weight(x, g, **self.how)
