"""Connectionist temporal classification."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backends import portable

from .common import Table, array


def _sequences(dtype: str, count: int, symbols: int, width: int) -> list[np.ndarray]:
    """Log-probabilities, labels with blanks, steps and lengths of some sequences: some short, one
    empty, one without a step, one that no alignment fits, one that has impossible symbols."""
    rng = np.random.default_rng(count + symbols)
    lengths = np.minimum([width, 1, 0, width, 0, width], width)
    steps = np.array([count, (count + 1) // 2, count, min(1, count), 0, count])
    logs = array((count, 6, symbols), dtype)
    logs = logs - np.log(np.exp(logs).sum(2, keepdims=True, dtype=dtype))
    logs[:, 5, 1] = -math.inf
    labels = np.zeros((6, 2 * width + 1), int)
    there = np.arange(width) < lengths[:, None]
    labels[:, 1::2] = np.where(there, rng.integers(1, symbols, (6, width)), 0)
    return [logs, labels, steps, lengths]


def _likelihoods(dtype: str) -> list[Any]:
    return [(tuple(_sequences(dtype, *sizes)), {}) for sizes in [(1, 2, 1), (6, 3, 2), (9, 4, 4)]]


def _occupancies(dtype: str) -> list[Any]:
    cases = []
    for (logs, *rest), _ in _likelihoods(dtype):
        _, walks = portable.ctc_likelihood(logs, *rest)
        for impossible in (0.0, math.nan):
            args = array(6, dtype, 3), walks, logs, *rest
            cases.append((args, {"impossible": impossible}))
    return cases


CASES: Table = {"ctc_likelihood": _likelihoods, "ctc_occupancy": _occupancies}
LAYOUTS = ["ctc_likelihood", "ctc_occupancy"]
