"""Sums and the largest element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .common import Table, array, on_shapes


def _reductions(empty: bool) -> Callable[[str], list[Any]]:
    axes = [
        ((5,), None),
        ((2, 3), 0),
        ((2, 3), -1),
        ((2, 3, 4), (0, 2)),
        ((2, 3), (1,)),
        ((0, 3), 1),
    ]
    axes += [((0,), None), ((0, 3), 0)] if empty else []
    return lambda dtype: [
        ((array(s, dtype),), {"axis": axis, "keepdims": keep})
        for s, axis in axes
        for keep in (False, True)
    ]


CASES: Table = {
    "sum": _reductions(empty=True),
    "max": _reductions(empty=False),
    "sum_of_squares": on_shapes(),
}  # fmt: skip
