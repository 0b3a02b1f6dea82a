"""Losses of three samples: one is to be nearer to the second than to the third."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.losses._common import check_number
from ..layers.distance import PairwiseDistance
from .base import Loss

__all__ = ["TripletMarginLoss", "TripletMarginWithDistanceLoss"]


class TripletMarginLoss(Loss):
    """max(0, d(a, p) - d(a, n) + margin), d(x, y) = ||x - y + eps||_p along the last axis.

    The anchor a is to be nearer to the positive p than to the negative n, by the margin. No
    density has this logarithm.

    Args:
        margin: a positive number.
        p: of the norm.
        swap: whether d(p, n) takes the place of d(a, n) where it is less.

    Shape: three inputs (N, D) or (D,). The losses are (N,) or ().

    Source: Balntas, Riba, Ponsa, Mikolajczyk, "Learning local feature descriptors with triplets
    and shallow convolutional neural networks" (2016).

    >>> import backprop as bp
    >>> a, p, n = bp.asarray([[0.0, 0.0]]), bp.asarray([[3.0, 4.0]]), bp.asarray([[0.0, 2.0]])
    >>> bp.nn.TripletMarginLoss(eps=0.0)(a, p, n)  # 5 - 2 + 1
    tensor(4.)
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_number("TripletMarginLoss", "margin", margin, above=0)
        check_number("TripletMarginLoss", "p", p)
        check_number("TripletMarginLoss", "eps", eps)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_loss(
            anchor, positive, negative, self.margin, self.p, self.eps, self.swap,
            reduction=self.reduction,
        )  # fmt: skip


class TripletMarginWithDistanceLoss(Loss):
    """max(0, d(a, p) - d(a, n) + margin) with a distance d of one's own.

    Args:
        distance_function: a function (or module) of two Tensors; None is
            `nn.PairwiseDistance()`, the Euclidean distance.
        margin: a positive number.
        swap: whether d(p, n) takes the place of d(a, n) where it is less.

    Shape: three inputs as the distance wants them; the losses are as its result.

    >>> import backprop as bp
    >>> def largest(x, y):
    ...     return (x - y).abs().max(axis=-1)
    >>> a, p, n = bp.asarray([[0.0, 0.0]]), bp.asarray([[3.0, 4.0]]), bp.asarray([[0.0, 2.0]])
    >>> bp.nn.TripletMarginWithDistanceLoss(distance_function=largest)(a, p, n)  # 4 - 2 + 1
    tensor(3.)
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction=reduction)
        check_number("TripletMarginWithDistanceLoss", "margin", margin, above=0)
        if distance_function is not None and not callable(distance_function):
            raise TypeError(
                f"TripletMarginWithDistanceLoss: distance_function: got {distance_function!r}, "
                "wanted a function of two Tensors"
            )
        self.distance_function = (
            PairwiseDistance() if distance_function is None else distance_function
        )
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function,
            margin=self.margin, swap=self.swap, reduction=self.reduction,
        )  # fmt: skip
