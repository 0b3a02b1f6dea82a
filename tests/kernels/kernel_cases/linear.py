"""Matrix products, and results written into memory that is there."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from .common import Table, array

CASES: Table = {
    "linear": lambda dtype: [
        ((array((*batch, 3), dtype), array((4, 3), dtype, 1), bias), {})
        for batch in [(), (1,), (5,), (2, 5), (0,)]
        for bias in (array(4, dtype, 2), None)
    ],
    "matmul_into": lambda dtype: [
        ((array((n, 3), dtype).T, array((n, 4), dtype, 1), array((3, 4), dtype, 2)), {})
        for n in (5, 1, 0)
    ],
    "sum_into": lambda dtype: [
        ((array(shape, dtype), array(3, dtype, 1)), {}) for shape in [(5, 3), (2, 4, 3), (0, 3), (3,)]
    ],
}  # fmt: skip
LAYOUTS = ["linear"]
