"""Max pooling undone as far as can be: each value back where it was the largest."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional._windows import window
from ..module import Module

__all__ = ["MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]

Some = int | tuple[int, ...]


class _MaxUnpool(Module):
    d: int

    def __init__(self, kernel_size: Some, stride: Some | None = None, padding: Some = 0) -> None:
        sizes = window(type(self).__name__, self.d, kernel_size, stride, padding)
        self.kernel_size, self.stride, self.padding, _ = sizes

    def forward(
        self, input: Tensor, indices: Tensor, output_size: tuple[int, ...] | None = None
    ) -> Tensor:
        unpool = getattr(F, f"max_unpool{self.d}d")
        sizes = self.kernel_size, self.stride, self.padding
        return unpool(input, indices, *sizes, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """Zeros with the input's values where `MaxPool1d` found them; see `MaxUnpool2d`."""

    d = 1


class MaxUnpool2d(_MaxUnpool):
    """Zeros with the input's values where `MaxPool2d` found them: out[..., indices] = input.

    Args:
        kernel_size, stride, padding: those of the pooling.

    It is called with the values and indices that `MaxPool2d(..., return_indices=True)` gives, and
    with output_size where (n - 1) stride - 2 padding + kernel is not the size that was pooled.

    Shape: (N, C, H, W) or (C, H, W).

    >>> import backprop as bp
    >>> pool = bp.nn.MaxPool2d((1, 2), return_indices=True)
    >>> bp.nn.MaxUnpool2d((1, 2))(*pool(bp.asarray([[[1.0, 2.0, 4.0, 3.0]]])))
    tensor([[[0., 2., 4., 0.]]])
    """

    d = 2


class MaxUnpool3d(_MaxUnpool):
    """Zeros with the input's values where `MaxPool3d` found them; see `MaxUnpool2d`."""

    d = 3
