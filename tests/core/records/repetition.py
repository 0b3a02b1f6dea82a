"""Copies side by side."""

from __future__ import annotations

import numpy as np

from .record import *

COUNTS = np.array([2, 0, 1])


RECORDS = [
    of(
        "repeat", np.repeat,
        *[
            Sample((values("repeat", s, domain),), {"repeats": n, "axis": axis})
            for s, n, axis, domain in [
                ((3,), 2, 0, "any"), ((1,), 3, 0, "any"), ((3,), 0, 0, "any"), ((0,), 2, 0, "any"),
                ((2, 3), 2, 0, "any"), ((2, 3), 3, 1, "any"), ((2, 1, 3), 2, 1, "any"), ((2, 3), 1, 1, "any"),
                ((2, 3), 2, 1, "complex"),
            ]
        ],
        torch=lambda x, repeats, axis: x.repeat_interleave(repeats, axis),
    ),
    of(
        "bp.repeat", np.repeat,
        *[
            Sample((values("repeat", s, "any"), counts), {"axis": axis})
            for s, counts, axis in [
                ((3,), COUNTS, 0), ((2, 3), COUNTS, -1), ((3,), COUNTS, None), ((3, 2), np.array([2]), 0),
                ((3, 2), COUNTS, 0), ((1, 3), COUNTS, None), ((0, 2), np.array([], dtype=int), 0),
                ((2, 3), 2, None), ((), 3, None), ((2, 3), 2, -1), ((3,), np.array([0, 0, 0]), 0),
            ]
        ],
        torch=lambda x, counts, axis: x.repeat_interleave(counts, axis),
    ),
    of(
        "tile", lambda x, repetitions: np.tile(x, repetitions),
        *[
            Sample((values("tile", s, domain),), {"repetitions": times})
            for s, times, domain in [
                ((3,), (2,), "any"), ((), (), "any"), ((1,), (3,), "any"), ((2, 3), (2, 2), "any"),
                ((2, 3), (1, 3), "any"), ((2, 3), (0, 2), "any"), ((0, 3), (2, 2), "any"),
                ((2, 1, 3), (1, 3, 2), "any"), ((2, 3), (2, 1), "complex"),
            ]
        ],
        torch=lambda x, repetitions: x.tile(repetitions),
    ),
    of(
        "bp.tile", np.tile,
        *[Sample((values("tile", s, "any"), times)) for s, times in [((2, 3), (2,)), ((3,), (2, 2)), ((), (2, 1))]],
        torch=lambda x, times: x.tile(times),
    ),
]  # fmt: skip
