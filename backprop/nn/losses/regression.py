"""Losses of numbers: what noise around the prediction makes of them."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.losses._common import check_number
from .base import Loss

__all__ = ["HalfSquaredErrorLoss", "HuberLoss", "L1Loss", "MSELoss", "SmoothL1Loss"]


class MSELoss(Loss):
    """Mean squared error, the mean of (y - t)² over all elements.

    Likelihood: t = y + noise, the noise normal with variance σ². Then
    -log p(t | y) = (y - t)² / (2 σ²) + const; the factor 1 / (2 σ²) does not move the minimum.

    Shape: input and target alike, any shape. PyTorch broadcasts targets of another shape (with a
    warning); here they are an error.

    >>> import backprop as bp
    >>> bp.nn.MSELoss()(bp.asarray([[1.0, 2.0]]), bp.asarray([[0.0, 4.0]]))  # (1 + 4) / 2
    tensor(2.5)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, reduction=self.reduction)


class HalfSquaredErrorLoss(Loss):
    """Half the sum of squares, Σ_n 1/2 ||y_n - t_n||²; its derivative by y_n is y_n - t_n.

    Likelihood: the normal density of MSELoss with σ = 1, exactly: -log p(t | y) =
    1/2 ||y - t||² + const. "sum" (the default) adds over samples, "mean" divides by their number.
    (PyTorch has no such loss.)

    Shape: input and target alike, samples along the first axis.

    >>> import backprop as bp
    >>> bp.nn.HalfSquaredErrorLoss()(bp.asarray([[1.0, 2.0]]), bp.asarray([[0.0, 4.0]]))
    tensor(2.5)
    """

    def __init__(self, reduction: str = "sum") -> None:
        super().__init__(reduction=reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.half_squared_error(input, target, self.reduction)


class L1Loss(Loss):
    """Mean absolute error, the mean of |y - t|; the derivative at 0 is 0.

    Likelihood: Laplace noise, p(t | y) = e^(-|t - y| / b) / (2 b), so
    -log p = |t - y| / b + const. Its heavier tails make outliers matter less.

    Shape: input and target alike, any shape.

    >>> import backprop as bp
    >>> bp.nn.L1Loss()(bp.asarray([1.0, 2.0]), bp.asarray([0.0, 4.0]))
    tensor(1.5)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """d² / (2 beta) where |d| < beta, else |d| - beta/2, d = y - t: HuberLoss divided by delta.

    Likelihood: Huber's density, normal with variance beta near its centre and Laplace with b = 1
    in its tails. With beta towards 0 it becomes L1Loss (which it is at beta = 0).

    Shape: input and target alike, any shape.

    Source: Girshick, "Fast R-CNN" (2015), equation 3.

    >>> import backprop as bp
    >>> loss = bp.nn.SmoothL1Loss(reduction="none")
    >>> loss(bp.asarray([0.5, 3.0]), bp.zeros(2))
    tensor([0.125, 2.5  ])
    """

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        beta: float = 1.0,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_number("SmoothL1Loss", "beta", beta, 0)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, beta={self.beta}"


class HuberLoss(Loss):
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), d = y - t.

    Likelihood: noise that is normal near its centre and Laplace in its tails (Huber's least
    favourable density).

    Shape: input and target alike, any shape.

    Source: Huber, "Robust estimation of a location parameter" (1964).

    >>> import backprop as bp
    >>> loss = bp.nn.HuberLoss(reduction="none", delta=2.0)
    >>> loss(bp.asarray([0.5, 3.0]), bp.zeros(2))
    tensor([0.125, 4.   ])
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        check_number("HuberLoss", "delta", delta, above=0)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, delta={self.delta}"
