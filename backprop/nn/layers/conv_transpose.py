"""Transposed convolutions: every input is spread over a window of the output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .conv import Numbers, _Conv

__all__ = ["ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"]


class _Transposed(_Conv):
    transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers = 0,
        output_padding: Numbers = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Numbers = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        name = type(self).__name__
        if padding_mode != "zeros":
            raise ValueError(f"{name}: padding_mode: got {padding_mode!r}, wanted 'zeros'")
        if isinstance(padding, str):
            raise ValueError(f"{name}: padding: got {padding!r}, wanted whole numbers")
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, output_padding,
            groups, bias, padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        extra = self.output_padding
        if output_size is not None:
            extra = self._missing(input, tuple(output_size))
        function = getattr(F, f"conv_transpose{self.dims}d")
        out: Tensor = function(
            input, self.weight, self.bias, self.stride, self.padding, extra, self.groups,
            self.dilation,
        )  # fmt: skip
        return out

    def _missing(self, input: Tensor, wanted: tuple[int, ...]) -> tuple[int, ...]:
        """The output padding that makes an output of this size."""
        name, dims = type(self).__name__, self.dims
        if len(wanted) == input.ndim:
            wanted = wanted[-dims:]
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, k, s, p, d in zip(
                input.shape[-dims:], self.kernel_size, self.stride, self.padding, self.dilation,
                strict=True,
            )
        ]  # fmt: skip
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if len(wanted) != dims or any(
            not low <= n <= high for low, n, high in zip(least, wanted, most, strict=True)
        ):
            raise ValueError(
                f"{name}: output_size: got {wanted}, wanted {dims} numbers from {tuple(least)} to "
                f"{tuple(most)} for an input of size {input.shape[-dims:]}"
            )
        return tuple(n - low for low, n in zip(least, wanted, strict=True))


class ConvTranspose1d(_Transposed):
    """ConvTranspose2d over (N, C, L).

    Args: as `ConvTranspose2d`, with one number for each size.

    Shape: (N, C, L) or (C, L) -> (N, O, L') or (O, L').

    >>> import backprop as bp
    >>> bp.nn.ConvTranspose1d(3, 4, 2, stride=2)(bp.zeros((2, 3, 5))).shape
    (2, 4, 10)
    """

    dims = 1


class ConvTranspose2d(_Transposed):
    """y[n, o, q] = b[o] + Σ_c,k W[c, o, k] x[n, c, p] over all p and k with s p + d k - a = q.

    The transpose of Conv2d as a linear map, and so its gradient by the input: a stride s makes the
    output about s times as large as the input.

    Args:
        in_channels, out_channels: C and O.
        kernel_size: the window's size; this and the next three are a number or one for each axis.
        stride: how far an input's window is from the next one's.
        padding: how many elements of the output are left away at both ends of each axis.
        output_padding: how many are left away less at the end (less than the stride or dilation).
        groups: parts that the channels are divided into, each convolved by itself.
        bias: whether b is added.
        dilation: how far an element of the window is from the next.
        padding_mode: "zeros", there is no other.

    Shape: (N, C, H, W) or (C, H, W) -> (N, O, H', W') or (O, H', W'), with
    H' = (H - 1) s - 2 a + d (K - 1) + output_padding + 1. `weight` is (C, O / groups, K, K), `bias`
    (O,); both start uniform in ±1 / sqrt(O / groups K K), as PyTorch's. `forward` takes an
    `output_size`, which stands for the output padding that leads to it.

    >>> import backprop as bp
    >>> up = bp.nn.ConvTranspose2d(8, 3, 3, stride=2, padding=1)
    >>> up(bp.zeros((5, 8, 14, 14))).shape, up(bp.zeros((5, 8, 14, 14)), (28, 28)).shape
    ((5, 3, 27, 27), (5, 3, 28, 28))
    """

    dims = 2


class ConvTranspose3d(_Transposed):
    """ConvTranspose2d over (N, C, D, H, W).

    Args: as `ConvTranspose2d`, with three numbers for each size.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W') or (O, D', H', W').

    >>> import backprop as bp
    >>> bp.nn.ConvTranspose3d(1, 2, 2, stride=(1, 2, 2))(bp.zeros((1, 1, 2, 3, 3))).shape
    (1, 2, 3, 6, 6)
    """

    dims = 3
