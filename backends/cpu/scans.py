"""Linear recurrences, step by step where each step has enough to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..portable import scans as portable

Array = Any
__all__ = ["recurrence"]
_WIDTH = 64
"""From this many recurrences side by side on, steps in turn are faster than rounds of doubling."""


def recurrence(factors: Array, terms: Array, /, axis: int) -> Array:
    n = terms.shape[axis]
    if n == 0 or terms.size < _WIDTH * n:
        return portable.recurrence(factors, terms, axis)
    factors, terms = np.moveaxis(factors, axis, 0), np.moveaxis(terms, axis, 0)
    out = np.empty(terms.shape, np.result_type(factors, terms))
    out[0] = terms[0]
    for i in range(1, n):
        np.multiply(factors[i - 1], out[i - 1], out=out[i])
        out[i] += terms[i]
    return np.moveaxis(out, 0, axis)
