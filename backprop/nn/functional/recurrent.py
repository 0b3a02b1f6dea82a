"""Recurrent layers as functions of their weights: one layer in one direction, or one step."""

from __future__ import annotations

from typing import Any

from ... import rules
from ...tensor import Tensor

__all__ = [
    "gru_cell", "gru_layer", "lstm_cell", "lstm_layer", "rnn_layer", "rnn_relu_cell",
    "rnn_tanh_cell",
]  # fmt: skip


def rnn_layer(
    input: Tensor,
    h0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    nonlinearity: str = "tanh",
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh), or relu; see `nn.RNN`.

    Shape: input (L, N, I), h0 (N, H), weight_ih (H, I), weight_hh (H, H), biases (H,) ->
    the states (L, N, H), and the last of them (N, H): those of step `lengths` (N,), if given.
    """
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"rnn_layer: nonlinearity: got {nonlinearity!r}, wanted 'tanh' or 'relu'")
    _check("rnn_layer", input, h0, weight_ih, weight_hh, 1)
    x = _from_input(input, weight_ih, _both(bias_ih, bias_hh))
    h = rules.rnn_sequence(x, weight_hh, h0, nonlinearity=nonlinearity)
    return h, _last(h, lengths)


def lstm_layer(
    input: Tensor,
    h0: Tensor,
    c0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    weight_hr: Tensor | None = None,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """A long short-term memory over a sequence; see `nn.LSTM`.

    Shape: input (L, N, I), h0 and c0 (N, H), weight_ih (4H, I), weight_hh (4H, H), biases (4H,) ->
    the states (L, N, H), the last of them and the last cell (N, H). With weight_hr (P, H) the
    states are projected: h0 and they have P features, and weight_hh is (4H, P). The last are those
    of step `lengths` (N,), if given.
    """
    _check("lstm_layer", input, h0, weight_ih, weight_hh, 4)
    _expect("lstm_layer", "c0", c0, (input.shape[1], weight_hh.shape[0] // 4), weight_hh)
    x = _from_input(input, weight_ih, _both(bias_ih, bias_hh))
    if weight_hr is None:
        h, c, _ = rules.lstm_sequence(x, weight_hh, h0, c0)
        return h, _last(h, lengths), _last(c, lengths)
    states, cells = [], []
    for t in range(x.shape[0]):
        wide, cell, _ = rules.lstm_sequence(x[t : t + 1, ...], weight_hh, h0, c0)
        h0, c0 = rules.linear(wide[0, ...], weight_hr, None), cell[0, ...]
        states.append(h0)
        cells.append(c0)
    h, c = rules.stack(*states, axis=0), rules.stack(*cells, axis=0)
    return h, _last(h, lengths), _last(c, lengths)


def gru_layer(
    input: Tensor,
    h0: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias_ih: Tensor | None = None,
    bias_hh: Tensor | None = None,
    lengths: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """A gated recurrent unit over a sequence; see `nn.GRU`.

    Shape: input (L, N, I), h0 (N, H), weight_ih (3H, I), weight_hh (3H, H), biases (3H,) ->
    the states (L, N, H), and the last of them (N, H): those of step `lengths` (N,), if given.
    """
    _check("gru_layer", input, h0, weight_ih, weight_hh, 3)
    h, _ = rules.gru_sequence(_from_input(input, weight_ih, bias_ih), weight_hh, bias_hh, h0)
    return h, _last(h, lengths)


# ----------------------------------------------------------------- one step: a sequence of one


def rnn_tanh_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """The next state tanh(W_ih x + b_ih + W_hh h + b_hh), with input (N, I) and hx (N, H)."""
    _step("rnn_tanh_cell", input)
    return rnn_layer(input[None, ...], hx, w_ih, w_hh, b_ih, b_hh, "tanh")[1]


def rnn_relu_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """The next state relu(W_ih x + b_ih + W_hh h + b_hh), with input (N, I) and hx (N, H)."""
    _step("rnn_relu_cell", input)
    return rnn_layer(input[None, ...], hx, w_ih, w_hh, b_ih, b_hh, "relu")[1]


def lstm_cell(
    input: Tensor,
    hx: tuple[Tensor, Tensor],
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """The next (h, c) of a long short-term memory, with input (N, I) and hx two of (N, H)."""
    _step("lstm_cell", input)
    return lstm_layer(input[None, ...], *hx, w_ih, w_hh, b_ih, b_hh)[1:]


def gru_cell(
    input: Tensor,
    hx: Tensor,
    w_ih: Tensor,
    w_hh: Tensor,
    b_ih: Tensor | None = None,
    b_hh: Tensor | None = None,
) -> Tensor:
    """The next state of a gated recurrent unit, with input (N, I) and hx (N, H)."""
    _step("gru_cell", input)
    return gru_layer(input[None, ...], hx, w_ih, w_hh, b_ih, b_hh)[1]


# ---------------------------------------------------------------------------- what they share


def _both(bias_ih: Tensor | None, bias_hh: Tensor | None) -> Tensor | None:
    if bias_ih is None or bias_hh is None:
        return bias_hh if bias_ih is None else bias_ih
    return bias_ih + bias_hh


def _from_input(input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x_t Wᵀ + bias of all steps, as one product of two matrices."""
    steps, batch, features = input.shape
    flat = rules.reshape(input, shape=(steps * batch, features))
    out = rules.linear(flat, weight, bias)
    return rules.reshape(out, shape=(steps, batch, weight.shape[0]))


