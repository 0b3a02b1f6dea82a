"""Recurrent layers: a whole sequence is one primitive, and so is its gradient, back in time.

Time is the first axis. Each gradient primitive gives what flows into every step's input; the
weights' gradients follow by one product over all steps. For second derivatives the transpose of
going back in time is going forward: its rule carries e_t, the tangent of the state h_t, from step
to step, and takes all else from whole sequences at once.

Letters: a the activations (gates), d a gradient before an activation, p one behind it, s and e
those of the states and cells. `of_x` is the gradient of x.

Source: P. Werbos, "Backpropagation through time: what it does and how to do it" (1990).
"""

from __future__ import annotations

import math
from typing import Any

from ..primitive import Primitive
from ..rule import vjp_joint
from .choice import where
from .joining import concat, split, stack, unstack
from .reductions import sum
from .scans import part
from .shapes import matrix_transpose, reshape
from .trigonometry import tanh

__all__ = [
    "gru_sequence", "gru_sequence_grad", "lstm_sequence", "lstm_sequence_grad", "rnn_sequence",
    "rnn_sequence_grad",
]  # fmt: skip

Grads = tuple[Any, ...]


def _rows(x: Any) -> Any:
    """(L, N, H) as (L N, H)."""
    return reshape(x, shape=(math.prod(x.shape[:-1]), x.shape[-1]))


