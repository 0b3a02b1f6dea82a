"""Searching, counting and sets: nothing to differentiate."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

_WHERE = [((4,), None), ((4,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)]
_OVER = [*AXES, *EMPTY]
_FEW = values("few", (2, 3, 2), "distinct").round(0)


def _counted(name: str, reference: Any) -> Record:
    """Over axes, of numbers of which some are 0."""
    arrays = [np.where(np.abs(a := values(name, s, "any")) < 1, 0.0, a) for s, _ in _OVER]
    samples = [
        Sample((a.astype(dtype),), {"axis": axis, "keepdims": keepdims})
        for a, (_, axis) in zip(arrays, _OVER, strict=True)
        for keepdims in (False, True)
        for dtype in ("float64", "int32", "bool")
    ]
    return Record(name, reference, samples, differentiable=False)


def _count(x: np.ndarray, axis: Any, keepdims: bool) -> Any:
    return np.sum(x != 0, axis=axis, keepdims=keepdims, dtype="int64")


def _searchsorted(x1: np.ndarray, x2: np.ndarray, side: str) -> np.ndarray:
    compare = np.less if side == "left" else np.less_equal
    return np.sum(compare(x1, x2[..., None]), axis=-1)


def _isin(x1: np.ndarray, x2: np.ndarray, invert: bool) -> np.ndarray:
    found = (x1[..., None] == x2.reshape(-1)).any(-1)
    return ~found if invert else found


def _unique(x: np.ndarray) -> tuple[list[float], list[int], list[int], list[int]]:
    """(values, first places, where each element is among the values, counts), with lists alone."""
    flat = x.reshape(-1).tolist()
    different = sorted(set(flat))
    first = [flat.index(v) for v in different]
    return different, first, [different.index(v) for v in flat], [flat.count(v) for v in different]


def _unique_parts(*parts: int) -> Any:
    def reference(x: np.ndarray) -> Any:
        found = _unique(x)
        arrays = [np.array(found[i], x.dtype if i == 0 else "int64") for i in parts]
        arrays = [a.reshape(x.shape) if i == 2 else a for i, a in zip(parts, arrays, strict=True)]
        return tuple(arrays) if len(parts) > 1 else arrays[0]

    return reference


_UNIQUE = [
    Sample((a,))
    for a in (
        np.array(1.0),
        np.zeros(0),
        np.array([3.0, 1.0, 3.0]),
        _FEW,
        np.array([[2, 2], [0, 2]]),
    )
]

RECORDS = [
    *[
        Record(
            name, reference,
            [
                Sample((values(name, s, "distinct"),), {"axis": axis, "keepdims": keepdims})
                for s, axis in _WHERE
                for keepdims in (False, True)
            ]
            + [Sample((np.array([3.0, 1.0, 1.0, 3.0]),), {"axis": 0, "keepdims": False})],
            differentiable=False,
        )
        for name, reference in [("argmax", np.argmax), ("argmin", np.argmin)]
    ],
    _counted("count_nonzero", _count),
    _counted("all", np.all),
    _counted("any", np.any),
    Record(
        "searchsorted", _searchsorted,
        [
            Sample((np.array(x1), np.array(x2)), {"side": side})
            for x1, x2 in [([1.0, 2.0, 2.0, 4.0], [2.0, 0.0, 5.0, 3.0]), ([], [1.0]), ([1.0], 1.0), ([1, 3], [[3, 2], [0, 9]])]
            for side in ("left", "right")
        ],
        differentiable=False,
    ),
    Record(
        "isin", _isin,
        [
            Sample((np.array(x1), np.array(x2)), {"invert": invert})
            for x1, x2 in [([1, 2, 3, 2], [2, 5]), ([[1.0], [np.nan]], [1.0, np.nan]), ([1, 2], np.zeros(0, int)), (3, [[3]]),
                           ([True, False], [True]), ([1j, 2.0], [1j]), ([], [1.0]), ([0.0, 7.0], [[-0.0, 1.0], [9.0, 2.0]])]
            for invert in (False, True)
        ],
        differentiable=False,
    ),
    Record(
        "one_hot", lambda x, classes, dtype: np.eye(classes, dtype=dtype)[x],
        [
            Sample((np.array(x, int),), {"classes": n, "dtype": dtype})
            for x, n in [([2, 0, 2], 3), (1, 2), ([], 4), ([[0, 1], [1, 1]], 2)]
            for dtype in ("float64", "int32")
        ],
        differentiable=False,
    ),
    Record("unique_all", _unique_parts(0, 1, 2, 3), _UNIQUE, differentiable=False),
    Record("unique_counts", _unique_parts(0, 3), _UNIQUE, differentiable=False),
    Record("unique_inverse", _unique_parts(0, 2), _UNIQUE, differentiable=False),
    Record("unique_values", _unique_parts(0), _UNIQUE, differentiable=False),
]  # fmt: skip
