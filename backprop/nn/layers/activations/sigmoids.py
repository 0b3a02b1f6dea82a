"""Activations in the shape of an S, and the logarithm of one."""

from __future__ import annotations

from ....tensor import Tensor
from ... import functional as F
from ...module import Module

__all__ = ["LogSigmoid", "Sigmoid", "Softsign", "Tanh"]


class Sigmoid(Module):
    """σ(x) = 1 / (1 + e^-x); its derivative is σ (1 - σ)."""

    def forward(self, input: Tensor) -> Tensor:
        return F.sigmoid(input)


class LogSigmoid(Module):
    """log σ(x), stable for any x."""

    def forward(self, input: Tensor) -> Tensor:
        return F.logsigmoid(input)


class Tanh(Module):
    """tanh x; its derivative is 1 - tanh²."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanh(input)


class Softsign(Module):
    """x / (1 + |x|).

    >>> import backprop as bp
    >>> bp.nn.Softsign()(bp.asarray([-1.0, 3.0])).tolist()
    [-0.5, 0.75]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softsign(input)
