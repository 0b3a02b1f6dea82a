"""RNNCell, LSTMCell, GRUCell: one step of a recurrent layer, for loops of one's own."""

from __future__ import annotations

import math
from typing import Any

from ...tensor import Tensor
from ...xp import empty, zeros
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..module import Module, Parameter, factory
from ._recurrent import flags

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "RNNCellBase"]


class RNNCellBase(Module):
    """The base of `RNNCell`, `LSTMCell` and `GRUCell`: their parameters.

    Args:
        num_chunks: how many rows of the weights make one feature of the state; the other
            arguments are those of the cells.
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        where, kw = type(self).__name__, factory(dtype, device)
        input_size = whole(where, "input_size", input_size)
        hidden_size = whole(where, "hidden_size", hidden_size)
        rows = whole(where, "num_chunks", num_chunks) * hidden_size
        flags(where, bias=bias)
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.weight_ih = Parameter(empty((rows, input_size), **kw))
        self.weight_hh = Parameter(empty((rows, hidden_size), **kw))
        self.bias_ih = Parameter(empty((rows,), **kw)) if bias else None
        self.bias_hh = Parameter(empty((rows,), **kw)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew, uniform in ±1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def _step(self, cell: Any, input: Any, hx: Any, pair: bool = False) -> Any:
        """The cell's next states, for a batch or for a single input without that axis."""
        where = type(self).__name__
        if not isinstance(input, Tensor) or input.ndim not in (1, 2):
            got = input.shape if isinstance(input, Tensor) else type(input).__name__
            raise ValueError(
                f"{where}: input: got {got}, wanted a Tensor (batch, {self.input_size}) or "
                f"({self.input_size},)"
            )
        alone = input.ndim == 1
        x = input[None, :] if alone else input
        if x.shape[1] != self.input_size:
            raise ValueError(
                f"{where}: input: got shape {input.shape}, wanted {self.input_size} features in "
                "its last axis"
            )
        wanted = (self.hidden_size,) if alone else (x.shape[0], self.hidden_size)
        if hx is None:
            states: Any = [zeros(wanted, dtype=x.dtype, device=x.device)] * (2 if pair else 1)
        else:
            states = hx if pair else (hx,)
        if not isinstance(states, (tuple, list)) or (pair and len(states) != 2):
            raise TypeError(f"{where}: hx is a {type(hx).__name__}, wanted the tuple (h_0, c_0)")
        for name, state in zip(("h_0", "c_0"), states, strict=False):
            if not isinstance(state, Tensor) or state.shape != wanted:
                got = state.shape if isinstance(state, Tensor) else type(state).__name__
                raise ValueError(f"{where}: {name}: got {got}, wanted a Tensor of shape {wanted}")
        if alone:
            states = [state[None, :] for state in states]
        weights = self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh
        out = cell(x, tuple(states) if pair else states[0], *weights)
        if not alone:
            return out
        return tuple([o[0, :] for o in out]) if pair else out[0, :]

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(RNNCellBase):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu: one step of `RNN`.

    Shape: x (N, input_size), h (N, H), zeros if None -> h' (N, H); or all without N. Parameters
    weight_ih (H, input_size), weight_hh (H, H), bias_ih and bias_hh (H,).

    >>> import backprop as bp
    >>> bp.nn.RNNCell(3, 4)(bp.zeros((2, 3))).shape
    (2, 4)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(
                f"RNNCell: nonlinearity: got {nonlinearity!r}, wanted 'tanh' or 'relu'"
            )
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        cell = F.rnn_tanh_cell if self.nonlinearity == "tanh" else F.rnn_relu_cell
        return self._step(cell, input, hx)

    def extra_repr(self) -> str:
        kind = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + kind


class LSTMCell(RNNCellBase):
    """(h', c') from x and (h, c): one step of `LSTM`.

    Shape: x (N, input_size), h and c (N, H), zeros if None -> h' and c' (N, H); or all without N.
    Parameters weight_ih (4H, input_size), weight_hh (4H, H), bias_ih and bias_hh (4H,).

    >>> import backprop as bp
    >>> h, c = bp.nn.LSTMCell(3, 4)(bp.zeros((2, 3)))
    >>> h.shape, c.shape
    ((2, 4), (2, 4))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        return self._step(F.lstm_cell, input, hx, pair=True)


class GRUCell(RNNCellBase):
    """h' from x and h: one step of `GRU`.

    Shape: x (N, input_size), h (N, H), zeros if None -> h' (N, H); or all without N. Parameters
    weight_ih (3H, input_size), weight_hh (3H, H), bias_ih and bias_hh (3H,).

    >>> import backprop as bp
    >>> bp.nn.GRUCell(3, 4)(bp.zeros(3)).shape
    (4,)
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        return self._step(F.gru_cell, input, hx)
