"""Order along an axis."""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .indexing import add_along_axis

__all__ = ["argsort", "sort"]


argsort = Primitive("argsort", "x")  # no derivative: indices


def _sort_x(g: Any, x: Any, axis: int, descending: bool) -> Any:
    """Each gradient goes back to where its element came from; of equal ones the first comes first,
    as in PyTorch's stable sort."""
    order = argsort(x, axis=axis, descending=descending, stable=True)
    return add_along_axis(g, order, length=x.shape[axis], axis=axis)


sort = Primitive("sort", "x")
vjp(sort, _sort_x)
