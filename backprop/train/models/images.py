"""Rows of numbers as images."""

from __future__ import annotations

import math

from ... import nn
from ...tensor import Tensor


class Images(nn.Module):
    """Flat rows as images, channels first.

    Shape: (N, H W) -> (N, 1, H, W), or (N, C, H, W) where the rows' own shape has channels.
    """

    def __init__(self, raw: tuple[int, ...]) -> None:
        self.raw = raw
        self.channels, self.height, self.width = self.shape = image_shape(raw)
        self.channels_last = len(raw) == 3 and self.shape != raw

    def forward(self, x: Tensor) -> Tensor:
        if self.channels_last:
            return x.reshape(x.shape[0], *self.raw).permute(0, 3, 1, 2)
        return x.reshape(x.shape[0], *self.shape)

    def extra_repr(self) -> str:
        return f"{self.channels}x{self.height}x{self.width}"


def image_shape(raw: tuple[int, ...]) -> tuple[int, int, int]:
    """(channels, height, width) of the image that a row of this shape is.

    A row of one axis is a square image of one channel; one of three axes has its channels (1, 3 or
    4) first or last.

    >>> image_shape((64,)), image_shape((28, 28)), image_shape((32, 32, 3))
    ((1, 8, 8), (1, 28, 28), (3, 32, 32))
    """
    if len(raw) == 1 and math.isqrt(raw[0]) ** 2 == raw[0] and raw[0] > 1:
        side = math.isqrt(raw[0])
        return 1, side, side
    if len(raw) == 2:
        return 1, raw[0], raw[1]
    if len(raw) == 3 and raw[0] in (1, 3, 4):
        return raw[0], raw[1], raw[2]
    if len(raw) == 3 and raw[2] in (1, 3, 4):
        return raw[2], raw[0], raw[1]
    raise ValueError(
        f"model: is for images, and a row of the data has shape {raw}; wanted (height, width), "
        "(channels, height, width) or a square number of pixels"
    )
