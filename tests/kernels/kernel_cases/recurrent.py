"""Recurrent layers: few steps and many, each gradient alone and all together."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import Table, array

_SIZES = [(3, 2, 4), (1, 1, 1), (7, 3, 5), (2, 0, 3)]


def _arrays(dtype: str, *shapes: Any) -> tuple[Any, ...]:
    """Small numbers, as a step's results go into the next. None stays None."""
    small = np.dtype(dtype).type(0.4)
    return tuple(None if s is None else array(s, dtype, i) * small for i, s in enumerate(shapes))


def _rnn(dtype: str) -> list[Any]:
    return [
        (_arrays(dtype, (steps, n, h), (h, h), (n, h)), {"nonlinearity": kind})
        for steps, n, h in _SIZES
        for kind in ("tanh", "relu")
    ]


def _rnn_grad(dtype: str) -> list[Any]:
    return [
        (_arrays(dtype, size, size, (size[2], size[2])), {"nonlinearity": kind})
        for size in _SIZES
        for kind in ("tanh", "relu")
    ]


def _lstm(dtype: str) -> list[Any]:
    shapes = [((steps, n, 4 * h), (4 * h, h), (n, h), (n, h)) for steps, n, h in _SIZES]
    shapes += [((1, 2, 12), (12, 2), (2, 2), (2, 3))]  # a projected state
    return [(_arrays(dtype, *s), {}) for s in shapes]


def _lstm_grad(dtype: str) -> list[Any]:
    return [
        (_arrays(dtype, gates, (steps, n, h), (4 * h, h), (n, h), *given), {})
        for steps, n, h in _SIZES
        for gates in [(steps, n, 4, h)]
        for all_three in [((steps, n, h), (steps, n, h), gates)]
        for which in ((0, 1, 2), (0,), (1,), (2,))
        for given in [[s if i in which else None for i, s in enumerate(all_three)]]
    ]


def _gru(dtype: str) -> list[Any]:
    return [
        (_arrays(dtype, (steps, n, 3 * h), (3 * h, h), bias, (n, h)), {})
        for steps, n, h in _SIZES
        for bias in (None, (3 * h,))
    ]


def _gru_grad(dtype: str) -> list[Any]:
    return [
        (_arrays(dtype, gates, (steps, n, h), (3 * h, h), (n, h), *given), {})
        for steps, n, h in _SIZES
        for gates in [(steps, n, 4, h)]
        for given in (((steps, n, h), gates), ((steps, n, h), None), (None, gates))
    ]


CASES: Table = {
    "rnn_sequence": _rnn,
    "rnn_sequence_grad": _rnn_grad,
    "lstm_sequence": _lstm,
    "lstm_sequence_grad": _lstm_grad,
    "gru_sequence": _gru,
    "gru_sequence_grad": _gru_grad,
}
LAYOUTS = list(CASES)
