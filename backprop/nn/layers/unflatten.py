"""Unflatten: one axis made several."""

from __future__ import annotations

import math

from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import axis, integer
from ..module import Module

__all__ = ["Unflatten"]


class Unflatten(Module):
    """The axis `dim` as several, of these sizes: `Flatten` undone.

    Args:
        dim: the axis, a number.
        unflattened_size: the sizes it becomes; one of them may be -1, for what is left. Their
            product is the length of the axis.

    >>> import backprop as bp
    >>> bp.nn.Unflatten(1, (2, -1))(bp.ones((4, 6, 5))).shape
    (4, 2, 3, 5)
    """

    def __init__(self, dim: int, unflattened_size: tuple[int, ...]) -> None:
        self.dim = integer(dim, "Unflatten", "dim")
        if not isinstance(unflattened_size, (tuple, list)) or not unflattened_size:
            raise TypeError(
                f"Unflatten: unflattened_size: got {unflattened_size!r}, wanted a tuple of sizes"
            )
        sizes = tuple(integer(n, "Unflatten", "unflattened_size") for n in unflattened_size)
        if any(n < -1 for n in sizes) or sizes.count(-1) > 1:
            raise ValueError(
                f"Unflatten: unflattened_size: got {unflattened_size!r}, wanted sizes of 0 or "
                "more, one of which may be -1"
            )
        self.unflattened_size = sizes

    def forward(self, input: Tensor) -> Tensor:
        shape = tensor(input, "Unflatten", "input").shape
        at, sizes = axis(self.dim, shape, "Unflatten", "dim"), self.unflattened_size
        known = math.prod(n for n in sizes if n != -1)
        if -1 in sizes and known and shape[at] % known == 0:
            sizes = tuple(shape[at] // known if n == -1 else n for n in sizes)
        if -1 in sizes or math.prod(sizes) != shape[at]:
            raise ValueError(
                f"Unflatten: unflattened_size: got {self.unflattened_size} for axis {at} of an "
                f"input of shape {shape}, wanted sizes whose product is {shape[at]}"
            )
        return input.reshape(*shape[:at], *sizes, *shape[at + 1 :])

    def extra_repr(self) -> str:
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