def _gates(x: Any) -> Any:
    """(L, N, 4H) as (L, N, 4, H)."""
    return reshape(x, shape=(*x.shape[:-1], 4, x.shape[-1] // 4))


def _before(states: Any, first: Any) -> Any:
    """For each step the state it starts from."""
    first = reshape(first, shape=(1, *first.shape))
    return concat(first, part(states, 0, None, -1), axis=0)


def _later(x: Any) -> Any:
    """x_t+1 in the place of x_t, and nothing in the last."""
    return concat(part(x, 0, 1, None), part(x, 0, -1, None) * 0.0, axis=0)


def _recurrent(d: Any, states: Any) -> Any:
    """What reaches the weight through all steps but the first: the sum of d_t+1ᵀ h_t."""
    return matrix_transpose(_rows(part(d, 0, 1, None))) @ _rows(part(states, 0, None, -1))


def _weight(d: Any, states: Any, first: Any) -> Any:
    """What reaches the weight through all steps."""
    total = matrix_transpose(d[0, ...]) @ first
    return total if d.shape[0] == 1 else total + _recurrent(d, states)


def _or_zeros(g: Any, like: Any) -> Any:
    return like * 0.0 if g is None else g


# -------------------------------------------------------------------------- RNN

rnn_sequence = Primitive("rnn_sequence", "x weight h0")
rnn_sequence_grad = Primitive("rnn_sequence_grad", "of_h h weight")


def _rnn_sequence(g: Any, out: Any, weight: Any, h0: Any, nonlinearity: str) -> Grads:
    d = rnn_sequence_grad(g, out, weight, nonlinearity=nonlinearity)
    return d, _weight(d, out, h0), d[0, ...] @ weight


def _rnn_sequence_grad(
    of_d: Any, out: Any, of_h: Any, h: Any, weight: Any, nonlinearity: str
) -> Grads:
    slope = 1 - h * h if nonlinearity == "tanh" else where(h > 0, 1.0, h * 0.0)
    across, e, tangents = matrix_transpose(weight), None, []
    for t in range(out.shape[0]):
        a = of_d[t, ...] if e is None else of_d[t, ...] + e @ across
        e = a * slope[t, ...]
        tangents.append(e)
    e = stack(*tangents, axis=0)
    through_h = None
    if nonlinearity == "tanh":  # d = s (1 - h²), and with a for of_d's: a s (-2 h)
        s = of_h + _later(out) @ weight
        a = of_d + _before(e @ across, (e[0, ...] * 0.0) @ across)
        through_h = a * s * h * -2.0
    return e, through_h, _recurrent(out, e)


vjp_joint(rnn_sequence, _rnn_sequence)
vjp_joint(rnn_sequence_grad, _rnn_sequence_grad)


# ------------------------------------------------------------------------- LSTM

lstm_sequence = Primitive("lstm_sequence", "x weight h0 c0", outputs=3)
lstm_sequence_grad = Primitive(
    "lstm_sequence_grad", "gates c weight c0 of_h of_c of_gates", outputs=2
)


def _lstm_sequence(g: Any, out: Any, weight: Any, h0: Any, c0: Any) -> Grads:
    h, c, gates = out
    d, s = lstm_sequence_grad(gates, c, weight, c0, *g)
    first = d[0, ...]
    return d, _weight(d, h, h0), first @ weight, s[0, ...] * gates[0, :, 1, :]


def _lstm_sequence_grad(
    g: Any, out: Any, gates: Any, c: Any, weight: Any, c0: Any, of_h: Any, of_c: Any, of_gates: Any
) -> Grads:
    d, s = out
    of_d, of_s = _gates(_or_zeros(g[0], d)), _or_zeros(g[1], s)
    i, f, cand, o = unstack(gates, axis=2)
    tanh_c, last_c = tanh(c), _before(c, c0)
    into_c = o * (1 - tanh_c * tanh_c)
    slope = stack(i * (1 - i), f * (1 - f), 1 - cand * cand, o * (1 - o), axis=2)
    shares = stack(cand, last_c, i, axis=2)

    # Forward in time: a of d, q = a · slope of p, e_c of s, and e_h of the whole gradient of h.
    across, e_h, e_c = matrix_transpose(weight), None, None
    all_a, all_h, all_c = [], [], []
    for t in range(d.shape[0]):
        a = of_d[t, ...] if e_h is None else of_d[t, ...] + _gates(e_h @ across)
        q = a * slope[t, ...]
        now = of_s[t, ...] + sum(q[:, :3, :] * shares[t, ...], axis=1, keepdims=False)
        e_c = now if e_c is None else now + e_c * f[t, ...]
        e_h = q[:, 3, :] * tanh_c[t, ...] + e_c * into_c[t, ...]
        all_a.append(a)
        all_h.append(e_h)
        all_c.append(e_c)
    a, e_h, e_c = (stack(*parts, axis=0) for parts in (all_a, all_h, all_c))

    # d = p slope, p = of_gates + [s g, s c_t-1, s i, e tanh(c)], e = of_h + d_t+1 W
    e = _or_zeros(of_h, s) + (_later(d) @ weight if d.shape[0] > 1 else 0.0)
    p = stack(s * cand, s * last_c, s * i, e * tanh_c, axis=2)
    p = p if of_gates is None else p + of_gates
    q = a * slope
    q_i, q_f, q_g, q_o = unstack(q, axis=2)
    curve = stack(1 - 2 * i, 1 - 2 * f, -2 * cand, 1 - 2 * o, axis=2)
    flat = 1 - tanh_c * tanh_c
    before_c = _before(e_c, e_c[0, ...] * 0.0)
    through_gates = stack(q_g * s, before_c * s, q_i * s, e_c * e * flat, axis=2) + a * p * curve
    through_last = q_f * s
    through_c = flat * e * (q_o - 2.0 * tanh_c * e_c * o) + _later(through_last)
    through_weight = _recurrent(d, e_h) if d.shape[0] > 1 else None
    return (
        through_gates, through_c, through_weight, through_last[0, ...],
        None if of_h is None else e_h, None if of_c is None else e_c,
        None if of_gates is None else q,
    )  # fmt: skip


vjp_joint(lstm_sequence, _lstm_sequence)
vjp_joint(lstm_sequence_grad, _lstm_sequence_grad)


# -------------------------------------------------------------------------- GRU

gru_sequence = Primitive("gru_sequence", "x weight bias h0", outputs=2)
gru_sequence_grad = Primitive(
    "gru_sequence_grad", "gates h weight h0 of_h of_gates", outputs=3
)  # fmt: skip


def _gru_sequence(g: Any, out: Any, weight: Any, bias: Any, h0: Any) -> Grads:
    h, gates = out
    d, u, s = gru_sequence_grad(gates, h, weight, h0, *g)
    first = s[0, ...] * gates[0, :, 1, :] + u[0, ...] @ weight
    return d, _weight(u, h, h0), None if bias is None else u, first


def _gru_sequence_grad(
    g: Any, out: Any, gates: Any, h: Any, weight: Any, h0: Any, of_h: Any, of_gates: Any
) -> Grads:
    d, u, s = out
    k = h0.shape[1]
    of_d, of_u, of_s = (_or_zeros(given, like) for given, like in zip(g, out, strict=True))
    r, z, n, v = unstack(gates, axis=2)
    last = _before(h, h0)
    bend_r, bend_z, bend_n = r * (1 - r), z * (1 - z), 1 - n * n

    # Forward in time: a of d, y of u, and e of s.
    across, e = matrix_transpose(weight), None
    all_a, all_y, all_m, all_e = [], [], [], []
    for t in range(d.shape[0]):
        y, now = of_u[t, ...], of_s[t, ...]
        if e is not None:
            y, now = y + e @ across, now + e * z[t, ...]
        a = of_d[t, :, : 2 * k] + y[:, : 2 * k]
        q_r, q_z = a[:, :k] * bend_r[t, ...], a[:, k:] * bend_z[t, ...]
        m = of_d[t, :, 2 * k :] + q_r * v[t, ...] + y[:, 2 * k :] * r[t, ...]
        e = now + m * bend_n[t, ...] * (1 - z[t, ...]) + q_z * (last[t, ...] - n[t, ...])
        all_a.append(a)
        all_y.append(y[:, 2 * k :])
        all_m.append(m)
        all_e.append(e)
    a, q_v, m, e = (stack(*parts, axis=0) for parts in (all_a, all_y, all_m, all_e))

    # d_n = p_n bend_n, p_n = s (1 - z);  d_z = p_z bend_z, p_z = s (h_t-1 - n);
    # d_r = p_r bend_r, p_r = d_n v;  u_v = d_n r, each p with its share of of_gates.
    a_r, a_z = split(a, axis=2, lengths=(k, k))
    q_r, q_z, q_n = a_r * bend_r, a_z * bend_z, m * bend_n
    d_n = part(d, 2, 2 * k, None)
    p_r, p_z, p_n = d_n * v, s * (last - n), s * (1 - z)
    if of_gates is not None:
        more = unstack(of_gates, axis=2)
        p_r, p_z, p_n = p_r + more[0], p_z + more[1], p_n + more[2]
    before_e = _before(e, e[0, ...] * 0.0)
    through_gates = stack(
        a_r * p_r * (1 - 2 * r) + q_v * d_n,
        a_z * p_z * (1 - 2 * z) + (before_e - q_n) * s,
        m * p_n * n * -2.0 - q_z * s,
        q_r * d_n,
        axis=2,
    )
    through_last = q_z * s
    through_weight = _recurrent(u, e) if d.shape[0] > 1 else None
    return (
        through_gates, _later(through_last), through_weight, through_last[0, ...],
        None if of_h is None else e,
        None if of_gates is None else stack(q_r, q_z, q_n, q_v, axis=2),
    )  # fmt: skip


vjp_joint(gru_sequence, _gru_sequence)
vjp_joint(gru_sequence_grad, _gru_sequence_grad)
