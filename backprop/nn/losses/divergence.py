"""How far one distribution is from another."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from .base import Loss

__all__ = ["KLDivLoss"]


class KLDivLoss(Loss):
    """q (log q - y) for log-probabilities y and targets q: the Kullback-Leibler divergence.

    Summed over the outcomes it is KL(q || p) = Σ q log(q / p), p = e^y: what the data q, taken as
    observations, lose in log-likelihood under p against q itself. For q that is 1 at one outcome
    it is the categorical loss of NLLLoss.

    "mean" divides by the number of elements, so outcomes too; "batchmean", the sum over the
    batch's length, is the mean divergence.

    Args:
        log_target: whether the target holds log q.

    Shape: input and target alike, any shape.

    >>> import backprop as bp
    >>> y = bp.log(bp.asarray([[0.5, 0.5]]))
    >>> bp.nn.KLDivLoss(reduction="batchmean")(y, bp.asarray([[1.0, 0.0]]))  # log 2
    tensor(0.6931)
    """

    _reductions = ("batchmean",)

    def __init__(
        self,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        log_target: bool = False,
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)
