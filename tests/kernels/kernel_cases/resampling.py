"""Weighted sums along an axis."""

from __future__ import annotations

from .common import Table, array

_EVEN = (((0, 0.25), (1, 0.75)), ((3, 0.5), (2, 0.5)))
_UNEVEN = (((0, 1.0),), ((0, 0.25), (2, 0.5), (3, 0.25)), (), ((3, 2.0), (1, -1.0)), ((2, 1.0),))
_ONES = (((3, 1.0),), ((3, 1.0),), ((0, 1.0),))

CASES: Table = {
    "resample": lambda dtype: [
        ((array(shape, dtype),), {"axis": axis, "taps": taps})
        for shape, axis in [((4,), 0), ((3, 4), -1), ((4, 3), 0), ((2, 4, 3), 1), ((0, 4), 1)]
        for taps in (_EVEN, _UNEVEN, _ONES, ((), ()))
    ],
}
LAYOUTS = [*CASES]
