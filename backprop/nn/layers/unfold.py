"""Unfold and Fold: windows of an image as columns, and back."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..module import Module

__all__ = ["Fold", "Unfold"]

Numbers = int | tuple[int, ...]


class Unfold(Module):
    """columns[n, (c, k), p] = x[n, c, s p + d k - a]: what a convolution sees, window by window.

    A convolution is a product of its weights, as a matrix, with these columns.

    Args: kernel_size, dilation d, padding a, stride s, as those of `Conv2d`.

    Shape: (N, C, H, W) -> (N, C K K, L) for L windows; or without N.

    >>> import backprop as bp
    >>> bp.nn.Unfold((2, 3))(bp.zeros((2, 5, 3, 4))).shape
    (2, 30, 4)
    """

    def __init__(
        self,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ) -> None:
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, dilation={self.dilation}, padding={self.padding}, "
            f"stride={self.stride}"
        )


class Fold(Module):
    """The transpose of Unfold: x[n, c, q] = Σ columns[n, (c, k), p] over s p + d k - a = q.

    Where windows overlap their elements are added, so Fold(Unfold(x)) is x times the number of
    windows that see each element.

    Args: output_size (H, W), and kernel_size, dilation, padding, stride as those of `Unfold`.

    Shape: (N, C K K, L) -> (N, C, H, W); or without N.

    >>> import backprop as bp
    >>> bp.nn.Fold((3, 4), (2, 3))(bp.zeros((2, 30, 4))).shape
    (2, 5, 3, 4)
    """

    def __init__(
        self,
        output_size: Numbers,
        kernel_size: Numbers,
        dilation: Numbers = 1,
        padding: Numbers = 0,
        stride: Numbers = 1,
    ) -> None:
        self.output_size = output_size
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )

    def extra_repr(self) -> str:
        return (
            f"output_size={self.output_size}, kernel_size={self.kernel_size}, "
            f"dilation={self.dilation}, padding={self.padding}, stride={self.stride}"
        )
