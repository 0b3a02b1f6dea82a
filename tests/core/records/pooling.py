"""Sliding windows."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from .record import *


def _windows(length: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, size: Any) -> Any:
    """(window, element's number, its place) one by one; places outside are left out."""
    for window in itertools.product(*map(range, size)):
        for number, element in enumerate(itertools.product(*map(range, kernel))):
            place = tuple(
                o * s - p + j * e
                for o, s, p, j, e in zip(window, stride, padding, element, dilation, strict=True)
            )
            if all(0 <= at < n for at, n in zip(place, length, strict=True)):
                yield window, number, place


def _max_pool(x: np.ndarray, size: Any, **how: Any) -> np.ndarray:
    out = np.full((*x.shape[: -len(size)], *size), -math.inf)
    for window, _, place in _windows(x.shape[-len(size) :], size=size, **how):
        out[(..., *window)] = np.maximum(out[(..., *window)], x[(..., *place)])
    return out


def _max_pool_grad(g: np.ndarray, winners: np.ndarray, length: Any, **how: Any) -> np.ndarray:
    x = np.zeros((*g.shape[: -len(length)], *length))
    for window, k, place in _windows(length, size=g.shape[-len(length) :], **how):
        x[(..., *place)] += g[(..., *window)] * (winners[(..., *window)] == k)
    return x


def _max_pool_at(x: np.ndarray, winners: np.ndarray, kernel: Any, **how: Any) -> np.ndarray:
    d = len(kernel)
    out = np.zeros(winners.shape)
    for window, k, place in _windows(x.shape[-d:], kernel, size=winners.shape[-d:], **how):
        out[(..., *window)] += x[(..., *place)] * (winners[(..., *window)] == k)
    return out


def _sum(x: np.ndarray, size: Any, **how: Any) -> np.ndarray:
    out = np.zeros((*x.shape[: -len(size)], *size))
    one = (1,) * len(size)
    for window, _, place in _windows(x.shape[-len(size) :], size=size, dilation=one, **how):
        out[(..., *window)] += x[(..., *place)]
    return out


def _spread(g: np.ndarray, length: Any, **how: Any) -> np.ndarray:
    x = np.zeros((*g.shape[: -len(length)], *length))
    d, one = len(length), (1,) * len(length)
    for window, _, place in _windows(length, size=g.shape[-d:], dilation=one, **how):
        x[(..., *place)] += g[(..., *window)]
    return x


_POOLS: list[tuple[tuple[int, ...], dict[str, Any], tuple[int, ...]]] = [
    (shape, {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}, size)
    for shape, kernel, stride, padding, dilation, size in [
        ((5,), (2,), (2,), (0,), (1,), (2,)), ((2, 7), (3,), (2,), (1,), (2,), (3,)), ((2, 4, 4), (2, 2), (2, 2), (0, 0), (1, 1), (2, 2)),
        ((2, 4, 5), (3, 2), (2, 1), (1, 0), (1, 2), (2, 3)), ((5, 5), (3, 3), (2, 2), (1, 1), (1, 1), (3, 3)),
        ((1, 4, 4), (3, 3), (2, 2), (0, 0), (1, 1), (2, 2)),  # the last windows go beyond the end
        ((3, 2, 4), (2, 1, 3), (1, 2, 2), (0, 0, 1), (1, 1, 1), (2, 1, 2)), ((0, 4), (2,), (2,), (0,), (1,), (2,)),
        ((3, 3), (1, 1), (1, 1), (0, 0), (1, 1), (3, 3)),
    ]
]  # fmt: skip
"""A shape, the windows, and how many of them there are."""


def _sums() -> Any:
    for shape, how, size in _POOLS:
        yield shape, {k: v for k, v in how.items() if k != "dilation"}, size


def _winners(shape: Any, how: Any, size: Any) -> np.ndarray:
    """For each window, the number of an element that is inside."""
    rng, lead = np.random.default_rng(0), shape[: -len(size)]
    winners = np.zeros((*lead, *size), "uint8")
    for window, k, _ in _windows(shape[-len(size) :], size=size, **how):
        there = np.ones(lead) if k == 0 else rng.random(lead) < 0.4
        unset = winners[(..., *window)] == 0
        winners[(..., *window)] = np.where(there.astype(bool) | unset, k, winners[(..., *window)])
    return winners


def _first(function: Any) -> Any:
    return lambda *args, **kwargs: function(*args, **kwargs)[0]


RECORDS = [
    Record(
        "max_pool", _max_pool,
        [Sample((values("max_pool", s, "distinct"),), {**how, "size": size}) for s, how, size in _POOLS],
        around=_first,  # the winners are whole numbers; the gradient is of them
    ),
    of(
        "max_pool_grad", _max_pool_grad,
        *[
            Sample((values("g", (*s[: -len(size)], *size), "any"), _winners(s, how, size)), {**how, "length": s[-len(size) :]})
            for s, how, size in _POOLS
        ],
    ),
    of(
        "max_pool_at", _max_pool_at,
        *[Sample((values("at", s, "any"), _winners(s, how, size)), how) for s, how, size in _POOLS],
    ),
    of("window_sum", _sum, *[Sample((values("ws", s, "any"),), {**how, "size": size}) for s, how, size in _sums()]),
    of(
        "window_spread", _spread,
        *[
            Sample((values("wg", (*s[: -len(size)], *size), "any"),), {**how, "length": s[-len(size) :]})
            for s, how, size in _sums()
        ],
    ),
]  # fmt: skip
