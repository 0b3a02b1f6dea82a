"""Losses of one class out of several: the categorical distribution."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..functional.losses.classification import check_smoothing
from .base import Weighted

__all__ = ["CrossEntropyLoss", "NLLLoss"]


class CrossEntropyLoss(Weighted):
    """-log softmax(z)[t] for logits z of C classes.

    Likelihood: categorical, P(t | z) = e^(z_t) / Σ_c e^(z_c). The derivative by z is
    softmax(z) - onehot(t). Targets may also be probabilities q: then it is -Σ_c q_c log P(c | z).

    Args:
        weight: one factor a class; "mean" then divides by the sum of the targets' weights.
        ignore_index: a class index whose samples do not count.
        label_smoothing: this share of the target's probability is spread over all classes.

    Shape: input (N, C), (N, C, ...) or (C,); target (N, ...) or () class indices, or
    probabilities of the input's shape. The losses are (N, ...) or ().

    Raises:
        ValueError: the input was made by softmax, which this loss applies itself. (The result of
            log_softmax may come in: softmax is the same for it.)

    >>> import backprop as bp
    >>> logits = bp.asarray([[0.0, 0.0], [0.0, 0.0]])
    >>> bp.nn.CrossEntropyLoss()(logits, bp.asarray([1, -100]))  # log 2; the second is ignored
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        check_smoothing("CrossEntropyLoss", label_smoothing)
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input, target, self.weight, None, self.ignore_index, None, self.reduction,
            self.label_smoothing,
        )  # fmt: skip


class NLLLoss(Weighted):
    """-y[t] for log-probabilities y (of LogSoftmax): the categorical loss in two steps.

    Args: `weight` and `ignore_index` as for CrossEntropyLoss.

    Shape: input (N, C), (N, C, ...) or (C,); target (N, ...) or () class indices.

    >>> import backprop as bp
    >>> logs = bp.nn.LogSoftmax(dim=1)(bp.zeros((2, 4)))
    >>> bp.nn.NLLLoss()(logs, bp.asarray([0, 3]))  # log 4
    tensor(1.3863)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        ignore_index: int = -100,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction
        )
