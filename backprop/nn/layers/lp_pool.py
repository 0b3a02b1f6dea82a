"""Power-average pooling: of each window, the p-norm."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional._windows import window
from ..functional.pooling import check_norm
from ..module import Module

__all__ = ["LPPool1d", "LPPool2d", "LPPool3d"]

Some = int | tuple[int, ...]


class _LPPool(Module):
    d: int

    def __init__(
        self, norm_type: float, kernel_size: Some, stride: Some | None = None,
        ceil_mode: bool = False,
    ) -> None:  # fmt: skip
        check_norm(type(self).__name__, norm_type)
        window(type(self).__name__, self.d, kernel_size, stride)
        self.norm_type, self.kernel_size, self.stride = norm_type, kernel_size, stride
        self.ceil_mode = ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        pool = getattr(F, f"lp_pool{self.d}d")
        return pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    def extra_repr(self) -> str:
        return (
            f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, stride={self.stride}, "
            f"ceil_mode={self.ceil_mode}"
        )


class LPPool1d(_LPPool):
    """(Σ x^p)^(1/p) over each window of a sequence; see `LPPool2d`."""

    d = 1


class LPPool2d(_LPPool):
    """(Σ x^p)^(1/p) over each window, p = norm_type; for p = 1 this is the sum.

    With ceil_mode, the sum of a window that goes beyond the end is scaled up to a full window's.

    Shape: (N, C, H, W) or (C, H, W) -> the same with floor((H - kernel) / stride) + 1 rows.

    >>> import backprop as bp
    >>> bp.nn.LPPool2d(2, (1, 2))(bp.asarray([[[3.0, 4.0]]]))
    tensor([[[5.]]])
    """

    d = 2


class LPPool3d(_LPPool):
    """(Σ x^p)^(1/p) over each window of a volume; see `LPPool2d`."""

    d = 3
