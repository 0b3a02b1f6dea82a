"""Max pooling: of each window, the largest element."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional._windows import window
from ..module import Module

__all__ = ["MaxPool1d", "MaxPool2d", "MaxPool3d"]

Some = int | tuple[int, ...]


class _MaxPool(Module):
    """Holds the arguments; `d` is the number of axes the windows slide along."""

    d: int

    def __init__(
        self, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
        dilation: Some = 1, return_indices: bool = False, ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        window(type(self).__name__, self.d, kernel_size, stride, padding, dilation)
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:
        return getattr(F, f"max_pool{self.d}d")(
            input, self.kernel_size, self.stride, self.padding, self.dilation,
            ceil_mode=self.ceil_mode, return_indices=self.return_indices,
        )  # fmt: skip

    def extra_repr(self) -> str:
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window of a sequence; see `MaxPool2d`.

    Shape: (N, C, L) or (C, L).

    >>> import backprop as bp
    >>> bp.nn.MaxPool1d(2, stride=1)(bp.asarray([[1.0, 3.0, 2.0]]))
    tensor([[3., 3.]])
    """

    d = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window: out[o] = max_j input[o stride - padding + j dilation].

    Args:
        kernel_size, stride, padding, dilation: one number, or one for each axis. The stride is
            kernel_size unless given. Padding never wins.
        return_indices: return (values, indices); the indices say where each winner stands in its
            plane, counted row by row, as `MaxUnpool2d` takes them.
        ceil_mode: keep a window that begins inside and ends outside.

    Shape: (N, C, H, W) or (C, H, W) -> the same with floor((H + 2 padding - dilation (kernel - 1)
    - 1) / stride) + 1 rows, columns alike.

    The gradient goes to the winner, the first of equals. NaN wins.

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(16.0), (1, 4, 4))
    >>> bp.nn.MaxPool2d(2)(x)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """

    d = 2


class MaxPool3d(_MaxPool):
    """The largest element of each window of a volume; see `MaxPool2d`.

    Shape: (N, C, D, H, W) or (C, D, H, W).

    >>> import backprop as bp
    >>> bp.nn.MaxPool3d((1, 2, 2))(bp.ones((1, 3, 4, 4))).shape
    (1, 3, 2, 2)
    """

    d = 3
