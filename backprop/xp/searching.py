"""Where elements are, and how many. Nothing here has a derivative."""

from __future__ import annotations

from typing import Any

import backends

from .. import rules
from ..tensor import Tensor
from ._check import tensor
from ._reductions import Axis, over, real, something
from ._shapes import axis as _axis
from .creation import asarray

__all__ = ["argmax", "argmin", "count_nonzero", "nonzero", "searchsorted"]


def _extreme(primitive: Any, x: Any, axis: Any, keepdims: bool, function: str) -> Tensor:
    at = None if axis is None else _axis(axis, tensor(x, function).shape, function)
    something(real(x, function), at, function)
    return primitive(x, axis=at, keepdims=keepdims)


def argmax(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the (first) largest element along an axis; of x row by row for None."""
    return _extreme(rules.argmax, x, axis, keepdims, "argmax")


def argmin(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the (first) smallest element along an axis; of x row by row for None."""
    return _extreme(rules.argmin, x, axis, keepdims, "argmin")


def count_nonzero(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """How many elements are not 0 (or True), over the axes (all of them for None)."""
    axis = over(tensor(x, "count_nonzero"), axis, "count_nonzero")
    return rules.count_nonzero(x, axis=axis, keepdims=keepdims)


def nonzero(x: Tensor, /) -> tuple[Tensor, ...]:
    """The indices of the elements that are not 0 (or True): an array for each axis.

    Their order is row by row, so that x[nonzero(x)] is x[x != 0].

    >>> import backprop as bp
    >>> bp.nonzero(bp.asarray([[0, 3], [4, 0]]))
    (tensor([0, 1]), tensor([1, 0]))
    """
    if not tensor(x, "nonzero").shape:
        raise ValueError("nonzero: x: got shape (), wanted one or more axes")
    return tuple(Tensor(i) for i in backends.namespace(x.data).nonzero(x.data))


def searchsorted(
    x1: Tensor, x2: Tensor | float, /, *, side: str = "left", sorter: Tensor | None = None
) -> Tensor:
    """Where to insert each element of x2 so that the sorted x1 stays sorted.

    Args:
        x1: of one axis, in ascending order (or in the order that `sorter` gives it).
        x2: Tensor of any shape, or a number.
        side: among equal elements, before the first ("left") or after the last ("right").
        sorter: indices that sort x1, such as argsort(x1).

    >>> import backprop as bp
    >>> bp.searchsorted(bp.asarray([1, 3, 3, 5]), bp.asarray([3, 4]))
    tensor([1, 3])
    """
    real(x1, "searchsorted", "x1")
    if len(x1.shape) != 1:
        raise ValueError(f"searchsorted: x1: got shape {x1.shape}, wanted one axis")
    if side not in ("left", "right"):
        raise ValueError(f"searchsorted: side: got {side!r}, wanted 'left' or 'right'")
    if isinstance(x2, (int, float)) and not isinstance(x2, bool):
        if isinstance(x2, float) and x1.dtype.kind != "f":
            raise TypeError(
                f"searchsorted: x2: got the float {x2} for x1 of {x1.dtype}; "
                "convert one: x1.astype(backprop.float64)"
            )
        x2 = asarray(x2, dtype=x1.dtype, device=x1.device)
    if sorter is not None:
        if tensor(sorter, "searchsorted", "sorter").dtype.kind not in "iu":
            raise TypeError(f"searchsorted: sorter: got dtype {sorter.dtype}, wanted integers")
        if sorter.shape != x1.shape:
            raise ValueError(
                f"searchsorted: sorter: got shape {sorter.shape}, wanted x1's, {x1.shape}"
            )
        x1 = rules.take(x1, sorter, axis=0)
    return rules.searchsorted(x1, real(x2, "searchsorted", "x2"), side=side)
