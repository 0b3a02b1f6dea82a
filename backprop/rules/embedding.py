"""Rows of a table by number."""

from __future__ import annotations

import math
from typing import Any

import backends
from backends import kernels

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .elementwise import astype
from .indexing import add_rows, take
from .shapes import reshape

__all__ = ["embedding"]


def _embedding(weight: Any, index: Any, *, padding: int | None, by_count: bool) -> Any:
    """weight[index]; what `padding` and `by_count` say concerns the gradient alone."""
    xp = backends.namespace(weight)
    rows = kernels.take(weight, xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(rows, (*index.shape, *weight.shape[1:]))


def _embedding_weight(g: Any, index: Any, shapes: Any, padding: int | None, by_count: bool) -> Any:
    """The sum of g over the places where each row stands.

    The row `padding` gets nothing; with `by_count` each row gets the mean instead of the sum.
    """
    rows, *rest = shapes[0]
    count = math.prod(shapes[1])
    index, g = reshape(index, shape=(count,)), reshape(g, shape=(count, *rest))
    column = (count, *[1] * len(rest))
    if padding is not None:
        g = where(reshape(index == padding, shape=column), 0.0, g)
    if by_count:
        ones = astype(index == index, dtype=g.dtype)
        times = take(add_rows(ones, index, rows=rows, axis=0), index, axis=0)
        g = g / reshape(times, shape=column)
    return add_rows(g, index, rows=rows, axis=0)


embedding = Primitive("embedding", "weight index", _embedding)
vjp(embedding, _embedding_weight, None)