def _last(x: Tensor, lengths: Tensor | None) -> Tensor:
    """The last step's of x (L, N, H), or of each sequence that of its own last step."""
    if lengths is None:
        return x[-1, ...]
    index = rules.reshape(lengths - 1, shape=(1, x.shape[1], 1))
    index = rules.broadcast_to(index, shape=(1, *x.shape[1:]))
    return rules.take_along_axis(x, index, axis=0)[0, ...]


def _step(where: str, input: Any) -> None:
    if not isinstance(input, Tensor) or input.ndim != 2:
        got = f"shape {input.shape}" if isinstance(input, Tensor) else type(input).__name__
        raise ValueError(f"{where}: input: got {got}, wanted a Tensor (batch, features)")


def _check(
    where: str, input: Any, h0: Any, weight_ih: Tensor, weight_hh: Tensor, gates: int
) -> None:
    """Raise unless input, state and weights fit together."""
    if not isinstance(input, Tensor):
        raise TypeError(
            f"{where}: input is a {type(input).__name__}, wanted a Tensor; wrap it: "
            "backprop.asarray(x)"
        )
    if input.ndim != 3:
        raise ValueError(
            f"{where}: input: got shape {input.shape}, wanted three axes (steps, batch, features)"
        )
    if input.shape[0] == 0:
        raise ValueError(f"{where}: input: got a sequence of length 0, wanted at least one step")
    if input.shape[2] != weight_ih.shape[1]:
        raise ValueError(
            f"{where}: input: got shape {input.shape}, wanted {weight_ih.shape[1]} features in "
            "its last axis"
        )
    if weight_hh.shape[0] != weight_ih.shape[0] or weight_hh.shape[0] % gates:
        raise ValueError(
            f"{where}: weight_hh: got shape {weight_hh.shape} beside weight_ih {weight_ih.shape}, "
            f"wanted the same number of rows, {gates} for each feature of the state"
        )
    if input.dtype != weight_ih.dtype:
        raise TypeError(
            f"{where}: input is {input.dtype} and the weights {weight_ih.dtype}; convert the data "
            "(x.astype(weight.dtype)) or the model (model.to(x.dtype))"
        )
    _expect(where, "h0", h0, (input.shape[1], weight_hh.shape[1]), weight_hh)


def _expect(where: str, name: str, state: Any, shape: tuple[int, ...], weight: Tensor) -> None:
    if not isinstance(state, Tensor):
        raise TypeError(f"{where}: {name} is a {type(state).__name__}, wanted a Tensor")
    if state.shape != shape:
        raise ValueError(
            f"{where}: {name}: got shape {state.shape}, wanted {shape} (batch, features)"
        )
    if state.dtype != weight.dtype:
        raise TypeError(f"{where}: {name} is {state.dtype} and the weights {weight.dtype}")
