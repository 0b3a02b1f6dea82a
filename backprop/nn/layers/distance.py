"""How far vectors are apart, and how much they point the same way."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..module import Module

__all__ = ["CosineSimilarity", "PairwiseDistance"]


class CosineSimilarity(Module):
    """x₁·x₂ / (max(|x₁|, eps) max(|x₂|, eps)) along an axis.

    Shape: (..., D, ...) twice, broadcast against each other -> without the axis `dim`.

    >>> import backprop as bp
    >>> bp.nn.CosineSimilarity()(bp.asarray([[3.0, 4.0]]), bp.asarray([[6.0, 8.0]])).tolist()
    [1.0]
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)


class PairwiseDistance(Module):
    """(Σ |x₁ - x₂ + eps|^p)^(1/p) along the last axis.

    Shape: (N, D) or (D), twice -> (N), or (N, 1) with keepdim.

    >>> import backprop as bp
    >>> bp.nn.PairwiseDistance(eps=0.0)(bp.asarray([[3.0, 4.0]]), bp.zeros((1, 2))).tolist()
    [5.0]
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)
