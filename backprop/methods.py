"""The methods that users of PyTorch expect of a Tensor; each is a function of the namespace too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from . import rules
from .operators import Operators

Tensor = Any  # what these return; tensor.py makes it of this class


class Methods(Operators):
    """`x.sum()`, `x.reshape(2, 3)`, `x.T`."""

    __slots__ = ()

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.min(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        return rules.argmax(self, axis=axis, keepdims=keepdims)

    def exp(self) -> Tensor:
        return rules.exp(self)

    def log(self) -> Tensor:
        return rules.log(self)

    def sqrt(self) -> Tensor:
        return rules.sqrt(self)

    def tanh(self) -> Tensor:
        return rules.tanh(self)

    def sigmoid(self) -> Tensor:
        return rules.sigmoid(self)

    def relu(self) -> Tensor:
        return rules.relu(self)

    def abs(self) -> Tensor:
        return rules.abs(self)

    def pow(self, exponent: Any) -> Tensor:
        return rules.power(self, exponent)

    def mm(self, other: Tensor) -> Tensor:
        return rules.matmul(self, other)

    matmul = mm

    def reshape(self, *shape: Any) -> Tensor:
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        return rules.reshape(self, shape=tuple(wanted))

    view = reshape

    def flatten(self, start_dim: int = 0) -> Tensor:
        kept = self.data.shape[:start_dim]
        return self.reshape(*kept, math.prod(self.data.shape[len(kept) :]))

    def permute(self, *axes: int) -> Tensor:
        return rules.permute_dims(self, axes=tuple(axes))

    def unsqueeze(self, axis: int) -> Tensor:
        if not -len(self.data.shape) - 1 <= axis <= len(self.data.shape):
            raise IndexError(f"axis: got {axis} for a new axis of shape {self.data.shape}")
        at = axis % (len(self.data.shape) + 1)
        return self.reshape(*self.data.shape[:at], 1, *self.data.shape[at:])

    def squeeze(self, axis: int) -> Tensor:
        if self.data.shape[axis] != 1:
            raise ValueError(f"squeeze: axis {axis} of shape {self.data.shape} is not of length 1")
        at = axis % len(self.data.shape)
        return self.reshape(*self.data.shape[:at], *self.data.shape[at + 1 :])

    def expand(self, *shape: int) -> Tensor:
        return rules.broadcast_to(self, shape=tuple(shape))

    def expand_as(self, other: Tensor) -> Tensor:
        return self.expand(*other.shape)

    @property
    def mT(self) -> Tensor:
        """Its last two axes exchanged."""
        return rules.matrix_transpose(self)

    @property
    def T(self) -> Tensor:
        """The transpose of a matrix."""
        if len(self.data.shape) != 2:
            raise ValueError(
                f"T: got shape {self.data.shape}, wanted a matrix; use .mT or .permute"
            )
        return rules.matrix_transpose(self)

    def t(self) -> Tensor:
        return self.T
