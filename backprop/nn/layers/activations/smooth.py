"""Smooth kin of the rectifier, with an exponential on the left."""

from __future__ import annotations

from ....tensor import Tensor
from ... import functional as F
from ...module import Module

__all__ = ["CELU", "ELU", "SELU", "Softplus"]


class ELU(Module):
    """x where x > 0, else α (e^x - 1). Source: Clevert, Unterthiner, Hochreiter (2015)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class SELU(Module):
    """1.0507... ELU(x) with α = 1.6732...: mean 0 and variance 1 are where a deep net settles.

    Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    """

    def __init__(self, inplace: bool = False) -> None: ...

    def forward(self, input: Tensor) -> Tensor:
        return F.selu(input)


class CELU(Module):
    """max(x, 0) + min(0, α (e^(x/α) - 1)), whose derivative has no jump.

    Source: Barron, "Continuously differentiable exponential linear units" (2017).
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self.alpha = alpha

    def forward(self, input: Tensor) -> Tensor:
        return F.celu(input, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class Softplus(Module):
    """log(1 + e^(β x)) / β, a smooth ReLU; x itself where β x > threshold."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"
