"""Activations that take something away: small inputs vanish."""

from __future__ import annotations

from ....tensor import Tensor
from ... import functional as F
from ...functional.activations import check_lambd
from ...module import Module

__all__ = ["Hardshrink", "Softshrink", "Tanhshrink"]


class Hardshrink(Module):
    """x where |x| > lambd, else 0.

    >>> import backprop as bp
    >>> bp.nn.Hardshrink()(bp.asarray([-1.0, 0.5, 2.0])).tolist()
    [-1.0, 0.0, 2.0]
    """

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Softshrink(Module):
    """x moved by lambd towards 0, and 0 where that would pass it.

    >>> import backprop as bp
    >>> bp.nn.Softshrink()(bp.asarray([-1.0, 0.5, 2.0])).tolist()
    [-0.5, 0.0, 1.5]
    """

    def __init__(self, lambd: float = 0.5) -> None:
        check_lambd("Softshrink", lambd)
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        return f"{self.lambd}"


class Tanhshrink(Module):
    """x - tanh x."""

    def forward(self, input: Tensor) -> Tensor:
        return F.tanhshrink(input)
