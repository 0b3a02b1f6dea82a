"""Elements moved between the channels and the plane, and channels between groups."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional.shapes import positive
from ..module import Module

__all__ = ["ChannelShuffle", "PixelShuffle", "PixelUnshuffle"]


class PixelShuffle(Module):
    """Every r² channels become a block of r by r pixels, r = upscale_factor.

    out[c, h r + i, w r + j] = input[c r² + i r + j, h, w].

    Shape: (..., C r², H, W) -> (..., C, H r, W r).

    Source: Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network" (2016).

    >>> import backprop as bp
    >>> bp.nn.PixelShuffle(3)(bp.ones((1, 9, 4, 4))).shape
    (1, 1, 12, 12)
    """

    def __init__(self, upscale_factor: int) -> None:
        self.upscale_factor = positive("PixelShuffle", "upscale_factor", upscale_factor)

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Every block of r by r pixels becomes r² channels: `PixelShuffle` undone.

    Shape: (..., C, H r, W r) -> (..., C r², H, W).

    >>> import backprop as bp
    >>> bp.nn.PixelUnshuffle(3)(bp.ones((1, 1, 12, 12))).shape
    (1, 9, 4, 4)
    """

    def __init__(self, downscale_factor: int) -> None:
        self.downscale_factor = positive("PixelUnshuffle", "downscale_factor", downscale_factor)

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels dealt out again: first the first of each group, then the second of each, ...

    Shape: (N, C, ...) -> (N, C, ...), C divisible by groups.

    Source: Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for
    mobile devices" (2018).

    >>> import backprop as bp
    >>> bp.nn.ChannelShuffle(2)(bp.asarray([[[0.0], [1.0], [2.0], [3.0]]])).flatten()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        self.groups = positive("ChannelShuffle", "groups", groups)

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
