"""GRU: a state that gates keep or replace."""

from __future__ import annotations

from typing import Any

from ._recurrent import RNNBase

__all__ = ["GRU"]


class GRU(RNNBase):
    """Gated recurrent unit: for each step t of a sequence, with x = W_ih x_t + b_ih and
    u = W_hh h_t-1 + b_hh cut in three,

    r = sigmoid(x_r + u_r);  z = sigmoid(x_z + u_z);  n = tanh(x_n + r u_n);
    h_t = (1 - z) n + z h_t-1.

    Args:
        input_size: features of the input.
        hidden_size: features H of the state.
        num_layers: how many layers; each but the first takes the states of the one below.
        bias: whether b_ih and b_hh are added.
        batch_first: input and output are (N, L, ...) instead of (L, N, ...); states are not.
        dropout: in training, the chance that an element between two layers is dropped.
        bidirectional: a second layer beside each goes through the sequence from its end; the
            outputs of the two stand side by side.

    Shape: input (L, N, input_size), or (L, input_size) of a single sequence; the state to start
    from, zeros if None, (D num_layers, N, H) or (D num_layers, H), with D = 2 directions or 1.
    Returns the last layer's states (L, N, D H) and all layers' last states, shaped like the first.
    Parameters weight_ih_l0 (3H, input_size), weight_hh_l0 (3H, H), bias_ih_l0, bias_hh_l0 (3H,),
    and so on for _l1 and for _l0_reverse; all start uniform in ±1 / sqrt(H).

    Source: K. Cho et al., "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation" (2014), version 1 (r is applied after the product).

    >>> import backprop as bp
    >>> output, h_n = bp.nn.GRU(3, 4, batch_first=True)(bp.zeros((2, 5, 3)))
    >>> output.shape, h_n.shape
    ((2, 5, 4), (1, 2, 4))
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
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU", input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
            device=device, dtype=dtype,
        )  # fmt: skip
