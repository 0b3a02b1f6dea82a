"""The contraction of two arrays as a product of matrices."""

from __future__ import annotations

import math
from functools import cache
from typing import Any, NamedTuple

from ..registry import namespace

Array = Any
__all__ = ["contract"]


def contract(x: Array, y: Array, /, left: str, right: str, result: str) -> Array:
    """The product of two arrays whose axes have letters, summed over those not in the result.

    No letter stands twice in one array, and none in one array alone: `contract(x, y, "bij", "bjk",
    "bik")` is a product of matrices for each b, and all others are brought to that form.
    """
    xp = namespace(x)
    order = _contraction(left, right, result)
    x, y = _permuted(x, order.x), _permuted(y, order.y)
    if not order.summed:  # a product of elements
        x = xp.reshape(x, x.shape + (1,) * order.columns)
        y = xp.reshape(y, y.shape[: order.batch] + (1,) * order.rows + y.shape[order.batch :])
        return _permuted(x * y, order.result)
    if order.rows == order.summed == order.columns == 1:
        return _permuted(xp.matmul(x, y), order.result)
    batch, rows = x.shape[: order.batch], x.shape[order.batch : order.batch + order.rows]
    columns = y.shape[len(y.shape) - order.columns :]
    summed = math.prod(x.shape[order.batch + order.rows :])
    x = xp.reshape(x, (*batch, math.prod(rows), summed))
    y = xp.reshape(y, (*batch, summed, math.prod(columns)))
    out = xp.reshape(xp.matmul(x, y), (*batch, *rows, *columns))
    return _permuted(out, order.result)


class _Contraction(NamedTuple):
    """How a contraction becomes a product of matrices: orders of axes, how many of each kind."""

    x: tuple[int, ...] | None  # batch, rows, summed
    y: tuple[int, ...] | None  # batch, summed, columns
    result: tuple[int, ...] | None  # from batch, rows, columns
    batch: int
    rows: int
    columns: int
    summed: int


@cache
def _contraction(left: str, right: str, result: str) -> _Contraction:
    batch = [a for a in result if a in left and a in right]
    rows = [a for a in result if a in left and a not in right]
    columns = [a for a in result if a in right and a not in left]
    summed = [a for a in left if a not in result]

    def order(source: Any, wanted: Any) -> tuple[int, ...] | None:
        axes = tuple(source.index(a) for a in wanted)
        return None if axes == tuple(range(len(axes))) else axes

    return _Contraction(
        order(left, batch + rows + summed),
        order(right, batch + summed + columns),
        order(batch + rows + columns, result),
        len(batch), len(rows), len(columns), len(summed),
    )  # fmt: skip


def _permuted(x: Array, axes: tuple[int, ...] | None) -> Array:
    return x if axes is None else namespace(x).permute_dims(x, axes)
