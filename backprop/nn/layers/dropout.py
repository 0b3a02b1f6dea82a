"""Dropout: units switched off at random while training."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional._checks import probability
from ..module import Module

__all__ = ["Dropout"]


class Dropout(Module):
    """In training, each element is 0 with probability p, else x / (1 - p); in use, x.

    The mask comes from the stream `backprop.manual_seed` starts, the same on every device.

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting" (2014).
    """

    def __init__(self, p: float = 0.5) -> None:
        self.p = probability("Dropout", "p", p)

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.p, self.training)

    def extra_repr(self) -> str:
        return f"p={self.p}"
