"""Changes of shape, products of matrices, and taking elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import rules
from ..tensor import Tensor
from ._check import tensor

__all__ = [
    "astype", "broadcast_to", "concat", "expand_dims", "matmul", "matrix_transpose",
    "permute_dims", "reshape", "squeeze", "stack", "take", "take_along_axis",
]  # fmt: skip


def astype(x: Tensor, dtype: Any, /) -> Tensor:
    """x in another dtype."""
    return tensor(x, "astype").astype(dtype)


def reshape(x: Tensor, /, shape: tuple[int, ...]) -> Tensor:
    """The same elements in another shape; one -1 stands for what is left."""
    return rules.reshape(tensor(x, "reshape"), shape=tuple(shape))


def broadcast_to(x: Tensor, /, shape: tuple[int, ...]) -> Tensor:
    """x repeated along axes of length 1, and along new leading ones, to the shape."""
    return rules.broadcast_to(tensor(x, "broadcast_to"), shape=tuple(shape))


def expand_dims(x: Tensor, /, *, axis: int = 0) -> Tensor:
    """x with a new axis of length 1."""
    return tensor(x, "expand_dims").unsqueeze(axis)


def squeeze(x: Tensor, /, axis: int) -> Tensor:
    """x without an axis of length 1."""
    return tensor(x, "squeeze").squeeze(axis)


def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """x with its axes in another order."""
    return rules.permute_dims(tensor(x, "permute_dims"), axes=tuple(axes))


def matrix_transpose(x: Tensor, /) -> Tensor:
    """x with its last two axes exchanged."""
    return rules.matrix_transpose(tensor(x, "matrix_transpose"))


def matmul(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The matrix product."""
    return rules.matmul(tensor(x1, "matmul", "x1"), tensor(x2, "matmul", "x2"))


def concat(arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Tensors joined along an axis they have."""
    return rules.concat(*[tensor(a, "concat", "arrays") for a in arrays], axis=axis)


def stack(arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis."""
    return concat([expand_dims(a, axis=axis) for a in arrays], axis=axis)


def take(x: Tensor, indices: Tensor, /, *, axis: int = 0) -> Tensor:
    """The slices of x at these indices of an axis."""
    return rules.take(tensor(x, "take"), tensor(indices, "take", "indices"), axis=axis)


def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """For each position, the element of x at the index that stands there."""
    indices = tensor(indices, "take_along_axis", "indices")
    return rules.take_along_axis(tensor(x, "take_along_axis"), indices, axis=axis)
