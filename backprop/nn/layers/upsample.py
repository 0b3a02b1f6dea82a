"""Upsample: images, sequences and volumes made larger or smaller."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional.resizing import check_mode, one_of_them
from ..module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """The input resized along all axes behind (N, C), by `functional.interpolate`.

    Args:
        size: the lengths of the result's axes, or one for all.
        scale_factor: instead of size, what the lengths are multiplied by (and rounded down).
        mode: "nearest", "linear", "bilinear", "bicubic", "trilinear", "nearest-exact" or "area".
        align_corners: of the smooth modes: let the first and last elements stay where they are.
        recompute_scale_factor: read at the scale that the sizes have, rounding included.

    Shape: (N, C, L), (N, C, H, W) or (N, C, D, H, W).

    >>> import backprop as bp
    >>> bp.nn.Upsample(scale_factor=2)(bp.asarray([[[1.0, 3.0]]]))
    tensor([[[1., 1., 3., 3.]]])
    """

    def __init__(
        self, size: int | tuple[int, ...] | None = None,
        scale_factor: float | tuple[float, ...] | None = None, mode: str = "nearest",
        align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        one_of_them(type(self).__name__, size, scale_factor)
        self.size = size
        if isinstance(scale_factor, (tuple, list)):
            scale_factor = tuple(map(float, scale_factor))
        elif scale_factor is not None:
            scale_factor = float(scale_factor)
        self.scale_factor = scale_factor
        self.mode = check_mode(type(self).__name__, mode)
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners,
            self.recompute_scale_factor,
        )  # fmt: skip

    def extra_repr(self) -> str:
        name = "size" if self.scale_factor is None else "scale_factor"
        return f"{name}={getattr(self, name)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """`Upsample` of images with the nearest neighbour.

    >>> import backprop as bp
    >>> bp.nn.UpsamplingNearest2d(size=(2, 4))(bp.ones((1, 3, 1, 2))).shape
    (1, 3, 2, 4)
    """

    def __init__(
        self, size: int | tuple[int, int] | None = None,
        scale_factor: float | tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """`Upsample` of images, bilinear, the corners staying where they are.

    >>> import backprop as bp
    >>> bp.nn.UpsamplingBilinear2d(size=(1, 3))(bp.asarray([[[[1.0, 3.0]]]]))
    tensor([[[[1., 2., 3.]]]])
    """

    def __init__(
        self, size: int | tuple[int, int] | None = None,
        scale_factor: float | tuple[float, float] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
