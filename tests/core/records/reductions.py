"""Reductions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from .record import *
from .scans import ZEROS


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


def _diff(x: np.ndarray, axis: int, n: int) -> np.ndarray:
    for _ in range(min(n, x.shape[axis])):
        behind = np.take(x, range(1, x.shape[axis]), axis)
        x = behind - np.take(x, range(x.shape[axis] - 1), axis)
    return x


def _logsumexp_of_none(record: Record) -> Record:
    """With sums of nothing: their logarithm is -inf, where finite differences say nothing."""
    empty = [
        Sample((np.zeros(s),), {"axis": axis, "keepdims": keepdims})
        for s, axis in [((0,), None), ((0, 3), 0), ((2, 0), (0, 1))]
        for keepdims in (False, True)
    ]
    infinite = np.array([[1.0, -np.inf], [-np.inf, -np.inf], [np.inf, 0.0]])
    return replace(record, kinks=[*empty, Sample((infinite[:2],), {"axis": 1, "keepdims": False})])


def _torch_prod(x: Any, axis: Any, keepdims: bool) -> Any:
    """Axis by axis: PyTorch's takes one."""
    for a in sorted((d % x.ndim for d in np.atleast_1d(dims(x, axis))), reverse=True):
        x = x.prod(int(a), keepdim=keepdims)
    return x


def _of_spread(name: str, reference: Any) -> Record:
    """Variance and standard deviation, with corrections; where there is no spread, PyTorch says."""

    def torch(x: Any, axis: Any, correction: float, keepdims: bool) -> Any:
        dim = dims(x, axis)
        if dim == ():  # which PyTorch takes for all axes
            return (x - x) ** 2
        if x.numel() == 0:  # of which it warns
            return x.sum(dim=dim, keepdim=keepdims)
        return getattr(x, name)(dim=dim, correction=correction, keepdim=keepdims)

    def ours(x: np.ndarray, axis: Any, correction: float, keepdims: bool) -> Any:
        return reference(x, axis=axis, ddof=correction, keepdims=keepdims)

    samples = [
        Sample((values(name, s, "any"),), {"axis": axis, "correction": correction, "keepdims": keepdims})
        for s, axis in AXES if np.prod(np.array(s)[list(np.atleast_1d(dims(np.empty(s), axis)))]) > 1
        for correction, keepdims in [(0.0, False), (0.5, True), (1, False)]
    ] + [Sample((values(name, (0, 3), "any"),), {"axis": 1, "correction": 0.0, "keepdims": False})]  # fmt: skip
    flat = [[2.0, 2.0, 2.0], [1.0, 4.0, 1.0]]
    kinks = [
        Sample((np.array(flat),), {"axis": axis, "correction": 1, "keepdims": keepdims})
        for axis in (1, None)
        for keepdims in (False, True)
    ]
    return Record(name, ours, samples, torch, kinks)


def _complexes(record: Record) -> Record:
    extra = [
        Sample((values(record.name, s, "complex"),), {"axis": axis, "keepdims": False})
        for s, axis in [((4,), None), ((2, 3), 1), ((2, 3, 2), (0, 2))]
    ]
    return replace(record, samples=record.samples + extra)


_KINKS_OF_PROD = [(x, axis) for x in ZEROS for axis in (-1, None, (0,))] + [
    ([[[0.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [0.0, 0.0]]], (0, 2))
]
"""No kinks, but where the products of all but some are 0 or not."""

RECORDS = [
    _complexes(reduction("sum", np.sum, "any",
              lambda x, axis, keepdims: x.sum(dim=dims(x, axis), keepdim=keepdims))),
    _complexes(reduction("mean", np.mean, "any",
              lambda x, axis, keepdims: x.mean(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)])),
    _complexes(reduction("prod", np.prod, "any", _torch_prod, kinks=_KINKS_OF_PROD)),
    _of_spread("var", np.var),
    _of_spread("std", np.std),
    reduction("max", np.max, "distinct",
              lambda x, axis, keepdims: x.amax(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)],
              kinks=[([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], 1), ([[1.0, 1.0], [1.0, 0.0]], None)]),
    reduction("min", np.min, "distinct",
              lambda x, axis, keepdims: x.amin(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)],
              kinks=[([[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]], 1), ([[1.0, 0.0], [0.0, 0.0]], (0, 1))]),
    _logsumexp_of_none(reduction("logsumexp", _logsumexp, "any",
              lambda x, axis, keepdims: x.logsumexp(dim=dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)])),
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
    of(
        "bp.diff", _diff,
        *[
            Sample((values("diff", s, domain),), {"axis": axis, "n": n})
            for s, axis, n, domain in [((4,), -1, 1, "any"), ((4,), 0, 3, "any"), ((4,), 0, 6, "any"), ((2, 3), 0, 1, "any"),
                                       ((2, 3), 1, 2, "any"), ((2, 3, 2), 1, 1, "any"), ((0, 3), 1, 1, "any"), ((0,), 0, 1, "any"),
                                       ((4,), 0, 0, "any"), ((4,), 0, 2, "complex")]
        ],
        torch=lambda x, axis, n: x.diff(n=n, dim=axis) if n else x * 1,
    ),
]  # fmt: skip
