"""LSTMs and GRUs, a batch's rows shared between threads, in the place of `cpu/recurrent.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import recurrent as plain
from . import team
from .shared import Call, Shared, in_order, in_rows

Array = Any
FEWEST = 8
"""Rows of a batch that are worth another thread."""
MULTIPLES = (4, 12, 24)
"""How many rows OpenBLAS's kernels take at a time, by the processor: others are multiplied by
other code."""
ROW = 1 << 15
"""Numbers of the weight for each row of a thread, at most: every thread has to go through all of
the weight at every step, where NumPy's product would share it out."""


def _call(
    kernel: str, sizes: tuple[int, int, int], gates: int, summed: int, words: list[Any],
    scratch: int, results: tuple[Array, ...],
) -> Call | None:  # fmt: skip
    """What a kernel is to do; None if it would take longer than NumPy.

    Args:
        sizes: steps, rows of the batch, units.
        gates: of how many units' numbers the products' results are.
        scratch: how many numbers a row of the batch needs.
    """
    _, batch, n = sizes
    weight = n * gates * summed
    call = Call(
        kernel, ("tanh",), sizes, batch, batch * weight, summed, words, lambda rows: rows * scratch,
        results, FEWEST, MULTIPLES,
    )  # fmt: skip
    slow = team.hands() > 1 and weight > ROW * batch // call.threads
    return None if 0 in sizes or slow else call


def _rows(a: Array | None) -> list[Any]:
    """An array of three axes as words: where it is, and how far it is from step to step and from
    row to row."""
    return [0, 0, 0] if a is None else [a, *(s // a.itemsize for s in a.strides[:2])]


def _lstm(x: Array, weight: Array, h0: Array, c0: Array) -> Call | None:
    if not in_rows(x) or not in_order(h0, c0):
        return None
    steps, (batch, n) = len(x), c0.shape
    states, cells = (np.empty((steps, batch, n), x.dtype) for _ in range(2))
    gates = np.empty((steps, 4, batch, n), x.dtype)
    words = [*_rows(x), np.ascontiguousarray(weight.T), h0, c0, states, cells, gates]
    out = states, cells, gates.swapaxes(1, 2)
    return _call("lstm", (steps, batch, n), 4, n, words, 4 * n, out)


def _lstm_grad(
    gates: Array, c: Array, weight: Array, c0: Array,
    of_h: Array | None, of_c: Array | None, of_gates: Array | None,
) -> Call | None:  # fmt: skip
    gates = gates.swapaxes(1, 2)
    if of_gates is not None or not in_order(gates, c, weight, c0) or not in_rows(of_h, of_c):
        return None
    steps, batch, n = c.shape
    out = np.empty((steps, batch, 4 * n), c.dtype), np.empty(c.shape, c.dtype)
    words = [gates, c, weight, c0, *_rows(of_h), *_rows(of_c), *out]
    return _call("lstm_grad", (steps, batch, n), 1, 4 * n, words, 2 * n, out)


def _gru(x: Array, weight: Array, bias: Array | None, h0: Array) -> Call | None:
    if not in_rows(x) or not in_order(h0, bias):
        return None
    steps, (batch, n) = len(x), h0.shape
    states = np.empty((steps, batch, n), x.dtype)
    gates = np.empty((steps, 4, batch, n), x.dtype)
    bias = 0 if bias is None else bias
    words = [*_rows(x), np.ascontiguousarray(weight.T), bias, h0, states, gates]
    out = states, gates.swapaxes(1, 2)
    return _call("gru", (steps, batch, n), 3, n, words, 3 * n, out)


def _gru_grad(
    gates: Array, h: Array, weight: Array, h0: Array, of_h: Array | None, of_gates: Array | None
) -> Call | None:
    gates = gates.swapaxes(1, 2)
    if of_gates is not None or not in_order(gates, h, weight, h0) or not in_rows(of_h):
        return None
    steps, batch, n = h.shape
    all_d, all_u = (np.empty((steps, batch, 3 * n), h.dtype) for _ in range(2))
    out = all_d, all_u, np.empty(h.shape, h.dtype)
    words = [gates, h, weight, h0, *_rows(of_h), *out]
    return _call("gru_grad", (steps, batch, n), 1, 3 * n, words, 0, out)


_FILE = "rnn_kernels"
FORMS: dict[Any, Any] = {
    plain.lstm_sequence: Shared(plain.lstm_sequence, _FILE, ["lstm"], _lstm),
    plain.lstm_sequence_grad: Shared(plain.lstm_sequence_grad, _FILE, ["lstm_grad"], _lstm_grad),
    plain.gru_sequence: Shared(plain.gru_sequence, _FILE, ["gru"], _gru),
    plain.gru_sequence_grad: Shared(plain.gru_sequence_grad, _FILE, ["gru_grad"], _gru_grad),
}
"""The forms of functions."""
