"""Minus the logarithm of a density, written out: counts, and numbers of their own variance."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.losses._common import check_number
from .base import Loss

__all__ = ["GaussianNLLLoss", "PoissonNLLLoss"]


class PoissonNLLLoss(Loss):
    """λ - k log λ for counts k and predicted rates λ.

    Likelihood: Poisson, P(k | λ) = λ^k e^(-λ) / k!, so -log P = λ - k log λ + log k!. The last
    term does not depend on the prediction; `full` adds it by Stirling's approximation,
    k log k - k + log(2π k) / 2, for k > 1.

    Args:
        log_input: whether the input is log λ (then the loss is e^input - k input), or λ itself.
        full: whether the term of k alone is added.
        eps: added to λ under the logarithm, unless log_input.

    Shape: input and target alike, any shape.

    >>> import backprop as bp
    >>> bp.nn.PoissonNLLLoss()(bp.asarray([0.0]), bp.asarray([3.0]))  # e^0 - 3 0
    tensor(1.)
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        size_average: Any = None,
        eps: float = 1e-8,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        check_number("PoissonNLLLoss", "eps", eps, 0)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:
        return F.poisson_nll_loss(
            log_input, target, log_input=self.log_input, full=self.full, eps=self.eps,
            reduction=self.reduction,
        )  # fmt: skip


class GaussianNLLLoss(Loss):
    """(log v + (y - t)² / v) / 2 for predicted means y and variances v.

    Likelihood: normal with mean y and variance v, -log p(t | y, v) =
    (log v + (y - t)² / v + log 2π) / 2; `full` adds the last term. v is `var`, but at least eps;
    where var is less, the gradient goes on to it as if it were eps, as in PyTorch.

    Args:
        full: whether the constant is added.
        eps: the least variance.

    Shape: input and target alike; var the same, or with length 1 in one axis, or without the last
    axis, or a number.

    Source: Nix and Weigend, "Estimating the mean and variance of the target probability
    distribution" (1994).

    >>> import backprop as bp
    >>> bp.nn.GaussianNLLLoss()(bp.asarray([1.0]), bp.asarray([3.0]), bp.asarray([4.0]))
    tensor(1.1931)
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        check_number("GaussianNLLLoss", "eps", eps, above=0)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:
        return F.gaussian_nll_loss(
            input, target, var, full=self.full, eps=self.eps, reduction=self.reduction
        )
