"""What recurrent layers share: layers on layers, two directions, and the states to start from."""

from __future__ import annotations

import math
import warnings
from functools import partial
from typing import Any

from ... import rules
from ...tensor import Tensor, asarray
from ...xp import empty, zeros
from .. import functional as F
from .. import init
from ..functional._checks import integer, probability, whole
from ..module import Module, Parameter, factory
from ..utils.rnn import PackedSequence, take_columns, take_rows, turned, unpacked

__all__ = ["RNNBase"]

_MODES: dict[str, tuple[int, Any]] = {
    "LSTM": (4, F.lstm_layer),
    "GRU": (3, F.gru_layer),
    "RNN_TANH": (1, partial(F.rnn_layer, nonlinearity="tanh")),
    "RNN_RELU": (1, partial(F.rnn_layer, nonlinearity="relu")),
}
"""For each mode how many rows of the weights make one feature of the state, and one layer."""


class RNNBase(Module):
    """The base of `RNN`, `LSTM` and `GRU`: what they have in common.

    Args:
        mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU"; the other arguments are those of the layers.
    """

    def __init__(
        self,
        mode: str,
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
        where = type(self).__name__
        input_size = whole(where, "input_size", input_size)
        hidden_size = whole(where, "hidden_size", hidden_size)
        num_layers = whole(where, "num_layers", num_layers)
        flags(where, bias=bias, batch_first=batch_first, bidirectional=bidirectional)
        if mode not in _MODES:
            raise ValueError(f"{where}: mode: got {mode!r}, wanted one of {', '.join(_MODES)}")
        projected = integer(proj_size)
        if projected is None or not 0 <= projected < hidden_size:
            raise ValueError(
                f"{where}: proj_size: got {proj_size!r}, wanted 0 for none, or a whole number "
                f"below hidden_size = {hidden_size}"
            )
        proj_size = projected
        if proj_size and mode != "LSTM":
            raise ValueError(f"{where}: proj_size: got {proj_size}, but only an LSTM has one")
        self.mode, self.input_size, self.hidden_size = mode, input_size, hidden_size
        self.num_layers, self.bias, self.batch_first = num_layers, bias, batch_first
        self.dropout = probability(where, "dropout", dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        if dropout and num_layers == 1:
            warnings.warn(
                f"{where}: dropout={dropout} acts between layers, and num_layers is 1: nothing "
                "will be dropped",
                stacklevel=3,
            )
        kw, rows, state = factory(dtype, device), _MODES[mode][0] * hidden_size, self._features
        for layer in range(num_layers):
            width = state * self._directions if layer else input_size
            for end in self._ends(layer):
                setattr(self, f"weight_ih{end}", Parameter(empty((rows, width), **kw)))
                setattr(self, f"weight_hh{end}", Parameter(empty((rows, state), **kw)))
                for name in (f"bias_ih{end}", f"bias_hh{end}") if bias else ():
                    setattr(self, name, Parameter(empty((rows,), **kw)))
                if proj_size:
                    projection = Parameter(empty((proj_size, hidden_size), **kw))
                    setattr(self, f"weight_hr{end}", projection)
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _features(self) -> int:
        """Of the state h that the next step and the next layer see."""
        return self.proj_size or self.hidden_size

    def _ends(self, layer: int) -> tuple[str, ...]:
        """How the names of a layer's parameters end, for each direction."""
        return (f"_l{layer}", f"_l{layer}_reverse")[: self._directions]

    def _weights(self, end: str) -> list[Any]:
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
        weights = [getattr(self, name + end, None) for name in names]
        return weights if self.proj_size else weights[:4]

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The parameters, a list for each layer and direction."""
        ends = [end for layer in range(self.num_layers) for end in self._ends(layer)]
        return [[w for w in self._weights(end) if w is not None] for end in ends]

    def flatten_parameters(self) -> None:
        """Do nothing: here for code that was written for PyTorch, where it saves memory."""

    def reset_parameters(self) -> None:
        """Draw the parameters anew, uniform in ±1 / sqrt(hidden_size)."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Any, hx: Any = None) -> Any:
        where = type(self).__name__
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if not isinstance(input, Tensor):
            raise TypeError(
                f"{where}: input is a {type(input).__name__}, wanted a Tensor; wrap it: "
                "backprop.asarray(x)"
            )
        if input.ndim not in (2, 3):
            raise ValueError(
                f"{where}: input: got shape {input.shape}, wanted (steps, batch, features), with "
                "batch_first=True (batch, steps, features), or of one sequence (steps, features)"
            )
        alone, swap = input.ndim == 2, input.ndim == 3 and self.batch_first
        x = input[:, None, :] if alone else input
        x = rules.permute_dims(x, axes=(1, 0, 2)) if swap else x
        out, finals = self._run(x, self._start(hx, x, alone))
        if alone:
            out, finals = out[:, 0, :], [final[:, 0, :] for final in finals]
        out = rules.permute_dims(out, axes=(1, 0, 2)) if swap else out
        return out, (finals[0] if len(finals) == 1 else tuple(finals))

    def _packed(self, input: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        """Padded for the time being: what stands behind a sequence's end comes after all that
        counts, and is left out again."""
        x, places, lengths = unpacked(input)
        starts = self._start(hx, x, False)
        if input.sorted_indices is not None and hx is not None:
            starts = [take_columns(start, input.sorted_indices) for start in starts]
        out, finals = self._run(x, starts, lengths)
        if input.unsorted_indices is not None:
            finals = [take_columns(final, input.unsorted_indices) for final in finals]
        data = take_rows(
            rules.reshape(out, shape=(out.shape[0] * out.shape[1], out.shape[2])), places
        )
        return input._replace(data=data), (finals[0] if len(finals) == 1 else tuple(finals))

    def _start(self, hx: Any, x: Tensor, alone: bool) -> list[Tensor]:
        """The states to start from, each (layers x directions, batch, features)."""
        where, batch, n = type(self).__name__, x.shape[1], self.num_layers * self._directions
        shapes = {"h": (n, batch, self._features)}
        if self.mode == "LSTM":
            shapes["c"] = (n, batch, self.hidden_size)
        if hx is None:
            return [zeros(s, dtype=x.dtype, device=x.device) for s in shapes.values()]
        given = (hx,) if len(shapes) == 1 else hx
        if not isinstance(given, (tuple, list)) or len(given) != len(shapes):
            raise TypeError(f"{where}: hx is a {type(hx).__name__}, wanted the tuple (h_0, c_0)")
        for (name, (n, batch, size)), state in zip(shapes.items(), given, strict=True):
            wanted = (n, size) if alone else (n, batch, size)
            if not isinstance(state, Tensor) or state.shape != wanted:
                got = state.shape if isinstance(state, Tensor) else type(state).__name__
                raise ValueError(
                    f"{where}: {name}_0: got {got}, wanted {wanted}: "
                    f"(layers x directions{'' if alone else ', batch'}, features)"
                )
        return [state[:, None, :] if alone else state for state in given]

    def _run(
        self, x: Tensor, starts: list[Tensor], lengths: list[int] | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """(the last layer's states (L, N, H), the last states of all layers)."""
        ends = None if lengths is None else asarray(lengths, dtype="int64", device=x.device)
        each = [rules.unstack(start, axis=0) for start in starts]
        finals: list[tuple[Tensor, ...]] = []
        one_layer = _MODES[self.mode][1]
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
            outs = []
            for direction, end in enumerate(self._ends(layer)):
                states = [parts[len(finals)] for parts in each]
                weights = self._weights(end)
                if direction:
                    out, *last = one_layer(turned(x, lengths), *states, *weights, lengths=ends)
                    outs.append(turned(out, lengths))
                else:
                    out, *last = one_layer(x, *states, *weights, lengths=ends)
                    outs.append(out)
                finals.append(tuple(last))
            x = rules.concat(*outs, axis=2) if len(outs) > 1 else outs[0]
        return x, [rules.stack(*parts, axis=0) for parts in zip(*finals, strict=True)]

    def extra_repr(self) -> str:
        parts = [f"{self.input_size}, {self.hidden_size}"]
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0,
            "bidirectional": False,
        }  # fmt: skip
        parts += [f"{k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v]
        return ", ".join(parts)


def flags(where: str, **given: Any) -> None:
    """Raise unless they are truth values."""
    for name, on in given.items():
        if not isinstance(on, bool):
            raise TypeError(f"{where}: {name}: got {on!r}, wanted True or False")
