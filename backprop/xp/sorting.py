"""Order: sorting along an axis, and the largest few."""

from __future__ import annotations

from typing import NamedTuple

from .. import rules
from ..tensor import Tensor
from ._reductions import real
from ._shapes import axis as _axis
from ._shapes import integer

__all__ = ["argsort", "sort", "topk"]


def sort(x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Tensor:
    """x in order along an axis, NaN last (or first, descending).

    Each gradient goes back to where its element came from; among equal elements the first goes
    first, also if `stable` is False.
    """
    at = _axis(axis, real(x, "sort").shape, "sort")
    return rules.sort(x, axis=at, descending=bool(descending), stable=bool(stable))


def argsort(
    x: Tensor, /, *, axis: int = -1, descending: bool = False, stable: bool = True
) -> Tensor:
    """The indices that sort x along an axis; no gradient passes.

    Args:
        stable: equal elements keep their order; otherwise any order.

    >>> import backprop as bp
    >>> bp.argsort(bp.asarray([3.0, 1.0, 2.0]))
    tensor([1, 2, 0])
    """
    at = _axis(axis, real(x, "argsort").shape, "argsort")
    return rules.argsort(x, axis=at, descending=bool(descending), stable=bool(stable))


class TopK(NamedTuple):
    """The largest (or smallest) elements, in order, and where they stand."""

    values: Tensor
    indices: Tensor


def topk(x: Tensor, k: int, /, *, axis: int = -1, largest: bool = True) -> TopK:
    """The k largest elements along an axis (the smallest, if not `largest`), and their indices.

    They come in order, the most extreme first, NaN being larger than any number; among equal
    elements the first come first. The values are differentiable.

    >>> import backprop as bp
    >>> values, indices = bp.topk(bp.asarray([3.0, 1.0, 4.0]), 2)
    >>> values, indices
    (tensor([4., 3.]), tensor([2, 0]))
    """
    at = _axis(axis, real(x, "topk").shape, "topk")
    n, k = x.shape[at], integer(k, "topk", "k")
    if not 0 <= k <= n:
        raise ValueError(f"topk: k: got {k}, wanted 0 .. {n} for axis {at} of shape {x.shape}")
    order = rules.argsort(x, axis=at, descending=bool(largest), stable=True)
    indices = order[(slice(None),) * at + (slice(0, k), ...)]
    return TopK(rules.take_along_axis(x, indices, axis=at), indices)
