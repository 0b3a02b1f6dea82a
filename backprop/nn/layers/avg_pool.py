"""Average pooling: of each window, the mean."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional._windows import window
from ..functional.pooling import check_divisor
from ..module import Module

__all__ = ["AvgPool1d", "AvgPool2d", "AvgPool3d"]

Some = int | tuple[int, ...]


class _AvgPool(Module):
    """Holds the arguments; `d` is the number of axes the windows slide along."""

    d: int

    def __init__(
        self, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        window(type(self).__name__, self.d, kernel_size, stride, padding)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window of a sequence; see `AvgPool2d`.

    Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.AvgPool1d(2)(bp.asarray([[1.0, 3.0, 2.0, 6.0]]))
    tensor([[2., 4.]])
    """

    d = 1

    def __init__(
        self, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        sizes = window("AvgPool1d", 1, kernel_size, stride, padding)
        self.kernel_size, self.stride, self.padding, _ = sizes  # tuples, as PyTorch keeps them

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad,
        )  # fmt: skip


class _WithDivisor(_AvgPool):
    def __init__(
        self, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
        ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        check_divisor(type(self).__name__, divisor_override)
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return getattr(F, f"avg_pool{self.d}d")(
            input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
            self.count_include_pad, self.divisor_override,
        )  # fmt: skip


class AvgPool2d(_WithDivisor):
    """The mean of each window: its sum / how many elements it has.

    Args:
        kernel_size, stride, padding: one number, or one for each axis. The stride is kernel_size
            unless given.
        ceil_mode: keep a window that begins inside and ends outside.
        count_include_pad: count the zeros of the padding too (never what lies beyond it).
        divisor_override: divide by this instead.

    Shape: (N, C, H, W) or (C, H, W) -> the same with floor((H + 2 padding - kernel) / stride) + 1
    rows, columns alike.

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(16.0), (1, 4, 4))
    >>> bp.nn.AvgPool2d(2)(x)
    tensor([[[ 2.5,  4.5],
             [10.5, 12.5]]])
    """

    d = 2


class AvgPool3d(_WithDivisor):
    """The mean of each window of a volume; see `AvgPool2d`.

    Shape: (N, C, D, H, W) or (C, D, H, W).

    >>> import backprop as bp
    >>> bp.nn.AvgPool3d(2)(bp.ones((1, 2, 4, 4))).shape
    (1, 1, 2, 2)
    """

    d = 3
