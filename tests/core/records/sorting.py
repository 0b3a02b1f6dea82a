"""Order along an axis."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

_ORDERED = [
    (values("sort", shape, "distinct"), axis)
    for shape, axis in [((4,), 0), ((1,), -1), ((0,), 0), ((2, 3), 0), ((3, 4), -1), ((2, 5, 3), 1), ((0, 3), 1), ((3, 0), 0)]
]  # fmt: skip
_TIED = [(np.array([2.0, 1.0, 2.0, 1.0, 1.0]), 0), (np.array([[0.0, 0.0], [1.0, 0.0]]), 0)]


def _samples(arrays: Any) -> list[Sample]:
    return [
        Sample((x,), {"axis": axis, "descending": descending, "stable": stable})
        for x, axis in arrays
        for descending in (False, True)
        for stable in (True, False)
    ]


def _sort(x: np.ndarray, axis: int, descending: bool, stable: bool) -> np.ndarray:
    return -np.sort(-x, axis) if descending else np.sort(x, axis)


def _argsort(x: np.ndarray, axis: int, descending: bool, stable: bool) -> np.ndarray:
    return np.argsort(-x if descending else x, axis, kind="stable")


def _topk(x: np.ndarray, k: int, axis: int, largest: bool) -> np.ndarray:
    return np.take(_sort(x, axis, largest, True), range(k), axis)


RECORDS = [
    Record("sort", _sort, _samples(_ORDERED),
           # PyTorch's sort is stable when asked; ours gives gradients as the stable one does.
           lambda x, axis, descending, stable: x.sort(dim=axis, descending=descending, stable=True)[0],
           _samples(_TIED)),
    Record("argsort", _argsort,
           [*_samples(_ORDERED), *[s for s in _samples(_TIED) if s.static["stable"]]], differentiable=False),
    Record("bp.topk", _topk,
           [Sample((x, k), {"axis": axis, "largest": largest})
            for x, axis in _ORDERED for k in {0, 1, x.shape[axis]} if k <= x.shape[axis]
            for largest in (True, False)],
           lambda x, k, axis, largest: x.topk(k, axis, largest).values,
           around=lambda topk: lambda *args, **static: topk(*args, **static).values),
]  # fmt: skip
