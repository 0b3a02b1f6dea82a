"""Weighted sums along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _resample(x: np.ndarray, axis: int, taps: Any) -> np.ndarray:
    matrix = np.zeros((len(taps), x.shape[axis]))
    for i, row in enumerate(taps):
        for place, weight in row:
            matrix[i, place] += weight
    return np.moveaxis(np.tensordot(matrix, x, (1, axis)), 0, axis)


_PAIRS = (((0, 0.5), (1, 0.5)), ((2, 0.25), (1, 0.75)))
_UNEVEN = (((0, 1.0),), ((0, 0.5), (2, 0.5)), (), ((1, 2.0), (1, 1.0)))

RECORDS = [
    of(
        "resample", _resample,
        *[
            Sample((values("resample", shape, "any"),), {"axis": axis, "taps": taps})
            for shape, axis in [((3,), 0), ((2, 3), -1), ((3, 2), 0), ((2, 4, 3), -2), ((0, 3), 1)]
            for taps in (_PAIRS, _UNEVEN)
        ],
        Sample((values("resample", (2, 2), "any"),), {"axis": 1, "taps": (((0, 1.0),), ((0, 1.0),), ((1, 1.0),))}),
    ),
]  # fmt: skip
