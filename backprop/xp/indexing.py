"""Taking elements by arrays of indices (`x[index]` itself is in `subscript.py`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import rules
from ..defaults import int64
from ..tensor import Tensor
from ._check import tensor
from ._shapes import Shape
from ._shapes import axis as _axis

__all__ = ["take", "take_along_axis"]


def _indices(indices: Any, function: str) -> Tensor:
    if tensor(indices, function, "indices").dtype.kind not in "iu":
        raise TypeError(f"{function}: indices: got dtype {indices.dtype}, wanted integers")
    return indices.astype(int64)


def _in_range(indices: Tensor, axis: int, shape: Shape, function: str, error: Exception) -> None:
    """Raise a clearer error if an index is outside its axis."""
    values, n = indices.numpy(), shape[axis]
    wrong = values[(values < -n) | (values >= n)]
    if wrong.size:
        wanted = f"wanted {-n} .. {n - 1}" if n else "which is empty"
        raise IndexError(
            f"{function}: indices: got {wrong[0]} for axis {axis} of length {n}, {wanted}"
        ) from error


def take(x: Tensor, indices: Tensor, /, *, axis: int | None = None) -> Tensor:
    """The slices of x at these indices of an axis. Where an index repeats, gradients add up.

    Args:
        indices: of one axis; negative ones count from the end. On a GPU nobody looks at them:
            those beyond the ends wrap around.
        axis: may be left out for x of one axis.

    >>> import backprop as bp
    >>> bp.take(bp.asarray([[1, 2, 3], [4, 5, 6]]), bp.asarray([2, 0]), axis=1)
    tensor([[3, 1],
            [6, 4]])
    """
    shape, indices = tensor(x, "take").shape, _indices(indices, "take")
    if len(indices.shape) != 1:
        raise ValueError(
            f"take: indices: got shape {indices.shape}, wanted one axis; "
            "for more use x[indices] or x[:, indices]"
        )
    if axis is None and len(shape) != 1:
        raise ValueError(f"take: axis: got None, wanted one of the axes of shape {shape}")
    at = _axis(0 if axis is None else axis, shape, "take")
    try:
        return rules.take(x, indices, axis=at)
    except IndexError as error:
        _in_range(indices, at, shape, "take", error)
        raise


def take_along_axis(x: Tensor, indices: Tensor, /, *, axis: int = -1) -> Tensor:
    """For each position, the element of x at the index that stands there: what sorts x by
    `argsort`.

    out[i, j, k] = x[i, indices[i, j, k], k] for axis 1. The shapes are broadcast but for the axis.
    Where an index repeats, gradients add up.
    """
    shape, indices = tensor(x, "take_along_axis").shape, _indices(indices, "take_along_axis")
    at = _axis(axis, shape, "take_along_axis")
    if len(indices.shape) != len(shape):
        raise ValueError(
            f"take_along_axis: indices: got shape {indices.shape} for x of shape {shape}, "
            "wanted as many axes"
        )
    if any(i != at and m != n for i, (m, n) in enumerate(zip(shape, indices.shape, strict=True))):
        x, indices = _broadcast(x, indices, at)
    try:
        return rules.take_along_axis(x, indices, axis=at)
    except IndexError as error:
        _in_range(indices, at, shape, "take_along_axis", error)
        raise


def _broadcast(x: Tensor, indices: Tensor, axis: int) -> tuple[Tensor, Tensor]:
    """Both in one shape but for the axis."""
    others = [(*s[:axis], 1, *s[axis + 1 :]) for s in (x.shape, indices.shape)]
    try:
        common = np.broadcast_shapes(*others)
    except ValueError:
        raise ValueError(
            f"take_along_axis: indices: got shape {indices.shape} for x of shape {x.shape}, "
            f"wanted lengths that broadcast, but for axis {axis}"
        ) from None
    both = [
        rules.broadcast_to(t, shape=(*common[:axis], t.shape[axis], *common[axis + 1 :]))
        for t in (x, indices)
    ]
    return both[0], both[1]
