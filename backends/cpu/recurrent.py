"""Recurrent layers in NumPy: each step's arrays stay in cache, and nothing is made anew."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import only

__all__ = [
    "gru_sequence", "gru_sequence_grad", "lstm_sequence", "lstm_sequence_grad", "rnn_sequence",
    "rnn_sequence_grad",
]  # fmt: skip

Array = Any
_FLOATS = ("float32", "float64")


def _turned(weight: Array, steps: int) -> Array:
    """The transpose; for many steps as an array of its own, which BLAS multiplies by faster."""
    return np.ascontiguousarray(weight.T) if steps > 4 else weight.T


def _gate_by_gate(x: Array, gates: int) -> Array:
    """(..., N, gates H), or with the two apart, as (..., gates, N, H).

    In memory each step's gates lie one behind the other, since NumPy is slow with parts of rows;
    what goes through BLAS, before and after, has them side by side.
    """
    return x.reshape(*x.shape[:-1], gates, x.shape[-1] // gates).swapaxes(-2, -3)


def _squash(a: Array, scale: Array, shift: Array, out: Array) -> None:
    """out <- sigmoid(a) where scale and shift are 1/2, tanh(a) where they are 1 and 0.

    sigmoid(a) = (1 + tanh(a / 2)) / 2, so one tanh serves both, and it is a fast one. a is
    overwritten, and has the gates side by side; shift and out have them one behind the other.
    """
    a *= scale
    np.tanh(a, out=a)
    a *= scale
    np.add(_gate_by_gate(a, len(out)), shift, out=out)


@only(*_FLOATS)
def rnn_sequence(x: Array, weight: Array, h0: Array, /, nonlinearity: str) -> Array:
    by, out, last = _turned(weight, len(x)), np.empty(x.shape, x.dtype), h0
    for now, h in zip(x, out, strict=True):
        np.matmul(last, by, out=h)
        h += now
        if nonlinearity == "tanh":
            np.tanh(h, out=h)
        else:
            np.maximum(h, 0, out=h)
        last = h
    return out


@only(*_FLOATS)
def rnn_sequence_grad(g: Array, h: Array, weight: Array, /, nonlinearity: str) -> Array:
    out = np.empty(g.shape, g.dtype)
    scratch = np.empty(g.shape[1:], g.dtype)
    for t in reversed(range(len(g))):
        d = out[t]
        if t + 1 < len(g):
            np.matmul(out[t + 1], weight, out=d)
            d += g[t]
        else:
            d[...] = g[t]
        if nonlinearity == "tanh":
            np.multiply(h[t], h[t], out=scratch)
            np.subtract(1, scratch, out=scratch)
            d *= scratch
        else:
            d *= h[t] > 0
    return out


@only(*_FLOATS)
def lstm_sequence(
    x: Array, weight: Array, h0: Array, c0: Array, /
) -> tuple[Array, Array, Array]:  # fmt: skip
    steps, (batch, n) = len(x), c0.shape
    gates = np.empty((steps, 4, batch, n), x.dtype)
    states, cells = (np.empty((steps, batch, n), x.dtype) for _ in range(2))
    by = _turned(weight, steps)
    product, added = np.empty((batch, 4 * n), x.dtype), np.empty((batch, n), x.dtype)
    scale = np.full((batch, 4 * n), 0.5, x.dtype)  # of full shape: NumPy broadcasts slowly
    scale[:, 2 * n : 3 * n] = 1
    shift = _gate_by_gate(1 - scale, 4)
    last, cell = h0, c0
    for now, a, h, c in zip(x, gates, states, cells, strict=True):
        np.matmul(last, by, out=product)
        product += now
        _squash(product, scale, shift, a)
        i, f, g, o = a
        np.multiply(f, cell, out=c)
        np.multiply(i, g, out=added)
        c += added
        np.tanh(c, out=h)
        h *= o
        last, cell = h, c
    return states, cells, gates.swapaxes(1, 2)


@only(*_FLOATS)
def lstm_sequence_grad(
    gates: Array, c: Array, weight: Array, c0: Array,
    of_h: Array | None, of_c: Array | None, of_gates: Array | None, /,
) -> tuple[Array, Array]:  # fmt: skip
    steps, batch, n = c.shape
    all_d, all_s = np.empty((steps, batch, 4 * n), c.dtype), np.empty(c.shape, c.dtype)
    e, tanh_c, slope = np.zeros((3, batch, n), c.dtype)
    gates, d, placed = (
        gates.swapaxes(1, 2),
        np.empty((4, batch, n), c.dtype),
        _gate_by_gate(all_d, 4),
    )
    for t in reversed(range(steps)):
        a, s = gates[t], all_s[t]
        i, _, g, o = a
        if t + 1 < steps:
            np.matmul(all_d[t + 1], weight, out=e)
            np.multiply(all_s[t + 1], gates[t + 1, 1], out=s)
        else:
            s[...] = 0
        if of_h is not None:
            e += of_h[t]
        np.tanh(c[t], out=tanh_c)
        np.multiply(tanh_c, tanh_c, out=slope)
        np.subtract(1, slope, out=slope)
        slope *= o
        slope *= e
        s += slope
        if of_c is not None:
            s += of_c[t]
        np.multiply(a, a, out=d)  # the activations' slopes: a - a², and 1 - a² for g
        np.subtract(a[:2], d[:2], out=d[:2])
        np.subtract(1, d[2], out=d[2])
        np.subtract(o, d[3], out=d[3])
        more = None if of_gates is None else of_gates[t].swapaxes(0, 1) * d
        d[0] *= g
        d[1] *= c[t - 1] if t else c0
        d[2] *= i
        np.multiply(d[:3], s, out=placed[t, :3])
        tanh_c *= e
        np.multiply(d[3], tanh_c, out=placed[t, 3])
        if more is not None:
            placed[t] += more
    return all_d, all_s


@only(*_FLOATS)
def gru_sequence(
    x: Array, weight: Array, bias: Array | None, h0: Array, /
) -> tuple[Array, Array]:  # fmt: skip
    steps, (batch, k) = len(x), h0.shape
    states, gates = np.empty((steps, batch, k), x.dtype), np.empty((steps, 4, batch, k), x.dtype)
    by, product = _turned(weight, steps), np.empty((batch, 3 * k), x.dtype)
    half, rz = np.full((batch, 2 * k), 0.5, x.dtype), np.empty((batch, 2 * k), x.dtype)
    shift, last = _gate_by_gate(half, 2), h0
    for now, a, h in zip(x, gates, states, strict=True):
        np.matmul(last, by, out=product)
        if bias is not None:
            product += bias
        np.add(now[:, : 2 * k], product[:, : 2 * k], out=rz)
        _squash(rz, half, shift, a[:2])
        r, z, n, v = a
        v[...] = product[:, 2 * k :]
        np.multiply(r, v, out=n)
        n += now[:, 2 * k :]
        np.tanh(n, out=n)
        np.subtract(last, n, out=h)
        h *= z
        h += n
        last = h
    return states, gates.swapaxes(1, 2)


@only(*_FLOATS)
def gru_sequence_grad(
    gates: Array, h: Array, weight: Array, h0: Array,
    of_h: Array | None, of_gates: Array | None, /,
) -> tuple[Array, Array, Array]:  # fmt: skip
    steps, batch, k = h.shape
    all_d, all_u = (np.empty((steps, batch, 3 * k), h.dtype) for _ in range(2))
    all_s, gates = np.empty(h.shape, h.dtype), gates.swapaxes(1, 2)
    placed_d, placed_u = _gate_by_gate(all_d, 3), _gate_by_gate(all_u, 3)
    d, slope = np.empty((3, batch, k), h.dtype), np.empty((2, batch, k), h.dtype)
    d_r, d_z, d_n = d
    for t in reversed(range(steps)):
        a, s, u = gates[t], all_s[t], placed_u[t]
        r, z, n, v = a
        if t + 1 < steps:
            np.matmul(all_u[t + 1], weight, out=s)
            np.multiply(all_s[t + 1], gates[t + 1, 1], out=slope[0])
            s += slope[0]
        else:
            s[...] = 0
        if of_h is not None:
            s += of_h[t]
        more = None if of_gates is None else of_gates[t].swapaxes(0, 1)
        np.subtract(1, z, out=d_n)
        d_n *= s
        if more is not None:
            d_n += more[2]
        np.multiply(n, n, out=slope[0])
        np.subtract(1, slope[0], out=slope[0])
        d_n *= slope[0]
        np.subtract(h[t - 1] if t else h0, n, out=d_z)
        d_z *= s
        np.multiply(d_n, v, out=d_r)
        if more is not None:
            d[:2] += more[:2]
        np.multiply(a[:2], a[:2], out=slope)
        np.subtract(a[:2], slope, out=slope)
        d[:2] *= slope
        placed_d[t] = d
        u[:2] = d[:2]
        np.multiply(d_n, r, out=u[2])
        if more is not None:
            u[2] += more[3]
    return all_d, all_u, all_s
