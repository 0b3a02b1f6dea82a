"""Shapes, and arrays like others."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from .common import Table, array

CASES: Table = {
    "ones_like": lambda dtype: [((array(s, dtype),), {}) for s in [(), (3,), (2, 0)]],
    "matrix_transpose": lambda dtype: [((array(s, dtype),), {}) for s in [(2, 3), (4, 2, 3), (0, 3)]],
    "reshape": lambda dtype: [
        ((array(old, dtype), new), {})
        for old, new in [((2, 3), (3, 2)), ((), (1, 1)), ((1,), ()), ((0, 3), (3, 0, 2))]
    ],
}  # fmt: skip
