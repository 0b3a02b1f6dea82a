"""Linear recurrences, in the standard alone: what running sums and products are made of."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

Array = Any
__all__ = ["recurrence"]


def recurrence(factors: Array, terms: Array, /, axis: int) -> Array:
    """h with h[0] = terms[0], h[i + 1] = factors[i] h[i] + terms[i + 1] along the axis.

    The factors are one fewer than the terms. Each round doubles how far back an element has
    looked: with h[i] = factors[i] h[i - step] + terms[i] for one step, inserting h[i - step] gives
    the same for twice the step.
    """
    xp = namespace(terms)
    factors, terms = xp.moveaxis(factors, axis, -1), xp.moveaxis(terms, axis, -1)
    step, n = 1, terms.shape[-1]
    while step < n:
        further = terms[..., step:] + factors * terms[..., :-step]
        terms = xp.concat([terms[..., :step], further], axis=-1)
        if 2 * step < n:
            factors = factors[..., step:] * factors[..., :-step]
        step *= 2
    return xp.moveaxis(terms if n > 1 else xp.asarray(terms, copy=True), -1, axis)
