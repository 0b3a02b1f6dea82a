"""Windows of an image as columns, and columns added up to an image."""

from __future__ import annotations

import math
from typing import Any

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor
from ._convolution import check_fits, numbers

__all__ = ["fold", "unfold"]

Numbers = int | tuple[int, ...]


def _how(where: str, kernel_size: Any, dilation: Any, padding: Any, stride: Any) -> dict[str, Any]:
    return {
        "kernel": numbers(where, "kernel_size", kernel_size, 2, 1),
        "dilation": numbers(where, "dilation", dilation, 2, 1),
        "padding": tuple((p, p) for p in numbers(where, "padding", padding, 2, 0)),
        "stride": numbers(where, "stride", stride, 2, 1),
    }


def unfold(
    input: Tensor,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """The windows that a convolution sees, each as a column; see `nn.Unfold`.

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(6.0), (1, 1, 2, 3))
    >>> bp.nn.functional.unfold(x, 2)[0]
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    shape = tensor(input, "unfold", "input").shape
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise ValueError(
            f"unfold: input: got shape {shape}, wanted (N, C, H, W) or (C, H, W) with no 0 in C, "
            "H, W"
        )
    how = _how("unfold", kernel_size, dilation, padding, stride)
    check_fits("unfold", shape[-2:], how["kernel"], how["padding"], how["dilation"])
    if len(shape) == 4:
        return rules.image_to_columns(input, **how)
    return rules.image_to_columns(input.unsqueeze(0), **how).squeeze(0)


def fold(
    input: Tensor,
    output_size: Numbers,
    kernel_size: Numbers,
    dilation: Numbers = 1,
    padding: Numbers = 0,
    stride: Numbers = 1,
) -> Tensor:
    """Columns added up to the image that they are windows of; see `nn.Fold`.

    >>> import backprop as bp
    >>> bp.nn.functional.fold(bp.ones((1, 4, 2)), (2, 3), 2)[0, 0]
    tensor([[1., 2., 1.],
            [1., 2., 1.]])
    """
    shape = tensor(input, "fold", "input").shape
    how = _how("fold", kernel_size, dilation, padding, stride)
    size = numbers("fold", "output_size", output_size, 2, 1)
    check_fits("fold", size, how["kernel"], how["padding"], how["dilation"])
    height = math.prod(how["kernel"])
    places = math.prod(
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, k, s, (a, b), d in zip(
            size, how["kernel"], how["stride"], how["padding"], how["dilation"], strict=True
        )
    )
    if len(shape) not in (2, 3) or shape[-2] == 0 or shape[-2] % height or shape[-1] != places:
        raise ValueError(
            f"fold: input: got shape {shape}, wanted (N, C {height}, {places}) or "
            f"(C {height}, {places}) for an output_size of {size}"
        )
    if len(shape) == 3:
        return rules.columns_to_image(input, **how, size=size)
    return rules.columns_to_image(input.unsqueeze(0), **how, size=size).squeeze(0)
