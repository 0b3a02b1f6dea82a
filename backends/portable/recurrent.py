"""Recurrent layers: a whole sequence in one call, and the gradients of that, back in time.

Everywhere (L, N, H) is (steps, batch, features), and the first argument is what the input adds to
each step, x_t W_ihᵀ + b, which one product makes for all steps at once. A state of one step is
(N, H), and `weight` is W_hh, which turns the last state into its share of the next.

The gradients are those of the inputs x: what flows into the weights follows from them by one
product over all steps, see `backprop.rules.recurrent`.
"""

from __future__ import annotations

from typing import Any

from ..registry import namespace
from .activations import relu, relu_grad, sigmoid

__all__ = [
    "gru_sequence", "gru_sequence_grad", "lstm_sequence", "lstm_sequence_grad", "rnn_sequence",
    "rnn_sequence_grad",
]  # fmt: skip

Array = Any


def rnn_sequence(x: Array, weight: Array, h0: Array, /, nonlinearity: str) -> Array:
    """h_t = tanh(x_t + W h_t-1), or relu: the states h (L, N, H)."""
    xp = namespace(x)
    h, states = h0, []
    for t in range(x.shape[0]):
        h = x[t, ...] + xp.matmul(h, xp.matrix_transpose(weight))
        h = xp.tanh(h) if nonlinearity == "tanh" else relu(h)
        states.append(h)
    return xp.stack(states)


def rnn_sequence_grad(g: Array, h: Array, weight: Array, /, nonlinearity: str) -> Array:
    """The gradient of x, with g that of the states: d_t = (g_t + d_t+1 W) act'(h_t)."""
    xp = namespace(g)
    d, all_d = None, []
    for t in reversed(range(g.shape[0])):
        s = g[t, ...] if d is None else g[t, ...] + xp.matmul(d, weight)
        now = h[t, ...]
        d = s * (1 - now * now) if nonlinearity == "tanh" else relu_grad(s, now)
        all_d.append(d)
    return xp.stack(all_d[::-1])


