"""Taking elements, and the transpose of that: putting gradients back where they were taken."""

from __future__ import annotations

from ..primitive import Primitive
from ..rule import vjp

__all__ = ["add_along_axis", "add_at", "add_rows", "getitem", "take", "take_along_axis"]

# `index` is a tuple of integers, slices, None, Ellipsis and bare arrays of integers, or a single
# bare array of truth values: the form that `index.py` makes.
getitem = Primitive("getitem", "x")
add_at = Primitive("add_at", "x")
vjp(getitem, lambda g, shapes, index: add_at(g, shape=shapes[0], index=index))
vjp(add_at, lambda g, index: getitem(g, index=index))


take = Primitive("take", "x index")
add_rows = Primitive("add_rows", "x index")
vjp(
    take,
    lambda g, index, shapes, axis: add_rows(g, index, rows=shapes[0][axis], axis=axis),
    None,
)
vjp(add_rows, lambda g, index, axis: take(g, index, axis=axis), None)


take_along_axis = Primitive("take_along_axis", "x index")
add_along_axis = Primitive("add_along_axis", "x index")
vjp(
    take_along_axis,
    lambda g, index, shapes, axis: add_along_axis(g, index, length=shapes[0][axis], axis=axis),
    None,
)
vjp(add_along_axis, lambda g, index, axis: take_along_axis(g, index, axis=axis), None)
