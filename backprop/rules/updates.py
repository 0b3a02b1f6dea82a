"""Arrays with other values at an index: what is behind `x[index] = value` and `at`."""

from __future__ import annotations

from typing import Any

from backends import kernels

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .comparisons import logical_not
from .elementwise import astype
from .indexing import getitem, take
from .joining import concat
from .scans import backwards, part, recurrence
from .shapes import broadcast_to, reshape
from .sorting import argsort

__all__ = ["max_at", "min_at", "positions", "prod_at", "set_at", "stays", "sum_at"]

# No derivative: places and truth values, which depend on the index and x's shape alone.
positions = Primitive("positions", "x")
stays = Primitive("stays", "x")


def _set_at(x: Any, value: Any, *, index: Any, reuse: bool) -> Any:
    """`reuse`: x's memory may be overwritten, since nothing else refers to it."""
    if reuse:
        kernels.put(x, value, index=index)
        return x
    return kernels.set_at(x, value, index=index)


def _set_at_value(g: Any, index: Any) -> Any:
    """What is still there of the value: where the index repeats, the last of it alone."""
    there = getitem(g, index=index)
    if isinstance(index, tuple) and any(len(getattr(i, "shape", ())) for i in index):
        there = where(stays(g, index=index), there, 0.0)
    return there


set_at: Primitive = Primitive("set_at", "x value", _set_at)
vjp(set_at, lambda g, index: set_at(g, 0.0, index=index, reuse=False), _set_at_value)

sum_at = Primitive("sum_at", "x value")
vjp(sum_at, lambda g: g, lambda g, index: getitem(g, index=index))


def _prod_at_value(g: Any, x: Any, value: Any, index: Any) -> Any:
    """g x times the product of the other values that go to the same place.

    No division: right where some are 0. With the values in the order of their places, the product
    of those before each one, and of those after it, is a recurrence that begins anew at each
    place.
    """
    cells = positions(x, index=index)
    shape, there = tuple(cells.shape), getitem(x, index=index)
    if 0 in shape:
        return there
    cells = reshape(cells, shape=(-1,))
    order = argsort(cells, axis=0, descending=False, stable=True)
    value = take(reshape(broadcast_to(value, shape=shape), shape=(-1,)), order, axis=0)
    cells = take(cells, order, axis=0)
    before = _products_before(value, cells)
    after = backwards(_products_before(backwards(value, 0), backwards(cells, 0)), 0)
    others = take(before * after, argsort(order, axis=0, descending=False, stable=True), axis=0)
    return getitem(g, index=index) * there * reshape(others, shape=shape)


def _products_before(value: Any, cells: Any) -> Any:
    """For each value the product of those before it with the same cell; 1 for the first of them."""
    same = part(cells, 0, 1, None) == part(cells, 0, None, -1)
    first = concat(part(cells, 0, 0, 1) == part(cells, 0, 0, 1), logical_not(same), axis=0)
    factors = where(same, part(value, 0, None, -1), 0.0)
    return recurrence(factors, astype(first, dtype=value.dtype), axis=0)


prod_at = Primitive("prod_at", "x value")
vjp(prod_at, lambda g, value, index: prod_at(g, value, index=index), _prod_at_value)


def _share(g: Any, out: Any, x: Any, value: Any, index: Any) -> tuple[Any, Any, Any]:
    """g divided by the number of elements that reach the extreme, x and values; which x and which
    values do (as in PyTorch's index_reduce)."""
    by_x = astype(x == out, dtype=g.dtype)
    by_value = astype(getitem(out, index=index) == value, dtype=g.dtype)
    return g / sum_at(by_x, by_value, index=index), by_x, by_value


def _extreme_x(g: Any, out: Any, x: Any, value: Any, index: Any) -> Any:
    share, by_x, _ = _share(g, out, x, value, index)
    return share * by_x


def _extreme_value(g: Any, out: Any, x: Any, value: Any, index: Any) -> Any:
    share, _, by_value = _share(g, out, x, value, index)
    return getitem(share, index=index) * by_value


max_at = Primitive("max_at", "x value")
vjp(max_at, _extreme_x, _extreme_value)

min_at = Primitive("min_at", "x value")
vjp(min_at, _extreme_x, _extreme_value)
