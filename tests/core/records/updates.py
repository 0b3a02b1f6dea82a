"""Arrays with other values at an index."""

from __future__ import annotations

from typing import Any

import numpy as np

from .indexing import MIXED, torch_cells
from .record import *


def _cells(x: np.ndarray, index: Any) -> np.ndarray:
    return np.arange(x.size).reshape(x.shape)[index]


def _one_by_one(update: Any) -> Any:
    """Element after element, in the order of the value: nothing to get wrong."""

    def function(x: np.ndarray, value: Any, index: Any, **_: Any) -> np.ndarray:
        out, cells = x.copy().reshape(-1), _cells(x, index)
        for cell, v in zip(cells.ravel(), np.broadcast_to(value, cells.shape).ravel(), strict=True):
            out[cell] = update(out[cell], v)
        return out.reshape(x.shape)

    return function


def _stays(x: np.ndarray, index: Any) -> np.ndarray:
    cells = _cells(x, index)
    last = {cell: i for i, cell in enumerate(cells.ravel())}
    return np.array([last[c] == i for i, c in enumerate(cells.ravel())], bool).reshape(cells.shape)


def _torch_set(x: Any, value: Any, index: Any, reuse: bool) -> Any:
    """Of values for the same place only the last, as PyTorch promises no order."""
    cells, torch = torch_cells(x, index), pytorch()
    stays = torch.tensor(_stays(np.zeros(tuple(x.shape)), index))
    value = tensor(value).broadcast_to(cells.shape)
    out = x.reshape(-1).index_put((cells[stays],), value[stays])
    return out.reshape(x.shape)


def _torch_at(reduce: str) -> Any:
    def function(x: Any, value: Any, index: Any) -> Any:
        cells = torch_cells(x, index)
        value = tensor(value).broadcast_to(cells.shape).reshape(-1)
        out = x.reshape(-1).scatter_reduce(0, cells.reshape(-1), value, reduce)
        return out.reshape(x.shape)

    return function


def _torch_sum(x: Any, value: Any, index: Any) -> Any:
    cells = torch_cells(x, index)
    value = tensor(value).broadcast_to(cells.shape)
    return x.reshape(-1).index_put((cells,), value, accumulate=True).reshape(x.shape)


def _torch_prod(x: Any, value: Any, index: Any) -> Any:
    """Cell by cell: PyTorch's own has no second derivative where a value is 0."""
    torch, cells = pytorch(), torch_cells(x, index)
    value = tensor(value).broadcast_to(cells.shape).reshape(-1)
    out = [
        torch.cat([c.reshape(1), value[cells.reshape(-1) == i]]).prod()
        for i, c in enumerate(x.reshape(-1))
    ]
    return torch.stack(out).reshape(x.shape) if out else x * 1


_MASK = np.array([[True, False, True], [False, False, True]])
_PLACES: list[tuple[tuple[int, ...], tuple[int, ...], Any]] = [
    ((4,), (), (1,)), ((4,), (2,), (slice(1, 3),)), ((4,), (2,), (slice(None, None, -2),)),
    ((2, 3), (2,), (slice(None), -1)), ((2, 3), (1,), (..., 0)), ((2, 3), (3,), (1,)), ((2, 3), (), (...,)),
    ((2, 3), (1, 2, 1), (None, slice(None), None, 1)), ((), (), ()), ((0, 3), (0,), (slice(None), 1)),
    ((4,), (0,), (slice(2, 2),)), ((2, 3), (3,), (_MASK,)), ((2, 3), (), _MASK), ((2, 3), (3,), (np.array([True, False]),)),
    ((4,), (3,), (np.array([2, 0, 3]),)), ((4,), (5,), (np.array([2, 0, 2, -1, 2]),)), ((4,), (), (np.array([1, 1]),)),
    ((4,), (2, 1), (np.array([[0, 3], [3, 0]]),)), ((3, 2), (4, 2), (np.array([0, 2, 0, 0]),)),
    ((2, 3), (4,), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -2]))), ((4,), (0,), (np.array([], int),)),
    *[(shape, np.zeros(shape)[index].shape, index) for shape, index in MIXED],
]  # fmt: skip
"""The shape of x, the shape of the value, the index."""


def _samples(name: str, domain: str, **static: Any) -> list[Sample]:
    return [
        Sample((values(name, x, domain), values(name + "2", v, domain)), {"index": index, **static})
        for x, v, index in _PLACES
    ] + [
        Sample((values(name, (2, 3), domain), 0.7), {"index": (1,), **static}),
        Sample((values(name, (4,), domain), 0.7), {"index": (np.array([1, 3, 1]),), **static}),
        Sample((0.3 + values(name, (4,), domain), values(name, (1, 2), domain)), {"index": (None, slice(0, 2)), **static}),
    ]  # fmt: skip


def _distinct(name: str) -> list[Sample]:
    """No value near another, so that finite differences see no kink."""
    out = []
    for x, v, index in _PLACES:
        both = values(f"{name}{v}", (int(np.prod(x)) + int(np.prod(v)),), "distinct")
        a, b = both[: int(np.prod(x))].reshape(x), both[int(np.prod(x)) :].reshape(v)
        out.append(Sample((a, b), {"index": index}))
    return [*out, Sample((values(name, (4,), "distinct"), 0.05), {"index": (np.array([1, 3, 1]),)})]


def _complex(name: str, **static: Any) -> list[Sample]:
    return [
        Sample((values(name, (4,), "complex"), values(name, v, "complex")), {"index": index, **static})
        for v, index in [((2,), (slice(1, 3),)), ((), (0,)), ((4,), (np.array([2, 0, 2, -1]),))]
    ]  # fmt: skip


_TIED = [
    Sample((np.array(x), np.array(v)), {"index": (np.array(i),)})
    for x, v, i in [([1.0, 2.0, 3.0], [1.0, 1.0, 2.0, 0.0, 9.0], [0, 0, 1, 1, 2]), ([1.0, 1.0], [1.0, 1.0, 1.0], [0, 0, 0]),
                    ([2.0, 2.0], [2.0], [1])]
]  # fmt: skip
_WITH_ZEROS = [
    Sample((np.array(x), np.array(v)), {"index": (np.array([0, 0, 1, 1, 1, 3]),)})
    for x in ([2.0, 0.0, 3.0, 5.0], [0.0, 2.0, 0.0, 0.0])
    for v in ([0.0, 3.0, 0.0, 0.0, 2.0, 4.0], [1.0, 2.0, 5.0, 0.0, 3.0, 0.0], [0.0] * 6, [0.0, 0.0, 1.0, 2.0, 3.0, 4.0])
]  # fmt: skip

RECORDS = [
    Record("set_at", _one_by_one(lambda old, new: new),
           _samples("set_at", "any", reuse=False) + _complex("set_at", reuse=False), _torch_set),
    Record("sum_at", _one_by_one(lambda old, new: old + new), _samples("sum_at", "any") + _complex("sum_at"),
           _torch_sum),
    Record("prod_at", _one_by_one(lambda old, new: old * new),
           [*_samples("prod_at", "not0"), *_complex("prod_at"), *_WITH_ZEROS], _torch_prod),
    Record("max_at", _one_by_one(max), _distinct("max_at"), _torch_at("amax"), _TIED),
    Record("min_at", _one_by_one(min), _distinct("min_at"), _torch_at("amin"), _TIED),
    *[
        Record(name, reference, [Sample((np.zeros(x),), {"index": index}) for x, _, index in _PLACES],
               differentiable=False)
        for name, reference in [("positions", _cells), ("stays", _stays)]
    ],
]  # fmt: skip