def lstm_sequence(
    x: Array, weight: Array, h0: Array, c0: Array, /
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The states h (L, N, H), the cells c (L, N, H), and the gates (L, N, 4, H) that made them.

    [i, f, g, o] = x_t + W h_t-1, through sigmoid, sigmoid, tanh, sigmoid;
    c_t = f c_t-1 + i g;  h_t = o tanh(c_t).
    """
    xp = namespace(x)
    h, c, n = h0, c0, c0.shape[1]
    states, cells, gates = [], [], []
    for t in range(x.shape[0]):
        a = x[t, ...] + xp.matmul(h, xp.matrix_transpose(weight))
        i, f, o = sigmoid(a[:, :n]), sigmoid(a[:, n : 2 * n]), sigmoid(a[:, 3 * n :])
        g = xp.tanh(a[:, 2 * n : 3 * n])
        c = f * c + i * g
        h = o * xp.tanh(c)
        states.append(h)
        cells.append(c)
        gates.append(xp.stack([i, f, g, o], axis=1))
    return xp.stack(states), xp.stack(cells), xp.stack(gates)


def lstm_sequence_grad(
    gates: Array, c: Array, weight: Array, c0: Array,
    of_h: Array | None, of_c: Array | None, of_gates: Array | None, /,
) -> tuple[Array, Array]:  # fmt: skip
    """The gradients d (L, N, 4H) of x and s (L, N, H) of the cells, all that depends on them seen.

    `of_h`, `of_c` and `of_gates` are the gradients of the three results, None for none. With
    e_t = of_h_t + d_t+1 W the whole gradient of h_t,
    s_t = of_c_t + e_t o (1 - tanh²(c_t)) + s_t+1 f_t+1, and
    d_t = (of_gates_t + [s g, s c_t-1, s i, e tanh(c_t)]) [i (1-i), f (1-f), 1 - g², o (1-o)].
    """
    xp = namespace(gates)
    n, zero = c.shape[2], xp.zeros_like(c[0, ...])
    all_d, all_s = [], []
    d, carried = None, zero
    for t in reversed(range(gates.shape[0])):
        a, last = gates[t, ...], (c[t - 1, ...] if t else c0)
        i, f, g, o = (a[:, k, :] for k in range(4))
        tanh_c = xp.tanh(c[t, ...])
        e = zero if of_h is None else of_h[t, ...]
        e = e if d is None else e + xp.matmul(d, weight)
        s = carried + e * o * (1 - tanh_c * tanh_c)
        s = s if of_c is None else s + of_c[t, ...]
        p = xp.stack([s * g, s * last, s * i, e * tanh_c], axis=1)
        p = p if of_gates is None else p + of_gates[t, ...]
        d = p * xp.stack([i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)], axis=1)
        d = xp.reshape(d, (d.shape[0], 4 * n))
        carried = s * f
        all_d.append(d)
        all_s.append(s)
    return xp.stack(all_d[::-1]), xp.stack(all_s[::-1])


def gru_sequence(
    x: Array, weight: Array, bias: Array | None, h0: Array, /
) -> tuple[Array, Array]:  # fmt: skip
    """The states h (L, N, H), and what made them, [r, z, n, v] (L, N, 4, H).

    [u_r, u_z, v] = W h_t-1 + bias;  r = sigmoid(x_r + u_r);  z = sigmoid(x_z + u_z);
    n = tanh(x_n + r v);  h_t = n + z (h_t-1 - n).
    """
    xp = namespace(x)
    h, k = h0, h0.shape[1]
    states, gates = [], []
    for t in range(x.shape[0]):
        now, u = x[t, ...], xp.matmul(h, xp.matrix_transpose(weight))
        u = u if bias is None else u + bias
        r = sigmoid(now[:, :k] + u[:, :k])
        z = sigmoid(now[:, k : 2 * k] + u[:, k : 2 * k])
        v = u[:, 2 * k :]
        n = xp.tanh(now[:, 2 * k :] + r * v)
        h = n + z * (h - n)
        states.append(h)
        gates.append(xp.stack([r, z, n, v], axis=1))
    return xp.stack(states), xp.stack(gates)


def gru_sequence_grad(
    gates: Array, h: Array, weight: Array, h0: Array,
    of_h: Array | None, of_gates: Array | None, /,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The gradients d (L, N, 3H) of x, u (L, N, 3H) of W h + bias, and s (L, N, H) of the states,
    all that depends on them seen.

    `of_h` and `of_gates` = [p_r, p_z, p_n, p_v] are the gradients of the two results, None for
    none. s_t = of_h_t + s_t+1 z_t+1 + u_t+1 W, and
    d_n = (p_n + s (1 - z)) (1 - n²), d_z = (p_z + s (h_t-1 - n)) z (1 - z),
    d_r = (p_r + d_n v) r (1 - r);  u = [d_r, d_z, p_v + d_n r].
    """
    xp = namespace(gates)
    all_d, all_u, all_s = [], [], []
    carried = xp.zeros_like(h[0, ...])
    for t in reversed(range(gates.shape[0])):
        last = h[t - 1, ...] if t else h0
        r, z, n, v = (gates[t, :, j, :] for j in range(4))
        s = carried if of_h is None else carried + of_h[t, ...]
        p_r, p_z, p_n, p_v = (0.0 if of_gates is None else of_gates[t, :, j, :] for j in range(4))
        d_n = (p_n + s * (1 - z)) * (1 - n * n)
        d_z = (p_z + s * (last - n)) * (z * (1 - z))
        d_r = (p_r + d_n * v) * (r * (1 - r))
        u = xp.concat([d_r, d_z, p_v + d_n * r], axis=1)
        carried = s * z + xp.matmul(u, weight)
        all_d.append(xp.concat([d_r, d_z, d_n], axis=1))
        all_u.append(u)
        all_s.append(s)
    return xp.stack(all_d[::-1]), xp.stack(all_u[::-1]), xp.stack(all_s[::-1])
