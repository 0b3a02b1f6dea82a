"""Sizes of windows, one for each axis they slide along, and of what comes out."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import integers

__all__ = ["per_axis", "spatial", "window", "window_count"]

Sizes = tuple[int, ...]
AXES = {1: "L", 2: "H, W", 3: "D, H, W"}


def per_axis(where: str, name: str, value: Any, d: int, least: int = 1) -> Sizes:
    """One number for each of d axes, out of one number for all or a tuple."""
    numbers = integers(value, where, name)
    if len(numbers) == 1:
        numbers *= d
    if len(numbers) != d:
        raise ValueError(f"{where}: {name}: got {value!r}, wanted one number or a tuple of {d}")
    if any(n < least for n in numbers):
        raise ValueError(f"{where}: {name}: got {value!r}, wanted numbers of at least {least}")
    return numbers


def window(
    where: str, d: int, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1
) -> tuple[Sizes, Sizes, Sizes, Sizes]:
    """(kernel, stride, padding, dilation) for each axis; the stride is the kernel unless given."""
    kernel = per_axis(where, "kernel_size", kernel_size, d)
    steps = kernel if stride is None else per_axis(where, "stride", stride, d)
    pads = per_axis(where, "padding", padding, d, 0)
    if any(2 * p > k for p, k in zip(pads, kernel, strict=True)):
        raise ValueError(
            f"{where}: padding: got {padding!r}, wanted at most half of kernel_size = "
            f"{kernel_size!r}: further out, a window would hold padding alone"
        )
    return kernel, steps, pads, per_axis(where, "dilation", dilation, d)


def spatial(where: str, input: Tensor, d: int, *, other: str = "C") -> Sizes:
    """The sizes of the input's last d axes, if it is (N, C, ...) or (C, ...) of real numbers."""
    tensor(input, where, "input")
    if input.dtype.kind != "f":
        raise TypeError(
            f"{where}: input: got dtype {input.dtype}, wanted real floating-point numbers; "
            "convert it first: input.astype(backprop.float32)"
        )
    if input.ndim not in (d + 1, d + 2):
        raise ValueError(
            f"{where}: input: got shape {input.shape}, wanted (N, {other}, {AXES[d]}) or "
            f"({other}, {AXES[d]})"
        )
    return input.shape[-d:]


def window_count(
    where: str, input: Tensor, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
    ceil_mode: bool,
) -> Sizes:  # fmt: skip
    """How many windows there are along each axis.

    floor((n + 2 padding - dilation (kernel - 1) - 1) / stride) + 1; with ceil_mode the quotient
    is rounded up, but a window that would start behind the input and its left padding is dropped.
    """
    lengths, counts = input.shape[-len(kernel) :], []
    for n, k, s, p, e in zip(lengths, kernel, stride, padding, dilation, strict=True):
        left = n + 2 * p - e * (k - 1) - 1
        count = (-(-left // s) if ceil_mode else left // s) + 1
        if ceil_mode and (count - 1) * s >= n + p:
            count -= 1
        counts.append(count)
    if any(c < 1 for c in counts):
        size = tuple(max(c, 0) for c in counts)
        raise ValueError(
            f"{where}: input: got shape {input.shape}, of which kernel_size = {kernel} (dilation "
            f"{dilation}, padding {padding}) leaves {size}; wanted an input as large as the "
            "window, or a smaller window"
        )
    return tuple(counts)
