"""Running sums and products, and the linear recurrence that their derivatives are made of."""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .indexing import getitem

__all__ = ["cumulative_prod", "cumulative_sum", "recurrence"]


def part(x: Any, axis: int, *ends: int | None) -> Any:
    """x[start:stop:step] along an axis."""
    before = (slice(None),) * (axis % len(x.shape))
    return getitem(x, index=(*before, slice(*ends), ...))


def backwards(x: Any, axis: int) -> Any:
    """x with an axis reversed."""
    return part(x, axis, None, None, -1)


def _cumulative_sum_x(g: Any, axis: int, include_initial: bool) -> Any:
    """Each element counts in all sums from its own on: a running sum from the end."""
    if include_initial:
        g = part(g, axis, 1, None)
    back = cumulative_sum(backwards(g, axis), axis=axis, include_initial=False)
    return backwards(back, axis)


cumulative_sum: Primitive = Primitive("cumulative_sum", "x")
vjp(cumulative_sum, _cumulative_sum_x)

recurrence = Primitive("recurrence", "factors terms")


def _from_the_end(g: Any, factors: Any, axis: int) -> Any:
    """The gradient of each term, which the recurrence hands on: t[i] = g[i] + factors[i] t[i + 1].

    This is the recurrence again, run from the end.
    """
    back = recurrence(backwards(factors, axis), backwards(g, axis), axis=axis)
    return backwards(back, axis)


def _recurrence_factors(g: Any, out: Any, factors: Any, axis: int) -> Any:
    return part(_from_the_end(g, factors, axis), axis, 1, None) * part(out, axis, None, -1)


vjp(recurrence, _recurrence_factors, _from_the_end)


def _cumulative_prod_x(g: Any, x: Any, axis: int, include_initial: bool) -> Any:
    """The product before x[i], times the sum over k of g[k] x[i + 1] ... x[k].

    No division: right where some x are 0. The sum obeys t[i] = g[i] + x[i + 1] t[i + 1].
    """
    if include_initial:
        g = part(g, axis, 1, None)
    before = cumulative_prod(part(x, axis, None, -1), axis=axis, include_initial=True)
    return before * _from_the_end(g, part(x, axis, 1, None), axis)


cumulative_prod: Primitive = Primitive("cumulative_prod", "x")
vjp(cumulative_prod, _cumulative_prod_x)
