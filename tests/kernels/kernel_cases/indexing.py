"""Elements taken, put and added up."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np

from .common import Table, array

_PAIR, _SQUARE = np.array([1, 1]), np.array([[0, -1], [1, 1]])
_INDICES: list[tuple[tuple[int, ...], Any]] = [
    ((4,), (1,)), ((4,), (slice(1, 3),)), ((2, 3), (slice(None), -1)), ((), ()), ((2, 3), (None, slice(None), None, 1)),
    ((4,), (slice(2, 2),)), ((4,), (..., slice(0, 3))), ((4,), (slice(9, None, -2),)), ((0, 3), (slice(None), 1)),
    ((2, 3), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -1]))), ((2, 3), (np.array([1, 1, 1]), 2)), ((4,), (_SQUARE * 3,)),
    ((4, 3), (_SQUARE * 3,)), ((4,), np.array([True, False, False, True])), ((2, 3), (np.array([False, True]),)),
    ((2, 3), (slice(None), _PAIR)), ((2, 3, 2), (_PAIR, slice(None), _PAIR)), ((2, 3, 2), (slice(None, None, -1), _SQUARE, 1)),
    ((2, 3, 2), (_PAIR, None, ..., _SQUARE)), ((2, 3), (np.zeros(0, int),)), ((4,), (np.array(2),)),
    ((5, 2), (np.array([3, 0, 3, 1, 3]),)),
]  # fmt: skip
"""The shape of an array, and what stands in its brackets."""


CASES: Table = {
    "take": lambda dtype: [
        ((array(s, dtype), np.array(index, dtype=int)), {"axis": axis})
        for s, index, axis in [((4,), [0, -1, 0], 0), ((2, 3), [2, 2], 1), ((2, 3), [], -2), ((0, 3), [1], 1)]
    ],
    "getitem": lambda dtype: [((array(shape, dtype),), {"index": index}) for shape, index in _INDICES],
    "positions": lambda dtype: [((array(shape, dtype),), {"index": index}) for shape, index in _INDICES],
    "add_at": lambda dtype: [
        ((array(np.zeros(shape)[index].shape, dtype),), {"shape": shape, "index": index})
        for shape, index in _INDICES
    ],
    **{
        name: lambda dtype: [
            ((array(shape, dtype), value), {"index": index})
            for shape, index in _INDICES
            for value in (array(np.zeros(shape)[index].shape, dtype, 1), np.array(0.5, dtype))
        ]
        for name in ("put", "set_at", "sum_at", "prod_at", "max_at", "min_at")
    },
    "add_rows": lambda dtype: [
        ((x.astype(kind), np.array(index, dtype=int)), {"rows": rows, "axis": axis})
        for s, index, rows, axis in [
            ((4,), [2, 0, 2, 1], 3, 0), ((2, 4), [2, 0, 2, 1], 5, 1), ((4, 2), [2, 0, -1, 1], 3, -2), ((0, 2), [], 3, 0),
            ((4, 0), [2, 0, 2, 1], 3, 0), ((2, 4, 3), [1, 1, 0, -1], 2, 1), ((4, 1), [0, 1, 0, 0], 2, 0),
        ]
        for x in [array(s, dtype) * 9]
        for kind in (dtype, "int64")
    ],
    "add_along_axis": lambda dtype: [
        ((array(np.shape(index), dtype), np.array(index, dtype=int)), {"length": n, "axis": axis})
        for index, n, axis in [
            ([0, 3, 3], 4, 0), ([[2, 2], [0, 1]], 3, 1), ([[2, -3], [0, 1]], 3, -1), ([[1, 0, 0]], 2, 0), ([[], []], 3, 1),
            (np.zeros((0, 2)), 3, 0), ([], 0, 0), ([[[1, 0], [1, 1]]], 2, 1),
        ]
    ],
}  # fmt: skip
LAYOUTS = ["add_rows"]
