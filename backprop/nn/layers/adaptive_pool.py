"""Adaptive pooling: windows chosen so that a given number of them comes out."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.adaptive_pooling import Output, check_output_size
from ..module import Module

__all__ = [
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
]  # fmt: skip


class _Adaptive(Module):
    d: int

    def __init__(self, output_size: Output | None) -> None:
        check_output_size(type(self).__name__, output_size, self.d)
        self.output_size = output_size

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class _AdaptiveAvg(_Adaptive):
    def forward(self, input: Tensor) -> Tensor:
        pool = getattr(F, f"adaptive_avg_pool{self.d}d")
        return pool(input, self.output_size)


class _AdaptiveMax(_Adaptive):
    def __init__(self, output_size: Output | None, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:
        pool = getattr(F, f"adaptive_max_pool{self.d}d")
        return pool(input, self.output_size, self.return_indices)


class AdaptiveAvgPool1d(_AdaptiveAvg):
    """The mean of each of output_size windows of a sequence; see `AdaptiveAvgPool2d`.

    >>> import backprop as bp
    >>> bp.nn.AdaptiveAvgPool1d(2)(bp.asarray([[1.0, 3.0, 5.0]]))
    tensor([[2., 4.]])
    """

    d = 1


class AdaptiveAvgPool2d(_AdaptiveAvg):
    """The mean of each of output_size windows that cover the input evenly.

    Window o of m along an axis of length n goes from floor(o n / m) to ceil((o + 1) n / m).

    Args:
        output_size: (rows, columns), or one number for both; None keeps an axis's size.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, *output_size) or (C, *output_size).

    >>> import backprop as bp
    >>> bp.nn.AdaptiveAvgPool2d(1)(bp.ones((2, 3, 7, 5))).shape
    (2, 3, 1, 1)
    """

    d = 2


class AdaptiveAvgPool3d(_AdaptiveAvg):
    """The mean of each of output_size windows of a volume; see `AdaptiveAvgPool2d`."""

    d = 3


class AdaptiveMaxPool1d(_AdaptiveMax):
    """The largest of each of output_size windows of a sequence; see `AdaptiveMaxPool2d`.

    >>> import backprop as bp
    >>> bp.nn.AdaptiveMaxPool1d(2)(bp.asarray([[1.0, 3.0, 5.0]]))
    tensor([[3., 5.]])
    """

    d = 1


class AdaptiveMaxPool2d(_AdaptiveMax):
    """The largest element of each of output_size windows that cover the input evenly.

    Args:
        output_size: (rows, columns), or one number for both; None keeps an axis's size.
        return_indices: return (values, indices), which say where each winner stands in its plane,
            counted row by row.

    Shape: (N, C, H, W) or (C, H, W) -> (N, C, *output_size) or (C, *output_size).

    >>> import backprop as bp
    >>> bp.nn.AdaptiveMaxPool2d((None, 1))(bp.asarray([[[1.0, 5.0], [4.0, 3.0]]]))
    tensor([[[5.],
             [4.]]])
    """

    d = 2


class AdaptiveMaxPool3d(_AdaptiveMax):
    """The largest of each of output_size windows of a volume; see `AdaptiveMaxPool2d`."""

    d = 3
