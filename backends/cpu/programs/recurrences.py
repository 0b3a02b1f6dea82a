"""LSTMs and GRUs, a batch's rows shared between threads, in the place of `cpu/recurrent.py`.

A form is tried when arrays laid out so first come: used if it gave the bits of the NumPy function
on random numbers. What it is not written for goes to that function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise, product, starmap
from typing import Any, NamedTuple

import numpy as np

from .. import recurrent as plain
from ..threads import LINES
from . import kernels, team, ufuncs
from .calls import Part, Row
from .products import STRETCHES, WORK
from .program import Program

Array = Any
_FEW = 5
"""Steps of a trial, at most: more of them are the same again. (For fewer the plain functions do not
turn the weight.)"""
FEWEST = 8
"""Rows of a batch that are worth another thread."""
MULTIPLES = (4, 12, 24)
"""How many rows OpenBLAS's kernels take at a time, by the processor: others are multiplied by
other code."""
ROW = 1 << 15
"""Numbers of the weight for each row of a thread, at most: every thread has to go through all of
the weight at every step, where NumPy's product would share it out."""


class _Call(NamedTuple):
    """What a kernel is to do.

    Attributes:
        sizes: steps, rows of the batch, units.
        gates: of how many units' numbers the products' results are.
        summed: the products' sums are so long.
        words: what comes behind the kernel's head: arrays, and numbers.
        scratch: how many numbers a row of the batch needs.
        results: what the function returns.
    """

    sizes: tuple[int, int, int]
    gates: int
    summed: int
    words: list[Any]
    scratch: int
    results: tuple[Array, ...]


class _How(NamedTuple):
    """How it is done: the length of the stretches of a sum (0: one), and what the rows that a
    thread begins with are a multiple of."""

    stretch: int
    multiple: int


def _in_order(*arrays: Array | None) -> bool:
    return all(a is None or (a.flags.c_contiguous and a.flags.aligned) for a in arrays)


def _in_rows(*arrays: Array | None) -> bool:
    """Whether each row along the last axis lies in one piece."""
    there = [a for a in arrays if a is not None]
    whole = all(a.flags.aligned and not any(s % a.itemsize for s in a.strides) for a in there)
    return whole and all(a.strides[-1] == a.itemsize for a in there)


