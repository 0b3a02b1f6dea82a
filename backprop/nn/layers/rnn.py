"""RNN: a state that each step of a sequence changes."""

from __future__ import annotations

from typing import Any

from ._recurrent import RNNBase

__all__ = ["RNN", "RNNBase"]


class RNN(RNNBase):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_t-1 + b_hh), or relu, for each step t of a sequence.

    Args:
        input_size: features of the input.
        hidden_size: features H of the state.
        num_layers: how many layers; each but the first takes the states of the one below.
        nonlinearity: "tanh" or "relu".
        bias: whether b_ih and b_hh are added.
        batch_first: input and output are (N, L, ...) instead of (L, N, ...); states are not.
        dropout: in training, the chance that an element between two layers is dropped.
        bidirectional: a second layer beside each goes through the sequence from its end; the
            outputs of the two stand side by side.

    Shape: input (L, N, input_size), or (L, input_size) of a single sequence; the state to start
    from, zeros if None, (D num_layers, N, H) or (D num_layers, H), with D = 2 directions or 1.
    Returns the last layer's states (L, N, D H) and all layers' last states, shaped like the first.
    Parameters weight_ih_l0 (H, input_size), weight_hh_l0 (H, H), bias_ih_l0, bias_hh_l0 (H,), and
    so on for _l1 and for _l0_reverse; all start uniform in ±1 / sqrt(H).

    Source: J. Elman, "Finding structure in time" (1990).

    >>> import backprop as bp
    >>> output, h_n = bp.nn.RNN(3, 4, num_layers=2)(bp.zeros((5, 2, 3)))
    >>> output.shape, h_n.shape
    ((5, 2, 4), (2, 2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"RNN: nonlinearity: got {nonlinearity!r}, wanted 'tanh' or 'relu'")
        super().__init__(
            f"RNN_{nonlinearity.upper()}", input_size, hidden_size, num_layers, bias, batch_first,
            dropout, bidirectional, device=device, dtype=dtype,
        )  # fmt: skip
        self.nonlinearity = nonlinearity
