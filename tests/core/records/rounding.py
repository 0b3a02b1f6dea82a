"""Rounding."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .record import *

_HALVES = Sample((np.array([-2.5, -1.5, -0.5, -0.0, 0.5, 1.5, 2.5, 2.0]),))

RECORDS = [
    *[
        replace(record, samples=[*record.samples, _HALVES])
        for record in [
            unary("floor", np.floor, differentiable=False),
            unary("ceil", np.ceil, differentiable=False),
            unary("trunc", np.trunc, differentiable=False),
        ]
    ],
    Record(
        "round", np.round, [*complexes("round"), _HALVES, Sample((_HALVES.args[0] * (1 + 1j),))],
        differentiable=False,
    ),
    binary("nextafter", np.nextafter, differentiable=False),
]  # fmt: skip