def _rows(a: Array | None) -> list[Any]:
    """An array of three axes as words: where it is, and how far it is from step to step and from
    row to row."""
    return [0, 0, 0] if a is None else [a, *(s // a.itemsize for s in a.strides[:2])]


def _lstm(x: Array, weight: Array, h0: Array, c0: Array) -> _Call | None:
    if not _in_rows(x) or not _in_order(h0, c0):
        return None
    steps, (batch, n) = len(x), c0.shape
    states, cells = (np.empty((steps, batch, n), x.dtype) for _ in range(2))
    gates = np.empty((steps, 4, batch, n), x.dtype)
    words = [*_rows(x), np.ascontiguousarray(weight.T), h0, c0, states, cells, gates]
    out = states, cells, gates.swapaxes(1, 2)
    return _Call((steps, batch, n), 4, n, words, 4 * n, out)


def _lstm_grad(
    gates: Array, c: Array, weight: Array, c0: Array,
    of_h: Array | None, of_c: Array | None, of_gates: Array | None,
) -> _Call | None:  # fmt: skip
    gates = gates.swapaxes(1, 2)
    if of_gates is not None or not _in_order(gates, c, weight, c0) or not _in_rows(of_h, of_c):
        return None
    steps, batch, n = c.shape
    out = np.empty((steps, batch, 4 * n), c.dtype), np.empty(c.shape, c.dtype)
    words = [gates, c, weight, c0, *_rows(of_h), *_rows(of_c), *out]
    return _Call((steps, batch, n), 1, 4 * n, words, 2 * n, out)


def _gru(x: Array, weight: Array, bias: Array | None, h0: Array) -> _Call | None:
    if not _in_rows(x) or not _in_order(h0, bias):
        return None
    steps, (batch, n) = len(x), h0.shape
    states = np.empty((steps, batch, n), x.dtype)
    gates = np.empty((steps, 4, batch, n), x.dtype)
    bias = 0 if bias is None else bias
    words = [*_rows(x), np.ascontiguousarray(weight.T), bias, h0, states, gates]
    return _Call((steps, batch, n), 3, n, words, 3 * n, (states, gates.swapaxes(1, 2)))


def _gru_grad(
    gates: Array, h: Array, weight: Array, h0: Array, of_h: Array | None, of_gates: Array | None
) -> _Call | None:
    gates = gates.swapaxes(1, 2)
    if of_gates is not None or not _in_order(gates, h, weight, h0) or not _in_rows(of_h):
        return None
    steps, batch, n = h.shape
    all_d, all_u = (np.empty((steps, batch, 3 * n), h.dtype) for _ in range(2))
    out = all_d, all_u, np.empty(h.shape, h.dtype)
    words = [gates, h, weight, h0, *_rows(of_h), *out]
    return _Call((steps, batch, n), 1, 3 * n, words, 0, out)


class Recurrence:
    """The form of a function over a sequence; `describe` says what its kernel is to do, or None
    where it is not written for these arrays."""

    def __init__(
        self, function: Callable[..., Any], kernel: str, describe: Callable[..., _Call | None]
    ) -> None:
        self.plain, self.kernel, self._describe = function, kernel, describe
        self._known: dict[Any, _How | None] = {}

    def __call__(self, *args: Array | None) -> tuple[Array, ...]:
        key = team.hands(), *map(_layout, args)
        if key not in self._known:
            self._known[key] = self._tried(args)
        how = self._known[key]
        call = None if how is None else self._describe(*args)
        if call is None or how is None:
            out: tuple[Array, ...] = self.plain(*args)
            return out
        _program(self.kernel, call, how)()
        return call.results

    def prepare(self, dtype: str) -> None:
        """Compile what is likely to be needed."""
        kernels.copied("rnn_kernels", self.kernel, dtype)

    def _tried(self, args: Sequence[Array | None]) -> _How | None:
        """The way that gives the bits of the plain function; None where there is none."""
        rng = np.random.default_rng(0)
        trial = [_alike(a, rng) for a in args]
        call = self._describe(*trial)
        if call is None or not _covered(call, args):
            return None
        wanted = self.plain(*trial)
        multiples = MULTIPLES if _threads(call) > 1 else MULTIPLES[:1]
        for how in starmap(_How, product([s for s in STRETCHES if s < call.summed], multiples)):
            _program(self.kernel, call, how)()
            if all(_same(x, y) for x, y in zip(call.results, wanted, strict=True)):
                return how
        return None


def _layout(a: Array | None) -> Any:
    """What matters of an array for the bits of products; not how many steps there are, if many."""
    if a is None:
        return None
    if a.ndim > 2:
        return a.dtype, min(len(a), _FEW), a.shape[1:]
    return a.dtype, a.shape, a.strides


def _covered(call: _Call, args: Sequence[Array | None]) -> bool:
    """Whether there is a way to do it, and it is none that takes longer."""
    dtypes = {a.dtype for a in args if a is not None}
    if 0 in call.sizes or len(dtypes) > 1 or not kernels.available():
        return False
    (_, batch, n), threads = call.sizes, _threads(call)
    weight = n * call.gates * call.summed
    if team.hands() > 1 and weight > ROW * batch // threads:
        return False
    return ufuncs.loop("tanh", dtypes.pop().name) is not None


def _threads(call: _Call) -> int:
    """How many threads there is work for."""
    _, batch, n = call.sizes
    work = batch * n * call.gates * call.summed
    return max(min(team.hands(), work // WORK, batch // FEWEST), 1)


def _alike(a: Array | None, rng: Any) -> Array | None:
    """Random numbers in memory laid out likewise, of few steps if it has three axes or more."""
    if a is None:
        return None
    shape = (min(len(a), _FEW), *a.shape[1:]) if a.ndim > 2 else a.shape
    axes = sorted(range(a.ndim), key=lambda i: -a.strides[i])
    made = rng.standard_normal([shape[i] for i in axes], a.dtype)
    return made.transpose(np.argsort(axes))


def _same(x: Array, y: Array) -> bool:
    a, b = (np.ascontiguousarray(v).view(f"u{v.itemsize}") for v in (x, y))
    return bool(np.array_equal(a, b))


def _program(name: str, call: _Call, how: _How) -> Program:
    (steps, batch, n), dtype = call.sizes, call.results[0].dtype
    tanh = ufuncs.loop("tanh", dtype.name)
    assert tanh is not None
    threads = _threads(call)
    kernel = kernels.address(name, dtype.name, "rnn_kernels")
    given = [a.ctypes.data if isinstance(a, np.ndarray) else a for a in call.words]
    kept: list[Any] = [call.words]
    row: Row = []
    starts = [batch * i // threads // how.multiple * how.multiple for i in range(threads)]
    for start, stop in pairwise([*dict.fromkeys(starts), batch]):
        of_rows = steps, batch, n, start, stop - start
        head = (kernels.function("gemm", dtype), *tanh, *of_rows, how.stretch)
        scratch = []
        if call.scratch:
            kept.append(np.empty((stop - start) * call.scratch + LINES, dtype))
            scratch.append(kept[-1].ctypes.data)
        words = (*head, *given, *scratch, *[0] * ufuncs.SPACE)
        row.append(Part(kernel, words, light=False))
    return Program([row], [], kept)


FORMS: dict[Any, Any] = {
    plain.lstm_sequence: Recurrence(plain.lstm_sequence, "lstm", _lstm),
    plain.lstm_sequence_grad: Recurrence(plain.lstm_sequence_grad, "lstm_grad", _lstm_grad),
    plain.gru_sequence: Recurrence(plain.gru_sequence, "gru", _gru),
    plain.gru_sequence_grad: Recurrence(plain.gru_sequence_grad, "gru_grad", _gru_grad),
}
"""The forms of kernels."""
