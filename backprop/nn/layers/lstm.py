"""LSTM: a state with a memory that gates write, keep and read."""

from __future__ import annotations

from typing import Any

from ._recurrent import RNNBase

__all__ = ["LSTM"]


class LSTM(RNNBase):
    """Long short-term memory: for each step t of a sequence

    [i, f, g, o] = W_ih x_t + b_ih + W_hh h_t-1 + b_hh, through sigmoid, sigmoid, tanh, sigmoid;
    c_t = f c_t-1 + i g;  h_t = o tanh(c_t).

    Args:
        input_size: features of the input.
        hidden_size: features H of the cell c, and of the state h.
        num_layers: how many layers; each but the first takes the states of the one below.
        bias: whether b_ih and b_hh are added.
        batch_first: input and output are (N, L, ...) instead of (L, N, ...); states are not.
        dropout: in training, the chance that an element between two layers is dropped.
        bidirectional: a second layer beside each goes through the sequence from its end; the
            outputs of the two stand side by side.
        proj_size: if not 0, the state is W_hr o tanh(c_t), with that many features instead of H.

    Shape: input (L, N, input_size), or (L, input_size) of a single sequence; the pair (h_0, c_0)
    to start from, zeros if None, each (D num_layers, N, H) or (D num_layers, H), with D = 2
    directions or 1. Returns (output, (h_n, c_n)): the last layer's states (L, N, D H), and all
    layers' last states and cells, shaped like the first. Parameters weight_ih_l0 (4H, input_size),
    weight_hh_l0 (4H, H), bias_ih_l0, bias_hh_l0 (4H,), [weight_hr_l0 (proj_size, H)], and so on
    for _l1 and for _l0_reverse; all start uniform in ±1 / sqrt(H).

    Source: S. Hochreiter, J. Schmidhuber, "Long short-term memory" (1997); the gate f: F. Gers et
    al., "Learning to forget" (2000); proj_size: H. Sak et al., "Long short-term memory based
    recurrent neural network architectures for large vocabulary speech recognition" (2014).

    >>> import backprop as bp
    >>> output, (h_n, c_n) = bp.nn.LSTM(3, 4, bidirectional=True)(bp.zeros((5, 2, 3)))
    >>> output.shape, h_n.shape, c_n.shape
    ((5, 2, 8), (2, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            proj_size, device, dtype,
        )  # fmt: skip
