"""Reductions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _logsumexp(x: np.ndarray, axis: Any, keepdims: bool) -> np.ndarray:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _sum_to(x: np.ndarray, shape: Any) -> np.ndarray:
    """What undoes broadcasting, by its definition: <sum_to(x), y> = <x, broadcast(y)>."""
    out = np.zeros(shape)
    for i in np.ndindex(tuple(shape)):
        unit = np.zeros(shape)
        unit[i] = 1.0
        out[i] = np.sum(x * np.broadcast_to(unit, x.shape))
    return out


RECORDS = [
    reduction("sum", np.sum, "any",
              lambda x, axis, keepdims: x.sum(dim=dims(x, axis), keepdim=keepdims)),
    reduction("mean", np.mean, "any",
              lambda x, axis, keepdims: x.mean(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)]),
    reduction("max", np.max, "distinct",
              lambda x, axis, keepdims: x.amax(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)],
              kinks=[([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], 1), ([[1.0, 1.0], [1.0, 0.0]], None)]),
    reduction("min", np.min, "distinct",
              lambda x, axis, keepdims: x.amin(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)],
              kinks=[([[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]], 1), ([[1.0, 0.0], [0.0, 0.0]], (0, 1))]),
    reduction("logsumexp", _logsumexp, "any",
              lambda x, axis, keepdims: x.logsumexp(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)]),
    unary("sum_of_squares", lambda x: np.sum(x * x), torch=lambda x: (x * x).sum()),
    of(
        "sum_to", _sum_to,
        *[
            Sample((values("sum_to", x, "any"),), {"shape": shape})
            for x, shape in [((), ()), ((2, 3), ()), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (2, 3)),
                             ((4, 2, 3), (1, 3)), ((0, 3), (1, 3)), ((2, 1), (1, 1)), ((0,), (1,))]
        ],
        torch=lambda x, shape: x.sum_to_size(shape),
    ),
    *[
        Record(
            name, reference,
            [
                Sample((values(name, s, "distinct"),), {"axis": axis, "keepdims": keepdims})
                for s, axis in [((4,), None), ((4,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)]
                for keepdims in (False, True)
            ]
            + [Sample((np.array([3.0, 1.0, 1.0, 3.0]),), {"axis": 0, "keepdims": False})],
            differentiable=False,
        )
        for name, reference in [("argmax", np.argmax), ("argmin", np.argmin)]
    ],
]  # fmt: skip
