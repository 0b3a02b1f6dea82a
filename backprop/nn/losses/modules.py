"""Losses: minus the logarithm of a likelihood.

A network with parameters Θ that assigns the density p(t | x, Θ) to a target is fitted by making
the observed targets likely: maximise Π p(t_n | x_n, Θ), that is, minimise
E(Θ) = -Σ log p(t_n | x_n, Θ), usually divided by the number of samples. Each loss below is such
an E for one density.

`reduction` is "mean", "sum" or "none" throughout, as in PyTorch.
"""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..module import Buffer, Module

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "HalfSquaredErrorLoss", "HuberLoss",
    "L1Loss", "Loss", "MSELoss", "NLLLoss",
]  # fmt: skip


class Loss(Module):
    """The base of all losses: called as loss(input, target)."""

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in ("mean", "sum", "none"):
            raise ValueError(f"reduction: got {reduction!r}, wanted 'mean', 'sum' or 'none'")
        self.reduction = reduction

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"


class MSELoss(Loss):
    """Mean squared error, the mean of (y - t)² over all elements.

    Likelihood: t = y + noise, the noise normal with variance σ². Then
    -log p(t | y) = (y - t)² / (2 σ²) + const; the factor 1 / (2 σ²) does not move the minimum.

    Shape: input and target alike, any shape.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.mse_loss(input, target, self.reduction)


class HalfSquaredErrorLoss(Loss):
    """Half the sum of squares, Σ_n 1/2 ||y_n - t_n||²; its derivative by y_n is y_n - t_n.

    Likelihood: the normal density of MSELoss with σ = 1, exactly: -log p(t | y) =
    1/2 ||y - t||² + const. "sum" (the default) adds over samples, "mean" divides by their number.

    Shape: input and target alike, samples along the first axis.
    """

    def __init__(self, reduction: str = "sum") -> None:
        super().__init__(reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.half_squared_error(input, target, self.reduction)


class L1Loss(Loss):
    """Mean absolute error, the mean of |y - t|; the derivative at 0 is 0.

    Likelihood: Laplace noise, p(t | y) = e^(-|t - y| / b) / (2 b), so
    -log p = |t - y| / b + const. Its heavier tails make outliers matter less.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.l1_loss(input, target, self.reduction)


class HuberLoss(Loss):
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), d = y - t.

    Likelihood: noise that is normal near its centre and Laplace in its tails (Huber's least
    favourable density).

    Source: Huber, "Robust estimation of a location parameter" (1964).
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.huber_loss(input, target, self.reduction, self.delta)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, delta={self.delta}"


class _Weighted(Loss):
    """A loss with a weight Tensor that moves with it but is not saved with a model."""

    def __init__(self, weight: Tensor | None, reduction: str) -> None:
        super().__init__(reduction)
        self.weight = None if weight is None else Buffer(weight, persistent=False)


class BCELoss(_Weighted):
    """-(t log p + (1 - t) log(1 - p)) for predicted probabilities p.

    Likelihood: Bernoulli, P(t | p) = p^t (1 - p)^(1 - t). Logarithms are held above -100, as in
    PyTorch. BCEWithLogitsLoss is more exact.
    """

    def __init__(self, weight: Tensor | None = None, reduction: str = "mean") -> None:
        super().__init__(weight, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy(input, target, self.weight, self.reduction)


class BCEWithLogitsLoss(_Weighted):
    """log(1 + e^z) - t z for logits z, the Bernoulli loss of p = σ(z).

    Likelihood: Bernoulli with log-odds z: log P(t | z) = t log σ(z) + (1 - t) log(1 - σ(z)).
    The derivative by z is σ(z) - t. Stable for any z.

    Args:
        pos_weight: factor of the term of t = 1, to balance rare positives.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        reduction: str = "mean",
        pos_weight: Tensor | None = None,
    ) -> None:
        super().__init__(weight, reduction)
        self.pos_weight = None if pos_weight is None else Buffer(pos_weight, persistent=False)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, self.reduction, self.pos_weight
        )


class CrossEntropyLoss(_Weighted):
    """-log softmax(z)[t] for logits z of C classes.

    Likelihood: categorical, P(t | z) = e^(z_t) / Σ_c e^(z_c). The derivative by z is
    softmax(z) - onehot(t). Targets may also be probabilities q: then it is -Σ_c q_c log P(c | z).

    Args:
        weight: one factor a class; "mean" then divides by the sum of the targets' weights.
        ignore_index: a class index whose samples do not count (None: there is none).
        label_smoothing: this share of the target's probability is spread over all classes.

    Shape: input (N, C) or (N, C, ...); target (N, ...) class indices, or the input's shape.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction)
        if not 0.0 <= label_smoothing <= 1.0:
            raise ValueError(f"label_smoothing: got {label_smoothing}, wanted a number from 0 to 1")
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.cross_entropy(
            input, target, self.weight, self.ignore_index, self.reduction, self.label_smoothing
        )


class NLLLoss(_Weighted):
    """-y[t] for log-probabilities y (of LogSoftmax): the categorical loss in two steps.

    Shape: input (N, C) or (N, C, ...); target (N, ...) class indices.
    """

    def __init__(
        self,
        weight: Tensor | None = None,
        ignore_index: int | None = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(weight, reduction)
        self.ignore_index = ignore_index

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return F.nll_loss(input, target, self.weight, self.ignore_index, self.reduction)
