"""Connectionist temporal classification: the sum over all alignments, one after the other."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from backprop import rules

from .record import *

_LABELS = np.array([[0, 1, 0, 1, 0], [0, 2, 0, 0, 0]])  # 1 1, and 2
_STEPS, _LENGTHS = np.array([3, 2]), np.array([2, 1])
_ONE = np.array([[0, 1, 0], [0, 0, 0]])  # 1, and nothing
_NAN = {"impossible": math.nan}


def _alignments(row: np.ndarray, length: int, steps: int, symbols: int) -> list[tuple[int, ...]]:
    """All that leave the labels when repeats are merged and blanks (0) dropped."""
    labels = [int(c) for c in row[1::2][:length]]
    every = itertools.product(range(symbols), repeat=steps)
    return [a for a in every if [k for k, _ in itertools.groupby(a) if k] == labels]


def _chances(logs: np.ndarray, labels: Any, steps: Any, lengths: Any, n: int) -> dict[Any, float]:
    """The probability of each alignment of a sequence."""
    found = _alignments(labels[n], int(lengths[n]), int(steps[n]), logs.shape[2])
    return {a: math.exp(sum(logs[t, n, c] for t, c in enumerate(a))) for a in found}


def _likelihood(logs: np.ndarray, labels: Any, steps: Any, lengths: Any, **_: Any) -> np.ndarray:
    every = [_chances(logs, labels, steps, lengths, n) for n in range(len(labels))]
    return np.array([math.log(sum(e.values())) if e else -math.inf for e in every])


def _occupancy(
    g: np.ndarray, walks: Any, logs: np.ndarray, labels: Any, steps: Any, lengths: Any, **_: Any
) -> np.ndarray:
    out = np.zeros(logs.shape)
    for n in range(len(labels)):
        chances = _chances(logs, labels, steps, lengths, n)
        for alignment, chance in chances.items():
            for t, c in enumerate(alignment):
                out[t, n, c] += g[n] * chance / sum(chances.values())
    return out


def _first(function: Any) -> Any:
    return lambda *args, **static: function(*args, **static)[0]


def _with_walks(function: Any) -> Any:
    """The walks are a function of the rest: what they depend on is not to be varied alone."""

    def of_rest(g: Any, logs: Any, *rest: Any, **static: Any) -> Any:
        _, walks = rules.ctc_likelihood(logs, *rest, **static)
        return function(g, walks, logs, *rest, **static)

    return of_rest


def _logs(*shape: int) -> np.ndarray:
    return values("ctc", shape, "any") - 1.0


RECORDS = [
    Record(
        "ctc_likelihood", _likelihood,
        [
            Sample((_logs(3, 2, 3), _LABELS, _STEPS, _LENGTHS), _NAN),
            Sample((_logs(2, 2, 2), _ONE, np.array([2, 1]), np.array([1, 0])), _NAN),
        ],
        around=_first,
    ),
    Record(
        "ctc_occupancy",
        lambda g, logs, *rest, **static: _occupancy(g, None, logs, *rest, **static),
        [
            Sample((values("g", (2,), "any"), _logs(3, 2, 3), _LABELS, _STEPS, _LENGTHS), _NAN),
            Sample((values("g", (2,), "any"), _logs(2, 2, 2), _ONE, np.array([2, 1]),
                    np.array([1, 0])), _NAN),
        ],
        around=_with_walks,
    ),
]  # fmt: skip
