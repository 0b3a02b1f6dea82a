"""Losses that compare two samples: which is larger, or how alike they are."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.losses._common import check_number
from .base import Loss

__all__ = ["CosineEmbeddingLoss", "MarginRankingLoss"]


class MarginRankingLoss(Loss):
    """max(0, margin - t (x1 - x2)): x1 is to be larger than x2 where t = 1, smaller where t = -1.

    No density has this logarithm: it asks for an order.

    Shape: both inputs and the target alike, any shape.

    >>> import backprop as bp
    >>> x1, x2 = bp.asarray([2.0, 2.0]), bp.asarray([1.0, 1.0])
    >>> bp.nn.MarginRankingLoss()(x1, x2, bp.asarray([1, -1]))  # (0 + 1) / 2
    tensor(0.5)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_number("MarginRankingLoss", "margin", margin)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.margin_ranking_loss(input1, input2, target, self.margin, reduction=self.reduction)


class CosineEmbeddingLoss(Loss):
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1.

    cos is x1·x2 / (|x1| |x2|), with 1e-12 added to each squared length. For unit vectors and
    t = 1 it is the squared distance |x1 - x2|² / 2; for t = -1 no density has this logarithm.

    Args:
        margin: from -1 to 1; from 0 to 0.5 is usual.

    Shape: inputs (N, D) and target (N,), or (D,) and (); targets are 1 and -1.

    >>> import backprop as bp
    >>> x1, x2 = bp.asarray([[3.0, 4.0]]), bp.asarray([[4.0, 3.0]])
    >>> bp.nn.CosineEmbeddingLoss()(x1, x2, bp.asarray([1]))  # 1 - 24/25
    tensor(0.04)
    """

    def __init__(
        self,
        margin: float = 0.0,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_number("CosineEmbeddingLoss", "margin", margin)
        self.margin = margin

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:
        return F.cosine_embedding_loss(
            input1, input2, target, self.margin, reduction=self.reduction
        )
