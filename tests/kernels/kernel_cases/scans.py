"""Recurrences."""

from __future__ import annotations

from .common import Table, array

CASES: Table = {
    "recurrence": lambda dtype: [
        ((array((*s[:-1], max(s[-1] - 1, 0)), dtype), array(s, dtype, 1)), {"axis": -1})
        for s in [(1,), (0,), (2,), (7,), (64, 5), (3, 40, 2), (100, 33), (65, 0), (64, 1)]
    ] + [((array((4, 70), dtype), array((5, 70), dtype, 1)), {"axis": 0})],
}  # fmt: skip
