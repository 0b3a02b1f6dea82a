"""Recurrent layers: for each step one matrix product and one kernel."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from .. import portable
from .gemm import matmul
from .launch import FLOATS, Source, override

Array = Any
_code = Source(__file__)
__all__ = [
    "gru_sequence", "gru_sequence_grad", "lstm_sequence", "lstm_sequence_grad", "rnn_sequence",
    "rnn_sequence_grad",
]  # fmt: skip


def _covered(*arrays: Array | None) -> bool:
    """Whether there is something in all of them, and all are of one dtype."""
    there = [a for a in arrays if a is not None]
    return all(a.size and a.dtype == there[0].dtype for a in there)


def _ready(*arrays: Array | None) -> Any:
    return (None if a is None else cupy.ascontiguousarray(a) for a in arrays)


def _at(x: Array | None, t: int) -> Array | None:
    """Step t of what may not be given, or may end before."""
    return None if x is None or t == len(x) else x[t]


def _start(name: str, like: Array, *args: Any) -> None:
    _code.each(name, like.dtype.char, like.size, *args)


def _sizes(like: Array) -> tuple[Any, Any]:
    return np.int64(like.size), np.int64(like.shape[-1])


@override(*FLOATS)
def rnn_sequence(x: Array, weight: Array, h0: Array, /, nonlinearity: str) -> Array:
    if not _covered(x, weight, h0):
        return portable.rnn_sequence(x, weight, h0, nonlinearity)
    x, last = _ready(x, h0)
    out, relu = cupy.empty(x.shape, x.dtype), np.int64(nonlinearity == "relu")
    for now, h in zip(x, out, strict=True):
        product = cupy.ascontiguousarray(matmul(last, weight.T))
        _start("rnn_step", h, now, product, h, np.int64(h.size), relu)
        last = h
    return out


@override(*FLOATS)
def rnn_sequence_grad(g: Array, h: Array, weight: Array, /, nonlinearity: str) -> Array:
    if not _covered(g, h, weight):
        return portable.rnn_sequence_grad(g, h, weight, nonlinearity)
    g, h = _ready(g, h)
    out, relu, product = cupy.empty(g.shape, g.dtype), np.int64(nonlinearity == "relu"), None
    for t in reversed(range(len(g))):
        d = out[t]
        _start("rnn_step_grad", d, g[t], product, h[t], d, np.int64(d.size), relu)
        if t:
            product = cupy.ascontiguousarray(matmul(d, weight))
    return out


@override(*FLOATS)
def lstm_sequence(
    x: Array, weight: Array, h0: Array, c0: Array, /
) -> tuple[Array, Array, Array]:  # fmt: skip
    if not _covered(x, weight, h0, c0):
        return portable.lstm_sequence(x, weight, h0, c0)
    x, last, cell = _ready(x, h0, c0)
    states, cells = (cupy.empty((len(x), *c0.shape), x.dtype) for _ in range(2))
    gates = cupy.empty((len(x), len(c0), 4, c0.shape[1]), x.dtype)
    for now, h, c, a in zip(x, states, cells, gates, strict=True):
        product = cupy.ascontiguousarray(matmul(last, weight.T))
        _start("lstm_step", c, now, product, cell, h, c, a, *_sizes(c))
        last, cell = h, c
    return states, cells, gates


@override(*FLOATS)
def lstm_sequence_grad(
    gates: Array, c: Array, weight: Array, c0: Array,
    of_h: Array | None, of_c: Array | None, of_gates: Array | None, /,
) -> tuple[Array, Array]:  # fmt: skip
    if not _covered(gates, c, weight, c0, of_h, of_c, of_gates):
        return portable.lstm_sequence_grad(gates, c, weight, c0, of_h, of_c, of_gates)
    gates, c, c0, of_h, of_c, of_gates = _ready(gates, c, c0, of_h, of_c, of_gates)
    all_d = cupy.empty((*c.shape[:2], 4 * c.shape[2]), c.dtype)
    all_s, product = cupy.empty(c.shape, c.dtype), None
    for t in reversed(range(len(c))):
        now = gates[t], c[t], c[t - 1] if t else c0, _at(of_h, t), _at(of_c, t), _at(of_gates, t)
        later = product, _at(gates, t + 1), _at(all_s, t + 1)
        _start("lstm_step_grad", c[t], *now, *later, all_d[t], all_s[t], *_sizes(c[t]))
        if t:
            product = cupy.ascontiguousarray(matmul(all_d[t], weight))
    return all_d, all_s


@override(*FLOATS)
def gru_sequence(
    x: Array, weight: Array, bias: Array | None, h0: Array, /
) -> tuple[Array, Array]:  # fmt: skip
    if not _covered(x, weight, bias, h0):
        return portable.gru_sequence(x, weight, bias, h0)
    x, bias, last = _ready(x, bias, h0)
    states = cupy.empty((len(x), *h0.shape), x.dtype)
    gates = cupy.empty((len(x), len(h0), 4, h0.shape[1]), x.dtype)
    for now, h, a in zip(x, states, gates, strict=True):
        product = cupy.ascontiguousarray(matmul(last, weight.T))
        _start("gru_step", h, now, product, bias, last, h, a, *_sizes(h))
        last = h
    return states, gates


@override(*FLOATS)
def gru_sequence_grad(
    gates: Array, h: Array, weight: Array, h0: Array,
    of_h: Array | None, of_gates: Array | None, /,
) -> tuple[Array, Array, Array]:  # fmt: skip
    if not _covered(gates, h, weight, h0, of_h, of_gates):
        return portable.gru_sequence_grad(gates, h, weight, h0, of_h, of_gates)
    gates, h, h0, of_h, of_gates = _ready(gates, h, h0, of_h, of_gates)
    all_d, all_u = (cupy.empty((*h.shape[:2], 3 * h.shape[2]), h.dtype) for _ in range(2))
    all_s, product = cupy.empty(h.shape, h.dtype), None
    for t in reversed(range(len(h))):
        now = gates[t], h[t - 1] if t else h0, _at(of_h, t), _at(of_gates, t)
        later = product, _at(gates, t + 1), _at(all_s, t + 1)
        _start("gru_step_grad", h[t], *now, *later, all_d[t], all_u[t], all_s[t], *_sizes(h[t]))
        if t:
            product = cupy.ascontiguousarray(matmul(all_u[t], weight))
    return all_d, all_u, all_s
