"""Taking elements and putting them back."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _add_at(x: np.ndarray, shape: Any, index: Any) -> np.ndarray:
    out = np.zeros(shape)
    np.add.at(out, index, x)
    return out


def _add_rows(x: np.ndarray, index: np.ndarray, rows: int, axis: int) -> np.ndarray:
    """Written as loops: nothing to get wrong."""
    moved = np.moveaxis(x, axis, 0)
    out = np.zeros((rows, *moved.shape[1:]))
    for i, row in zip(index, moved, strict=True):
        out[i] += row
    return np.moveaxis(out, 0, axis)


def _broadcast(x: np.ndarray, index: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Both in one shape, but for the axis."""
    shape = list(np.broadcast_shapes(np.take(x, [0], axis).shape, np.take(index, [0], axis).shape))
    both = []
    for a in (x, index):
        shape[axis] = a.shape[axis]
        both.append(np.broadcast_to(a, shape))
    return both[0], both[1]


def _add_along_axis(x: np.ndarray, index: np.ndarray, length: int, axis: int) -> np.ndarray:
    shape = list(x.shape)
    shape[axis] = length
    out = np.zeros(shape)
    for place in np.ndindex(x.shape):
        target = list(place)
        target[axis] = index[place]
        out[tuple(target)] += x[place]
    return out


def torch_cells(x: Any, index: Any) -> Any:
    """Where NumPy's x[index] finds its elements in the flat x: PyTorch has not all of NumPy's
    indices, and takes some otherwise."""
    return pytorch().tensor(np.arange(x.numel()).reshape(tuple(x.shape))[index].copy())


def _torch_getitem(x: Any, index: Any) -> Any:
    return x.reshape(-1)[torch_cells(x, index)]


_ROWS = np.array([2, 0, 2, 1])
_PAIR, _SQUARE, _ZERO = np.array([1, 1]), np.array([[0, -1], [1, 1]]), np.array(0)
_ALL, _SOME = slice(None), slice(0, 2)

# Arrays of integers beside everything else: where their axes stand in the result is NumPy's.
MIXED: list[tuple[tuple[int, ...], Any]] = [
    ((2, 3), (_ALL, _PAIR)), ((2, 3), (_PAIR, _ALL)), ((2, 3), (0, _PAIR)), ((2, 3), (_PAIR, -1)),
    ((2, 3), (..., _PAIR)), ((2, 3), (_PAIR, ...)), ((2, 3), (_PAIR, None)), ((2, 3), (None, _PAIR)),
    ((2, 3, 2), (_PAIR, _ALL, _PAIR)), ((2, 3, 2), (_ALL, _PAIR, _PAIR)), ((2, 3, 2), (0, _ALL, _PAIR)),
    ((2, 3, 2), (_PAIR, None, _PAIR)), ((2, 3, 2), (slice(None, None, -1), _SQUARE, 1)),
    ((2, 3, 2), (_SQUARE, _SOME, _PAIR)), ((2, 3, 2), (1, _SQUARE)), ((2, 3, 2), (_SOME, ..., _SQUARE)),
    ((2, 3, 2), (_SOME, _ZERO)), ((2, 3, 2), (_ZERO, _ALL, _ZERO)), ((2, 3, 2), (_PAIR[:, None], _PAIR)),
    ((2, 3), (_PAIR[:0], _ALL)), ((0, 3), (_ALL, _PAIR)), ((2, 3), (slice(3, 9), _PAIR)),
]  # fmt: skip

