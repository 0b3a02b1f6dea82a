"""Running sums and products, and linear recurrences."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _with_first(function: Any, first: float) -> Any:
    def reference(x: np.ndarray, axis: int, include_initial: bool) -> np.ndarray:
        out = function(x, axis)
        if not include_initial:
            return out
        shape = tuple(1 if i == axis % x.ndim else n for i, n in enumerate(x.shape))
        return np.concatenate([np.full(shape, first, x.dtype), out], axis)

    return reference


def _torch(function: str, first: float) -> Any:
    def call(x: Any, axis: int, include_initial: bool) -> Any:
        out = getattr(x, function)(axis)
        if not include_initial:
            return out
        shape = [1 if i == axis % x.ndim else n for i, n in enumerate(x.shape)]
        return pytorch().cat([pytorch().full(shape, first, dtype=x.dtype), out], axis)

    return call


def _running(name: str, function: Any, torch: str, first: float, special: Any = ()) -> Record:
    arrays = [
        (values(name, shape, domain), axis)
        for shape, axis, domain in [
            ((4,), 0, "any"), ((1,), -1, "any"), ((0,), 0, "any"), ((2, 3), 0, "any"), ((2, 3), -1, "any"),
            ((2, 5, 3), 1, "any"), ((0, 3), 1, "any"), ((3, 0), 1, "any"), ((4,), 0, "complex"), ((2, 3), 1, "complex"),
        ]
    ] + [(np.array(x), -1) for x in special]  # fmt: skip
    samples = [
        Sample((x,), {"axis": axis, "include_initial": initial})
        for x, axis in arrays
        for initial in (False, True)
    ]
    return Record(name, _with_first(function, first), samples, _torch(torch, first))


def _recurrence(factors: np.ndarray, terms: np.ndarray, axis: int) -> np.ndarray:
    """Written as a loop: nothing to get wrong."""
    out = np.array(terms, np.result_type(factors, terms))
    f, h = np.moveaxis(factors, axis, 0), np.moveaxis(out, axis, 0)
    for i in range(1, len(h)):
        h[i] += f[i - 1] * h[i - 1]
    return out


ZEROS = [
    [0.0, 2.0, 3.0], [2.0, 0.0, 3.0, 4.0], [2.0, 3.0, 0.0], [0.0, 2.0, 0.0, 3.0], [0.0, 0.0, 0.0], [2.0, 0.0, 0.0],
    [0.0], [[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]],
]  # fmt: skip
"""None, one, two or all of the factors are 0."""

RECORDS = [
    _running("cumulative_sum", np.cumsum, "cumsum", 0.0),
    _running("cumulative_prod", np.cumprod, "cumprod", 1.0, ZEROS),
    of(
        "recurrence", _recurrence,
        *[
            Sample((values("recurrence", f, domain), values("recurrence2", t, domain)), {"axis": axis})
            for f, t, axis, domain in [
                ((3,), (4,), 0, "any"), ((0,), (1,), 0, "any"), ((0,), (0,), 0, "any"), ((2, 4), (2, 5), 1, "any"),
                ((4, 2), (5, 2), -2, "any"), ((1, 2), (2, 2), 0, "any"), ((3,), (4,), 0, "complex"), ((8,), (9,), -1, "any"),
                ((0, 2), (0, 3), 1, "any"),
            ]
        ],
        Sample((np.array([2.0, 0.0, 3.0, 0.0, 0.0]), np.array([1.0, 0.0, 2.0, 0.0, 4.0, 5.0])), {"axis": 0}),
    ),
]  # fmt: skip
