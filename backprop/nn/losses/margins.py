"""Losses that ask for a margin between right and wrong. They come from no density but one."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.losses._common import check_number
from ..functional.losses.margins import check_power
from .base import Loss, Weighted

__all__ = ["HingeEmbeddingLoss", "MultiMarginLoss", "SoftMarginLoss"]


class HingeEmbeddingLoss(Loss):
    """x where the target is 1, max(0, margin - x) where it is -1.

    x is a distance of two samples that belong together (1) or do not (-1). No density has this
    logarithm: it asks for an order, not for a distribution.

    Shape: input and target alike, any shape; targets are 1 and -1.

    >>> import backprop as bp
    >>> bp.nn.HingeEmbeddingLoss()(bp.asarray([0.5, 0.25]), bp.asarray([1, -1]))
    tensor(0.625)
    """

    def __init__(
        self,
        margin: float = 1.0,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_number("HingeEmbeddingLoss", "margin", margin)
        self.margin = margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class SoftMarginLoss(Loss):
    """log(1 + e^(-t x)) for targets t of 1 and -1.

    Likelihood: Bernoulli, P(t | x) = σ(t x): BCEWithLogitsLoss with the classes called 1 and -1.

    Shape: input and target alike, any shape.

    >>> import backprop as bp
    >>> bp.nn.SoftMarginLoss()(bp.asarray([0.0, 0.0]), bp.asarray([1, -1]))  # log 2
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiMarginLoss(Weighted):
    """Σ_c≠t w_t max(0, margin - x_t + x_c)^p / C for scores x of C classes, t the right one.

    The hinge loss of a support vector machine for several classes. No density has this logarithm.

    Args:
        p: 1 or 2.
        weight: one factor a class.

    Shape: input (N, C) and target (N,), or (C,) and (). The losses are as the target.

    >>> import backprop as bp
    >>> x = bp.asarray([[0.1, 0.2, 0.4, 0.8]])
    >>> bp.nn.MultiMarginLoss()(x, bp.asarray([3]))  # (0.3 + 0.4 + 0.6) / 4
    tensor(0.325)
    """

    def __init__(
        self,
        p: int = 1,
        margin: float = 1.0,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        check_power("MultiMarginLoss", p)
        check_number("MultiMarginLoss", "margin", margin)
        if self.weight is not None and self.weight.ndim != 1:
            raise ValueError(
                f"MultiMarginLoss: weight has shape {self.weight.shape}, wanted one a class"
            )
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multi_margin_loss(
            input, target, self.p, self.margin, self.weight, reduction=self.reduction
        )
