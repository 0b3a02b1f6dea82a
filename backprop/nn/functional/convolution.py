"""Convolutions as functions of their weights; see `nn.Conv2d` and `nn.ConvTranspose2d`."""

from __future__ import annotations

from typing import Any

from ... import rules
from ...tensor import Tensor
from ._convolution import check_channels, check_fits, check_tensors, numbers, paddings

__all__ = [
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
]  # fmt: skip

Ints = tuple[int, ...]
Numbers = int | tuple[int, ...]


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of (N, C, L) with weights (O, C / groups, K); see `nn.Conv1d`.

    >>> import backprop as bp
    >>> x = bp.asarray([[[1.0, 2.0, 4.0, 7.0]]])
    >>> bp.nn.functional.conv1d(x, bp.asarray([[[-1.0, 1.0]]]))
    tensor([[[1., 2., 3.]]])
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of (N, C, H, W) with weights (O, C / groups, K, K); see `nn.Conv2d`.

    >>> import backprop as bp
    >>> x, ones = bp.ones((1, 1, 3, 3)), bp.ones((1, 1, 3, 3))
    >>> bp.nn.functional.conv2d(x, ones, padding="same")[0, 0]
    tensor([[4., 6., 4.],
            [6., 9., 6.],
            [4., 6., 4.]])
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Tensor:
    """The convolution of (N, C, D, H, W) with weights (O, C / groups, K, K, K); see `nn.Conv3d`."""
    return _conv("conv3d", 3, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    where: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Any, padding: Any, dilation: Any, groups: int,
) -> Tensor:  # fmt: skip
    check_tensors(where, dims, input, weight, bias)
    shape, kernel = tuple(input.data.shape), tuple(weight.data.shape)
    stride = numbers(where, "stride", stride, dims, 1)
    dilation = numbers(where, "dilation", dilation, dims, 1)
    pairs = paddings(where, padding, stride, dilation, kernel[2:])
    check_channels(where, shape[-dims - 1], kernel, groups, bias)
    check_fits(where, shape[-dims:], kernel[2:], pairs, dilation)
    how = {"stride": stride, "padding": pairs, "dilation": dilation, "groups": groups}
    if len(shape) > dims + 1:
        return rules.conv(input, weight, bias, **how)
    return rules.conv(input.unsqueeze(0), weight, bias, **how).squeeze(0)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transposed convolution of (N, C, L) with weights (C, O / groups, K).

    >>> import backprop as bp
    >>> x = bp.asarray([[[1.0, 2.0]]])
    >>> bp.nn.functional.conv_transpose1d(x, bp.asarray([[[1.0, 10.0]]]), stride=2)
    tensor([[[ 1., 10.,  2., 20.]]])
    """
    return _transposed(
        "conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transposed convolution of (N, C, H, W) with weights (C, O / groups, K, K)."""
    return _transposed(
        "conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


def conv_transpose3d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: int = 1,
    dilation: Numbers = 1,
) -> Tensor:
    """The transposed convolution of (N, C, D, H, W) with weights (C, O / groups, K, K, K)."""
    return _transposed(
        "conv_transpose3d", 3, input, weight, bias, stride, padding, output_padding, groups,
        dilation,
    )  # fmt: skip


def _transposed(
    where: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None,
    stride: Any, padding: Any, output_padding: Any, groups: int, dilation: Any,
) -> Tensor:  # fmt: skip
    check_tensors(where, dims, input, weight, bias, transposed=True)
    shape, kernel = tuple(input.data.shape), tuple(weight.data.shape)
    stride = numbers(where, "stride", stride, dims, 1)
    padding = numbers(where, "padding", padding, dims, 0)
    extra = numbers(where, "output_padding", output_padding, dims, 0)
    dilation = numbers(where, "dilation", dilation, dims, 1)
    check_channels(where, shape[-dims - 1], kernel, groups, bias, transposed=True)
    sizes, pairs, zeros = [], [], []
    for i, (n, k, s, p, o, d) in enumerate(
        zip(shape[-dims:], kernel[2:], stride, padding, extra, dilation, strict=True)
    ):
        if o >= max(s, d):
            raise ValueError(
                f"{where}: output_padding: got {o} for axis {i}, wanted less than its stride {s} "
                f"or its dilation {d}"
            )
        size = (n - 1) * s - 2 * p + d * (k - 1) + 1 + o
        if n < 1 or size - max(o - p, 0) * (o >= s) < 1:
            raise ValueError(
                f"{where}: input: got {n} elements along axis {i} of {shape[-dims:]}, which give "
                f"{max(size, 0)} in the output, wanted at least 1; use a larger input or less "
                "padding"
            )
        # The convolution that this is the transpose of would give more than n places of an output
        # that is longer by a stride or more: padding less makes up for it, and then zeros.
        cut, more = (min(o, p), max(o - p, 0)) if o >= s else (0, 0)
        sizes.append(size - more)
        pairs.append((p, p - cut))
        zeros.append((0, more))
    batched = len(shape) > dims + 1
    out = rules.conv_transpose(
        input if batched else input.unsqueeze(0), weight, stride=stride, padding=tuple(pairs),
        dilation=dilation, groups=groups, size=tuple(sizes),
    )  # fmt: skip
    if any(after for _, after in zeros):
        widths = ((0, 0), (0, 0), *zeros)
        out = rules.pad(out, widths=widths, values=((0.0, 0.0),) * len(widths))
    if bias is not None:
        out = out + rules.reshape(bias, shape=(-1, *[1] * dims))
    return out if batched else out.squeeze(0)
