"""Flatten: several axes made one."""

from __future__ import annotations

import math

from ...tensor import Tensor
from ...xp._check import tensor
from ..module import Module

__all__ = ["Flatten"]


class Flatten(Module):
    """The axes from start_dim to end_dim as one; by default all but the batch.

    Shape: (N, a, b, ...) -> (N, a b ...).

    >>> import backprop as bp
    >>> bp.nn.Flatten()(bp.ones((4, 2, 3))).shape
    (4, 6)
    """

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        shape = tensor(input, "Flatten", "input").shape
        for name, axis in (("start_dim", self.start_dim), ("end_dim", self.end_dim)):
            if not -input.ndim <= axis < input.ndim:
                raise ValueError(
                    f"Flatten: {name}={axis} is not an axis of an input of shape {shape}"
                )
        start, stop = self.start_dim % input.ndim, self.end_dim % input.ndim + 1
        if start >= stop:
            raise ValueError(
                f"Flatten: start_dim={self.start_dim} is behind end_dim={self.end_dim} "
                f"for an input of shape {shape}"
            )
        if stop - start == 1:
            return input
        return input.reshape(*shape[:start], math.prod(shape[start:stop]), *shape[stop:])

    def extra_repr(self) -> str:
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"
