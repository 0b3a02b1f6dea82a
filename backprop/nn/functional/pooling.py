"""Pooling: of each window that slides over the last axes, the largest element or the mean."""

from __future__ import annotations

import math
from typing import Any

import backends

from ... import rules
from ...tensor import Tensor, asarray
from ...xp._shapes import integer
from ._windows import spatial, window, window_count

__all__ = [
    "avg_pool1d", "avg_pool2d", "avg_pool3d", "lp_pool1d", "lp_pool2d", "lp_pool3d", "max_pool1d",
    "max_pool2d", "max_pool3d",
]  # fmt: skip

Some = int | tuple[int, ...]


def max_pool1d(
    input: Tensor, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
    dilation: Some = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of a sequence; see `max_pool2d`."""
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
    dilation: Some = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window: out[o] = max_j input[o stride - padding + j dilation].

    Args:
        kernel_size, stride, padding, dilation: one number, or one for each axis. The stride is
            kernel_size unless given. Padding never wins.
        ceil_mode: keep a window that begins inside and ends outside.
        return_indices: return (values, indices), which say where each winner stands in its plane,
            counted row by row.

    Shape: (N, C, H, W) or (C, H, W) -> the same with floor((H + 2 padding - dilation (kernel - 1)
    - 1) / stride) + 1 rows, columns alike.

    The gradient goes to the winner, the first of equals. NaN wins.

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(8.0), (1, 2, 4))
    >>> bp.nn.functional.max_pool2d(x, 2)
    tensor([[[5., 7.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Tensor, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
    dilation: Some = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window of a volume; see `max_pool2d`."""
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def _max_pool(
    d: int, input: Tensor, kernel_size: Some, stride: Some | None, padding: Some, dilation: Some,
    ceil_mode: bool, return_indices: bool,
) -> Any:  # fmt: skip
    where = f"max_pool{d}d"
    length = spatial(where, input, d)
    sizes = window(where, d, kernel_size, stride, padding, dilation)
    size = window_count(where, input, *sizes, ceil_mode)
    how = dict(zip(("kernel", "stride", "padding", "dilation"), sizes, strict=True))
    values, winners = rules.max_pool(input, **how, size=size)
    if not return_indices:
        return values
    return values, Tensor(backends.kernels.window_places(winners.data, **how, length=length))


def avg_pool1d(
    input: Tensor, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of each window of a sequence; see `avg_pool2d`."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
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
    >>> x = bp.reshape(bp.arange(8.0), (1, 2, 4))
    >>> bp.nn.functional.avg_pool2d(x, 2)
    tensor([[[2.5, 4.5]]])
    """
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor, kernel_size: Some, stride: Some | None = None, padding: Some = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window of a volume; see `avg_pool2d`."""
    return _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def check_divisor(where: str, divisor: int | None) -> None:
    """Raise unless it can be divided by."""
    if divisor is not None and integer(divisor, where, "divisor_override") == 0:
        raise ValueError(f"{where}: divisor_override: got 0, wanted another whole number, or None")


def _avg_pool(
    d: int, input: Tensor, kernel_size: Some, stride: Some | None, padding: Some, ceil_mode: bool,
    count_include_pad: bool, divisor_override: int | None,
) -> Tensor:  # fmt: skip
    where = f"avg_pool{d}d"
    length = spatial(where, input, d)
    kernel, step, pads, ones = window(where, d, kernel_size, stride, padding)
    check_divisor(where, divisor_override)
    size = window_count(where, input, kernel, step, pads, ones, ceil_mode)
    total = rules.window_sum(input, kernel=kernel, stride=step, padding=pads, size=size)
    if divisor_override is not None:
        return total / divisor_override
    counts = [
        _counts(*sizes, count_include_pad)
        for sizes in zip(length, kernel, step, pads, size, strict=True)
    ]
    if all(c == k for along, k in zip(counts, kernel, strict=True) for c in along):
        return total / math.prod(kernel)
    for i, along in enumerate(counts):
        shape = (-1,) + (1,) * (d - i - 1)
        count = asarray(along, dtype=input.dtype, device=input.device)
        total = total / rules.reshape(count, shape=shape)
    return total


def _counts(n: int, k: int, stride: int, padding: int, size: int, with_pad: bool) -> list[int]:
    """How many elements each window along one axis is taken to have."""
    low, high = (-padding, n + padding) if with_pad else (0, n)
    starts = [o * stride - padding for o in range(size)]
    return [min(a + k, high) - max(a, low) for a in starts]


def lp_pool1d(
    input: Tensor, norm_type: float, kernel_size: Some, stride: Some | None = None,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """(Σ x^p)^(1/p) over each window of a sequence; see `lp_pool2d`."""
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(
    input: Tensor, norm_type: float, kernel_size: Some, stride: Some | None = None,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """(Σ x^p)^(1/p) over each window, p = norm_type; for p = 1 this is the sum.

    With ceil_mode, the sum of a window that goes beyond the end is scaled up to a full window's.
    Infinity gives the largest |x|. Where all elements of a window are 0, the gradient is 0 (p > 1).

    >>> import backprop as bp
    >>> bp.nn.functional.lp_pool2d(bp.asarray([[[3.0, 4.0]]]), 2, (1, 2))
    tensor([[[5.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(
    input: Tensor, norm_type: float, kernel_size: Some, stride: Some | None = None,
    ceil_mode: bool = False,
) -> Tensor:  # fmt: skip
    """(Σ x^p)^(1/p) over each window of a volume; see `lp_pool2d`."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)


def _lp_pool(
    d: int, input: Tensor, norm_type: float, kernel_size: Some, stride: Some | None,
    ceil_mode: bool,
) -> Tensor:  # fmt: skip
    where = f"lp_pool{d}d"
    spatial(where, input, d)
    check_norm(where, norm_type)
    if math.isinf(norm_type):  # the limits: the largest and the smallest absolute value
        x = rules.abs(input) if norm_type > 0 else -rules.abs(input)
        largest = _max_pool(d, x, kernel_size, stride, 0, 1, ceil_mode, False)
        return largest if norm_type > 0 else -largest
    kernel, *_ = window(where, d, kernel_size, stride)
    total = _avg_pool(d, input**norm_type, kernel_size, stride, 0, ceil_mode, True, None)
    total = total * math.prod(kernel)
    if norm_type <= 1:
        return total ** (1.0 / norm_type)
    nothing = total == 0
    return rules.where(nothing, 0.0, rules.where(nothing, 1.0, total) ** (1.0 / norm_type))


def check_norm(where: str, norm_type: float) -> None:
    """Raise unless it can be an exponent p."""
    if isinstance(norm_type, bool) or not isinstance(norm_type, (int, float)) or norm_type == 0:
        raise ValueError(f"{where}: norm_type: got {norm_type!r}, wanted a number other than 0")
