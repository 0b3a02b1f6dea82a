"""Local response normalisation: channels dampened by the activity of their neighbours."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional._checks import whole
from ..module import Module

__all__ = ["LocalResponseNorm"]


class LocalResponseNorm(Module):
    """y_c = x_c / (k + alpha / size Σ x_j²)^beta, over `size` neighbouring channels j around c.

    The neighbours are c - size // 2 to c + (size - 1) // 2; those outside count as 0.

    Args:
        size: how many channels.
        alpha: the weight of their mean square.
        beta: the exponent.
        k: what is added.

    Shape: (N, C, ...) with at least three axes -> the same.

    >>> import backprop as bp
    >>> bp.nn.LocalResponseNorm(1, alpha=1.0, beta=1.0)(bp.ones((1, 1, 1)))
    tensor([[[0.5]]])

    Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural
    networks" (2012), section 3.3.
    """

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        self.size = whole("LocalResponseNorm", "size", size)
        self.alpha, self.beta, self.k = alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
