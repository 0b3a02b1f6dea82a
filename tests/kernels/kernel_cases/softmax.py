"""Softmax and the cross-entropy of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import Table, array


def _softmaxes(dtype: str) -> list[Any]:
    cases = [((4,), 0), ((2, 3), 1), ((2, 3), -2), ((2, 3, 4), 1), ((0, 3), 1), ((2, 1), 1)]
    # Of numbers up to about 10 the largest need not be taken off, of those up to 100 it must.
    return [((array(s, dtype) * k,), {"axis": axis}) for s, axis in cases for k in (3, 40)]


def _slopes(dtype: str) -> list[Any]:
    return [((x, np.abs(x)), kwargs) for (x,), kwargs in _softmaxes(dtype)]


def _targets(n: int, classes: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, classes, n)


def _ignored(shape: tuple[int, ...], classes: int, ignore_index: int) -> np.ndarray:
    """Classes, every other one of them the one that does not count."""
    target = np.random.default_rng(2).integers(0, classes, shape)
    target.reshape(-1)[::2] = ignore_index
    return target


_ROWS = [(1, 1), (4, 3), (7, 10), (0, 3)]
_MORE = [((4,), 3), ((2, 5), 3), ((2, 3, 4), 2), ((0, 2), 3), ((2, 0), 3)]
"""Shapes of targets, and numbers of classes."""


CASES: Table = {
    "softmax": _softmaxes,
    "softmax_grad": _slopes,
    "softmax_cross_entropy": lambda dtype: [
        ((array((n, c), dtype) * k, _targets(n, c)), {}) for n, c in _ROWS for k in (3, 40)
    ] + [
        ((array((s[0], c, *s[1:]), dtype) * 10, _ignored(s, c, i)), {"ignore_index": i})
        for s, c in _MORE
        for i in (-100, 1)
    ],
    "softmax_cross_entropy_grad": lambda dtype: [
        ((array(n, dtype), np.abs(array((n, c), dtype)), _targets(n, c)), {}) for n, c in _ROWS
    ] + [
        ((array(s, dtype), np.abs(array((s[0], c, *s[1:]), dtype)), _ignored(s, c, i)),
         {"ignore_index": i})
        for s, c in _MORE
        for i in (-100, 1)
    ],
}  # fmt: skip
LAYOUTS = ["softmax", "softmax_cross_entropy", "softmax_grad"]
