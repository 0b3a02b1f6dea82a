"""Losses of yes-or-no targets: the Bernoulli distribution."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..module import Buffer
from .base import Weighted

__all__ = ["BCELoss", "BCEWithLogitsLoss"]


class BCELoss(Weighted):
    """-(t log p + (1 - t) log(1 - p)) for predicted probabilities p.

    Likelihood: Bernoulli, P(t | p) = p^t (1 - p)^(1 - t). Logarithms are held above -100, as in
    PyTorch. BCEWithLogitsLoss is more exact.

    Args:
        weight: a factor of each element's loss; it spreads over the input.

    Shape: input and target alike, any shape, with values from 0 to 1.

    >>> import backprop as bp
    >>> bp.nn.BCELoss()(bp.asarray([0.8, 0.5]), bp.asarray([1.0, 0.0]))  # (log 5/4 + log 2) / 2
    tensor(0.4581)
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(Weighted):
    """log(1 + e^z) - t z for logits z, the Bernoulli loss of p = σ(z).

    Likelihood: Bernoulli with log-odds z: log P(t | z) = t log σ(z) + (1 - t) log(1 - σ(z)).
    The derivative by z is σ(z) - t. Stable for any z.

    Args:
        weight: a factor of each element's loss; it spreads over the input.
        pos_weight: factor of the term of t = 1, to balance rare positives.

    Shape: input and target alike, any shape.

    Raises:
        ValueError: the input was made by sigmoid, which this loss applies itself.

    >>> import backprop as bp
    >>> bp.nn.BCEWithLogitsLoss()(bp.asarray([0.0, 0.0]), bp.asarray([1.0, 0.0]))  # log 2
    tensor(0.6931)
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, size_average, reduce, reduction)
        self.pos_weight = None if pos_weight is None else Buffer(pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )
