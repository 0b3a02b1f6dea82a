"""Sorting."""

from __future__ import annotations

from .common import Table, array

CASES: Table = {
    "sort": lambda dtype: [
        ((array(s, dtype).round(1),), {"axis": axis, "descending": descending, "stable": True})
        for s, axis in [((40,), 0), ((3, 20), -1), ((20, 3), 0), ((0, 3), 0)]
        for descending in (False, True)
    ],
}  # fmt: skip
