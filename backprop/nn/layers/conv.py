"""Convolutions: every output sees a window of the input, all through the same weights."""

from __future__ import annotations

import math
from typing import Any

from ...tensor import Tensor
from ...xp import empty
from ...xp.padding import pad
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..functional._convolution import numbers, paddings
from ..module import Module, Parameter, factory

__all__ = ["Conv1d", "Conv2d", "Conv3d"]

Numbers = int | tuple[int, ...]
MODES = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


class _Conv(Module):
    """What all convolutions have: sizes, a weight and a bias."""

    dims: int
    transposed = False

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any,
        dilation: Any, output_padding: Any, groups: int, bias: bool, padding_mode: str,
        device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        name = type(self).__name__
        self.in_channels = whole(name, "in_channels", in_channels)
        self.out_channels = whole(name, "out_channels", out_channels)
        self.groups = whole(name, "groups", groups)
        for what, n in (("in_channels", in_channels), ("out_channels", out_channels)):
            if n % groups:
                raise ValueError(f"{name}: groups: got {groups}, wanted a divisor of {what} = {n}")
        self.kernel_size = numbers(name, "kernel_size", kernel_size, self.dims, 1)
        self.stride = numbers(name, "stride", stride, self.dims, 1)
        self.dilation = numbers(name, "dilation", dilation, self.dims, 1)
        self._pairs = paddings(name, padding, self.stride, self.dilation, self.kernel_size)
        self.padding: Any = (
            padding if isinstance(padding, str) else tuple(p for p, _ in self._pairs)
        )
        self.output_padding = numbers(name, "output_padding", output_padding, self.dims, 0)
        if padding_mode not in MODES:
            wanted = ", ".join(map(repr, MODES))
            raise ValueError(f"{name}: padding_mode: got {padding_mode!r}, wanted one of {wanted}")
        self.padding_mode = padding_mode
        one, other = (in_channels, out_channels)[:: 1 if self.transposed else -1]
        kw = factory(dtype, device)
        self.weight = Parameter(empty((one, other // groups, *self.kernel_size), **kw))
        self.bias = Parameter(empty((out_channels,), **kw)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5.0))
        if self.bias is not None:
            bound = 1.0 / math.sqrt(init.fans(self.weight)[0])
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        ones, zeros = (1,) * self.dims, (0,) * self.dims
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"]
        parts += [f"stride={self.stride}"]
        parts += [f"padding={self.padding}"] * (self.padding != zeros)
        parts += [f"dilation={self.dilation}"] * (self.dilation != ones)
        parts += [f"output_padding={self.output_padding}"] * (self.output_padding != zeros)
        parts += [f"groups={self.groups}"] * (self.groups != 1)
        parts += ["bias=False"] * (self.bias is None)
        parts += [f"padding_mode={self.padding_mode}"] * (self.padding_mode != "zeros")
        return ", ".join(parts)


class _Forward(_Conv):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Numbers,
        stride: Numbers = 1,
        padding: Numbers | str = 0,
        dilation: Numbers = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, 0, groups, bias,
            padding_mode, device, dtype,
        )  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            input, padding = self._padded(input), 0
        function = getattr(F, f"conv{self.dims}d")
        out: Tensor = function(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )
        return out

    def _padded(self, input: Tensor) -> Tensor:
        """The input with margins made of its own elements."""
        name, dims, mode = type(self).__name__, self.dims, self.padding_mode
        if not isinstance(input, Tensor) or input.ndim not in (dims + 1, dims + 2):
            return input  # the convolution says what is wrong
        for n, pair in zip(input.shape[-dims:], self._pairs, strict=True):
            most = {"reflect": n - 1, "circular": n}.get(mode, max(pair))
            if n == 0 or max(pair) > most:
                raise ValueError(
                    f"{name}: input: got size {input.shape[-dims:]}, which is too small for a "
                    f"padding of {max(pair)} with padding_mode={mode!r}"
                )
        outer = [(0, 0)] * (input.ndim - dims)
        return pad(input, (*outer, *self._pairs), mode=MODES[mode])


class Conv1d(_Forward):
    """Conv2d over (N, C, L): y[n, o, p] = b[o] + Σ_c,k W[o, c, k] x[n, c, s p + d k - a].

    Args: as `Conv2d`, with one number for each size.

    Shape: (N, C, L) or (C, L) -> (N, O, L') or (O, L').

    >>> import backprop as bp
    >>> bp.nn.Conv1d(3, 4, 5, padding=2)(bp.zeros((2, 3, 10))).shape
    (2, 4, 10)
    """

    dims = 1


class Conv2d(_Forward):
    """y[n, o, p] = b[o] + Σ_c,k W[o, c, k] x[n, c, s p + d k - a], with p and k pairs of indices.

    Each output is a weighted sum of the window of the input around it: s is the stride, d the
    dilation, a the padding; c runs over the input channels of o's group. (A cross-correlation, to
    be exact: the kernel is not turned round.)

    Args:
        in_channels, out_channels: C and O.
        kernel_size: the window's size; this and the next three are a number or one for each axis.
        stride: how far a window is from the next.
        padding: how many elements are put in front of and behind each axis; "valid" for none,
            "same" for as many as keep the size (the odd one behind; for a stride of 1).
        dilation: how far an element of the window is from the next.
        groups: parts that the channels are divided into, each convolved by itself; C groups make a
            depthwise convolution.
        bias: whether b is added.
        padding_mode: what is put there: "zeros", "reflect", "replicate" or "circular".

    Shape: (N, C, H, W) or (C, H, W) -> (N, O, H', W') or (O, H', W'), with
    H' = floor((H + 2 a - d (K - 1) - 1) / s) + 1. `weight` is (O, C / groups, K, K), `bias` (O,);
    both start uniform in ±1 / sqrt(C / groups K K), as PyTorch's.

    >>> import backprop as bp
    >>> bp.nn.Conv2d(3, 8, 3, stride=2, padding=1)(bp.zeros((5, 3, 28, 28))).shape
    (5, 8, 14, 14)
    """

    dims = 2


class Conv3d(_Forward):
    """Conv2d over (N, C, D, H, W): y[n, o, p] = b[o] + Σ_c,k W[o, c, k] x[n, c, s p + d k - a].

    Args: as `Conv2d`, with three numbers for each size.

    Shape: (N, C, D, H, W) or (C, D, H, W) -> (N, O, D', H', W') or (O, D', H', W').

    >>> import backprop as bp
    >>> bp.nn.Conv3d(1, 2, (1, 3, 3))(bp.zeros((1, 1, 4, 5, 5))).shape
    (1, 2, 4, 3, 3)
    """

    dims = 3
