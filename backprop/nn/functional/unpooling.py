"""Max pooling undone as far as can be: each value back where it was the largest."""

from __future__ import annotations

import math
from typing import Any

import backends
from backends import record

from ... import rules
from ...tensor import Tensor
from ...xp import zeros
from ...xp._check import tensor
from ...xp._shapes import integers
from ._windows import Sizes, spatial, window

__all__ = ["max_unpool1d", "max_unpool2d", "max_unpool3d"]

Some = int | tuple[int, ...]


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Some, stride: Some | None = None,
    padding: Some = 0, output_size: tuple[int, ...] | None = None,
) -> Tensor:  # fmt: skip
    """Zeros with the input's values where `max_pool1d` found them; see `max_unpool2d`."""
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Some, stride: Some | None = None,
    padding: Some = 0, output_size: tuple[int, ...] | None = None,
) -> Tensor:  # fmt: skip
    """Zeros with the input's values where `max_pool2d` found them: out[..., indices] = input.

    Args:
        indices: of the input's shape: the places in a plane, counted row by row, that
            `max_pool2d` returns. Where one comes twice, the last value stays.
        kernel_size, stride, padding: those of the pooling.
        output_size: the height and width that were pooled (or the whole shape), where
            (n - 1) stride - 2 padding + kernel is not it: several sizes are pooled to one.

    Shape: (N, C, H, W) or (C, H, W).

    >>> import backprop as bp
    >>> x = bp.asarray([[[1.0, 2.0, 4.0, 3.0]]])
    >>> out, places = bp.nn.functional.max_pool2d(x, (1, 2), return_indices=True)
    >>> bp.nn.functional.max_unpool2d(out, places, (1, 2))
    tensor([[[0., 2., 4., 0.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Some, stride: Some | None = None,
    padding: Some = 0, output_size: tuple[int, ...] | None = None,
) -> Tensor:  # fmt: skip
    """Zeros with the input's values where `max_pool3d` found them; see `max_unpool2d`."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(
    d: int, input: Tensor, indices: Tensor, kernel_size: Some, stride: Some | None, padding: Some,
    output_size: Any,
) -> Tensor:  # fmt: skip
    where = f"max_unpool{d}d"
    size = spatial(where, input, d)
    kernel, steps, pads, _ = window(where, d, kernel_size, stride, padding)
    if tensor(indices, where, "indices").dtype.kind not in "iu":
        raise TypeError(f"{where}: indices: got dtype {indices.dtype}, wanted integers")
    if indices.shape != input.shape:
        raise ValueError(
            f"{where}: indices: got shape {indices.shape}, wanted the input's, {input.shape}"
        )
    usual = tuple(
        (n - 1) * s - 2 * p + k for n, s, p, k in zip(size, steps, pads, kernel, strict=True)
    )
    length = usual if output_size is None else _asked(where, output_size, usual, steps)
    lead = input.shape[:-d]
    planes, n, cells = math.prod(lead), math.prod(size), math.prod(length)
    _inside(where, indices, cells, length)
    flat = zeros((planes, cells), dtype=input.dtype, device=input.device)
    xp = backends.namespace(indices.data)
    rows = xp.reshape(
        xp.arange(planes, dtype=indices.data.dtype, device=indices.data.device), (-1, 1)
    )
    places = (rows, xp.reshape(indices.data, (planes, n)))
    values = rules.reshape(input, shape=(planes, n))
    out = rules.set_at(flat, values, index=places, reuse=False)
    return rules.reshape(out, shape=(*lead, *length))


def _asked(where: str, output_size: Any, usual: Sizes, steps: Sizes) -> Sizes:
    given = integers(output_size, where, "output_size")
    length = given[2:] if len(given) == len(usual) + 2 else given
    if len(length) != len(usual) or any(
        abs(n - m) >= s for n, m, s in zip(length, usual, steps, strict=True)
    ):
        raise ValueError(
            f"{where}: output_size: got {output_size!r}, wanted sizes less than a stride "
            f"{steps} away from {usual}"
        )
    return length


def _inside(where: str, indices: Tensor, cells: int, length: Sizes) -> None:
    """Raise if a place is outside; a look that would make a GPU wait is spared."""

    def look(array: Any) -> None:
        stray = backends.kernels.stray_class(array, cells)
        if stray is not None:
            raise ValueError(
                f"{where}: indices: got {stray}, wanted places in a plane of {length}: "
                f"0 .. {cells - 1}; give the pooling's kernel_size, stride and padding, or "
                "output_size"
            )

    record.check(look, indices.data)