RECORDS = [
    of(
        "getitem", lambda x, index: x[index],
        *[
            Sample((values("getitem", s, "any"),), {"index": index})
            for s, index in [
                ((4,), 1), ((4,), -1), ((4,), slice(1, 3)), ((4,), slice(None, None, -2)),
                ((2, 3), (0, 1)), ((2, 3), (slice(None), -1)), ((2, 3), (Ellipsis, 0)),
                ((2, 3), (None, slice(None), None, 1)), ((2, 3, 2), (1, slice(0, 2), Ellipsis)), ((), ()),
                ((), (None,)), ((0, 3), (slice(None), 1)), ((4,), slice(2, 2)),
                ((2, 3), (np.array([[True, False, True], [False, False, True]]),)),
                ((2, 3), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -1]))),
                ((4,), (np.array([[0, 3], [3, -1]]),)), ((4,), slice(-9, 9)), ((4,), slice(9, None, -3)),
                *MIXED,
            ]
        ],
        torch=lambda x, index: _torch_getitem(x, index),
    ),
    of(
        "add_at", _add_at,
        *[
            Sample((values("add_at", s, "any"),), {"shape": shape, "index": index})
            for s, shape, index in [
                ((), (4,), 1), ((2,), (4,), slice(1, 3)), ((2,), (2, 3), (slice(None), -1)),
                ((1, 2, 1), (2, 3), (None, slice(None), None, 1)), ((), (), ()), ((0,), (4,), slice(2, 2)),
                ((4,), (2, 3), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -1]))),
                ((2, 2), (4,), (np.array([[0, 3], [3, -1]]),)),
                *[(np.zeros(shape)[index].shape, shape, index) for shape, index in MIXED],
            ]
        ],
    ),
    of(
        "take", lambda x, index, axis: np.take(x, index, axis),
        *[
            Sample((values("take", s, "any"), np.array(index, dtype=int)), {"axis": axis})
            for s, index, axis in [((4,), [0, 3, 3], 0), ((4,), [], 0), ((2, 3), [2, 2, 0, 1], 1),
                                   ((2, 3), [1, 1], -2), ((2, 3, 2), [0, 2], -2), ((1,), [0, 0], 0),
                                   ((4,), [-1, 3, -4], 0), ((0, 3), [1], 1)]
        ],
        torch=lambda x, index, axis: x.index_select(axis, index % x.shape[axis]),
    ),
    of(
        "add_rows", _add_rows,
        *[
            Sample((values("add_rows", s, "any"), np.array(index)), {"rows": rows, "axis": axis})
            for s, index, rows, axis in [((4,), _ROWS, 3, 0), ((2, 4), _ROWS, 5, 1), ((4, 2), _ROWS, 3, -2),
                                         ((2, 4, 2), _ROWS, 3, 1), ((2,), [-1, 2], 3, 0)]
        ],
    ),
    of(
        "take_along_axis", lambda x, index, axis: np.take_along_axis(x, index, axis),
        *[
            Sample((values("taa", s, "any"), np.array(index, dtype=int)), {"axis": axis})
            for s, index, axis in [((4,), [0, 3, 3], 0), ((2, 3), [[2, 2], [0, 1]], 1),
                                   ((2, 3), [[2, 2], [0, 1]], -1), ((2, 3), [[1, 0, 0]], 0),
                                   ((2, 3), [[-1], [0]], 1)]
        ],
        torch=lambda x, index, axis: x.gather(axis, index % x.shape[axis]),
    ),
    of(
        "bp.take_along_axis", lambda x, index, axis: np.take_along_axis(*_broadcast(x, index, axis), axis),
        *[
            Sample((values("taab", s, "any"), np.array(index)), {"axis": axis})
            for s, index, axis in [((2, 3), [[1, 0, 0, 2]], 1), ((1, 3), [[2], [0]], -1), ((2, 1, 3), [[[0], [0]]], 1)]
        ],
        torch=lambda x, index, axis: pytorch().take_along_dim(x, index, axis),
    ),
    of(
        "add_along_axis", _add_along_axis,
        *[
            Sample((values("aaa", np.shape(index), "any"), np.array(index)), {"length": n, "axis": axis})
            for index, n, axis in [([0, 3, 3], 4, 0), ([[2, 2], [0, 1]], 3, 1), ([[2, 2], [0, 1]], 3, -1),
                                   ([[1, 0, 0]], 2, 0), ([[-1], [0]], 3, 1)]
        ],
    ),
]  # fmt: skip
