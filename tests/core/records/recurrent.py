"""Recurrent layers: sequences, and their gradients back in time, step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

Array = np.ndarray


def _sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def _rnn(x: Array, w: Array, h: Array, nonlinearity: str) -> Array:
    states = []
    for now in x:
        a = now + h @ w.T
        h = np.tanh(a) if nonlinearity == "tanh" else np.where(a > 0, a, 0.0)
        states.append(h)
    return np.array(states)


def _rnn_grad(g: Array, h: Array, w: Array, nonlinearity: str) -> Array:
    d = np.zeros((len(g) + 1, *g.shape[1:]))
    for t in reversed(range(len(g))):
        slope = 1 - h[t] ** 2 if nonlinearity == "tanh" else h[t] > 0
        d[t] = (g[t] + d[t + 1] @ w) * slope
    return d[:-1]


def _lstm(x: Array, w: Array, h: Array, c: Array) -> tuple[Array, ...]:
    found: list[list[Array]] = [[], [], []]
    for now in x:
        i, f, g, o = np.split(now + h @ w.T, 4, axis=1)
        i, f, g, o = _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)
        c = f * c + i * g
        h = o * np.tanh(c)
        for parts, part in zip(found, (h, c, np.stack([i, f, g, o], 1)), strict=True):
            parts.append(part)
    return tuple(np.array(parts) for parts in found)


def _lstm_grad(
    a: Array, c: Array, w: Array, c0: Array, of_h: Any, of_c: Any, of_gates: Any
) -> tuple[Array, Array]:
    steps = len(a)
    d, s = np.zeros((steps + 1, len(c0), len(w))), np.zeros((steps + 1, *c0.shape))
    cells = np.concatenate([c0[None], c])
    for t in reversed(range(steps)):
        i, f, g, o = a[t].swapaxes(0, 1)
        e = (0 if of_h is None else of_h[t]) + d[t + 1] @ w
        keep = a[t + 1, :, 1] if t + 1 < steps else 0
        s[t] = e * o / np.cosh(c[t]) ** 2 + s[t + 1] * keep + (0 if of_c is None else of_c[t])
        p = np.hstack([s[t] * g, s[t] * cells[t], s[t] * i, e * np.tanh(c[t])])
        p = p + (0 if of_gates is None else of_gates[t].reshape(p.shape))
        d[t] = p * np.hstack([i - i * i, f - f * f, 1 - g * g, o - o * o])
    return d[:-1], s[:-1]


def _gru(x: Array, w: Array, b: Array | None, h: Array) -> tuple[Array, Array]:
    states, gates = [], []
    for now in x:
        x_r, x_z, x_n = np.split(now, 3, axis=1)
        u_r, u_z, v = np.split(h @ w.T + (0 if b is None else b), 3, axis=1)
        r, z = _sigmoid(x_r + u_r), _sigmoid(x_z + u_z)
        n = np.tanh(x_n + r * v)
        h = (1 - z) * n + z * h
        states.append(h)
        gates.append(np.stack([r, z, n, v], 1))
    return np.array(states), np.array(gates)


def _gru_grad(
    a: Array, h: Array, w: Array, h0: Array, of_h: Any, of_gates: Any
) -> tuple[Array, Array, Array]:
    found: list[list[Array]] = [[], [], []]
    before, carried = np.concatenate([h0[None], h]), np.zeros(h0.shape)
    for t in reversed(range(len(a))):
        r, z, n, v = a[t].swapaxes(0, 1)
        s = carried + (0 if of_h is None else of_h[t])
        p = [s * 0] * 4 if of_gates is None else of_gates[t].swapaxes(0, 1)
        d_n = (p[2] + s - s * z) * (1 - n**2)
        d_z = (p[1] + s * before[t] - s * n) * (z - z**2)
        d_r = (p[0] + d_n * v) * (r - r**2)
        u = np.hstack([d_r, d_z, p[3] + d_n * r])
        carried = s * z + u @ w
        for parts, part in zip(found, (np.hstack([d_r, d_z, d_n]), u, s), strict=True):
            parts.insert(0, part)
    return tuple(np.array(parts) for parts in found)  # type: ignore[return-value]


# ------------------------------------------------------------------- in PyTorch, by its autograd


def _torch_rnn(x: Any, w: Any, h: Any, nonlinearity: str) -> Any:
    torch, states = pytorch(), []
    for now in x:
        h = getattr(torch, nonlinearity)(now + h @ w.T)
        states.append(h)
    return torch.stack(states)


def _torch_lstm(x: Any, w: Any, h: Any, c: Any) -> Any:
    torch = pytorch()
    found: list[list[Any]] = [[], [], []]
    for now in x:
        i, f, g, o = (now + h @ w.T).chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * c + i * g
        h = o * c.tanh()
        for parts, part in zip(found, (h, c, torch.stack([i, f, g, o], 1)), strict=True):
            parts.append(part)
    return tuple(torch.stack(parts) for parts in found)


def _torch_gru(x: Any, w: Any, b: Any, h: Any) -> Any:
    torch, states, gates = pytorch(), [], []
    for now in x:
        x_r, x_z, x_n = now.chunk(3, 1)
        u_r, u_z, v = torch.nn.functional.linear(h, w, b).chunk(3, 1)
        r, z = (x_r + u_r).sigmoid(), (x_z + u_z).sigmoid()
        n = (x_n + r * v).tanh()
        h = (1 - z) * n + z * h
        states.append(h)
        gates.append(torch.stack([r, z, n, v], 1))
    return torch.stack(states), torch.stack(gates)


# --------------------------------------------------------------------------------- the samples

SIZES = [(1, 1, 1), (3, 2, 2), (2, 1, 3), (2, 0, 2)]
"""(steps, batch, features)"""


def _any(*shapes: tuple[int, ...]) -> tuple[Array, ...]:
    return tuple(values(f"recurrent {i}", s, "any") for i, s in enumerate(shapes))


def _away(shape: tuple[int, ...]) -> Array:
    return values("recurrent relu", shape, "not0")


def _gates(steps: int, batch: int, n: int, kinds: str) -> Array:
    """What sigmoids ("s"), tanh ("t") and sums ("x") give, side by side."""
    domain = {"s": "probability", "t": "unit", "x": "any"}
    parts = [values(f"gate {i}", (steps, batch, n), domain[k]) for i, k in enumerate(kinds)]
    return np.stack(parts, axis=2)


def _given(arrays: tuple[Array, ...], which: str) -> tuple[Any, ...]:
    """None in the places of those that are not to be given."""
    return tuple(a if w == "1" else None for a, w in zip(arrays, which, strict=True))


def _lstm_grads(size: tuple[int, int, int], which: str) -> Sample:
    steps, batch, n = size
    c, w, c0, *gs = _any(size, (4 * n, n), (batch, n), size, size, (steps, batch, 4, n))
    return Sample((_gates(*size, "ssts"), c, w, c0, *_given(tuple(gs), which)))


def _gru_grads(size: tuple[int, int, int], which: str) -> Sample:
    steps, batch, k = size
    h, w, h0, *gs = _any(size, (3 * k, k), (batch, k), size, (steps, batch, 4, k))
    return Sample((_gates(*size, "sstx"), h, w, h0, *_given(tuple(gs), which)))


RECORDS = [
    Record(
        "rnn_sequence", _rnn,
        [Sample(_any(s, (s[2], s[2]), s[1:]), {"nonlinearity": kind})
         for s in SIZES for kind in ("tanh", "relu")],
        torch=_torch_rnn,
    ),
    Record(
        "rnn_sequence_grad", _rnn_grad,
        [Sample((*_any(s), _away(s), *_any((s[2], s[2]))), {"nonlinearity": kind})
         for s in SIZES for kind in ("tanh", "relu")],
    ),
    Record(
        "lstm_sequence", _lstm,
        [Sample(_any((*s[:2], 4 * s[2]), (4 * s[2], s[2]), s[1:], s[1:])) for s in SIZES]
        + [Sample(_any((1, 2, 12), (12, 2), (2, 2), (2, 3)))],  # a projected state
        torch=_torch_lstm,
    ),
    Record(
        "lstm_sequence_grad", _lstm_grad,
        [_lstm_grads(s, "111") for s in SIZES]
        + [_lstm_grads((2, 2, 1), which) for which in ("100", "010", "001")],
    ),
    Record(
        "gru_sequence", _gru,
        [Sample(_any((*s[:2], 3 * s[2]), (3 * s[2], s[2]), (3 * s[2],), s[1:])) for s in SIZES]
        + [Sample(_given(_any((2, 2, 3), (3, 1), (3,), (2, 1)), "1101"))],
        torch=_torch_gru,
    ),
    Record(
        "gru_sequence_grad", _gru_grad,
        [_gru_grads(s, "11") for s in SIZES] + [_gru_grads((2, 2, 1), w) for w in ("10", "01")],
    ),
]  # fmt: skip
