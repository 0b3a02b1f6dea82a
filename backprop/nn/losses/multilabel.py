"""Losses of samples that may belong to several classes."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from .base import Loss, Weighted

__all__ = ["MultiLabelMarginLoss", "MultiLabelSoftMarginLoss"]


class MultiLabelMarginLoss(Loss):
    """Σ_j Σ_c max(0, 1 - x[t_j] + x[c]) / C: labels t_j, and all classes c that are none of them.

    Every label is to have a score larger by 1 than every other class. No density has this
    logarithm.

    Shape: input (N, C) or (C,), target alike, of integers: a row holds the labels of a sample up
    to the first -1; what is behind that does not count. The losses are (N,) or ().

    >>> import backprop as bp
    >>> x = bp.asarray([[0.1, 0.2, 0.4, 0.8]])
    >>> labels = bp.asarray([[3, 0, -1, 1]])  # 3 and 0
    >>> bp.nn.MultiLabelMarginLoss()(x, labels)  # (0.4 + 0.6 + 1.1 + 1.3) / 4
    tensor(0.85)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(Weighted):
    """The mean over C classes of log(1 + e^x) - t x, t = 1 for a sample's classes, else 0.

    Likelihood: one Bernoulli a class, P(t | x) = σ(x)^t (1 - σ(x))^(1 - t), all independent.

    Args:
        weight: one factor a class.

    Shape: input and target (..., C). The losses are (...,).

    Raises:
        ValueError: the input was made by sigmoid, which this loss applies itself.

    >>> import backprop as bp
    >>> bp.nn.MultiLabelSoftMarginLoss()(bp.zeros((1, 4)), bp.asarray([[1, 0, 0, 1]]))  # log 2
    tensor(0.6931)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.multilabel_soft_margin_loss(input, target, self.weight, reduction=self.reduction)
