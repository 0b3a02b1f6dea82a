"""Models, losses, penalties and optimizers from their names in the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import nn, optim
from ..tensor import Tensor
from .settings import ACTIVATIONS, Settings, hidden_sizes


def build_model(settings: Settings, n_in: int, n_out: int) -> nn.Sequential:
    """The network: linear layers with an activation (and dropout) after each hidden one.

    >>> build_model(Settings(model="mlp:8", dropout=0.5), 4, 3)
    Sequential(
      (0): Linear(4, 8)
      (1): ReLU()
      (2): Dropout(p=0.5)
      (3): Linear(8, 3)
    )
    """
    layers: list[nn.Module] = []
    if settings.input_dropout:
        layers.append(nn.Dropout(settings.input_dropout))
    width = n_in
    for size in hidden_sizes(settings.model or "linear"):
        layers += [nn.Linear(width, size, dtype=settings.dtype), ACTIVATIONS[settings.activation]()]
        if settings.dropout:
            layers.append(nn.Dropout(settings.dropout))
        width = size
    return nn.Sequential(*layers, nn.Linear(width, n_out, dtype=settings.dtype))


class BinaryCrossEntropy(nn.BCEWithLogitsLoss):
    """BCEWithLogitsLoss of one logit a sample, for class indices 0 and 1.

    Shape: input (N, 1), target (N,) integers.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return super().forward(input.reshape(-1), target.astype(input.dtype))


_LOSSES: dict[str, Callable[[], nn.Loss]] = {
    "cross-entropy": nn.CrossEntropyLoss,
    "bce": BinaryCrossEntropy,
    "mse": nn.MSELoss,
    "half-squared-error": nn.HalfSquaredErrorLoss,
    "l1": nn.L1Loss,
    "huber": nn.HuberLoss,
}


def build_loss(settings: Settings) -> nn.Loss:
    """E: the mean over the samples of a batch, whatever the loss."""
    assert settings.loss is not None
    if settings.loss == "half-squared-error":
        return nn.HalfSquaredErrorLoss("mean")
    return _LOSSES[settings.loss]()


def build_penalty(settings: Settings) -> nn.Penalty | None:
    """R = l1 Σ |w| + l2/2 Σ w², or None where both strengths are 0."""
    both = settings.l1 + settings.l2
    if settings.l1 and settings.l2:
        return nn.ElasticPenalty(both, settings.l1 / both)
    if settings.l1:
        return nn.L1Penalty(settings.l1)
    return nn.L2Penalty(settings.l2) if settings.l2 else None


def build_optimizer(settings: Settings, model: nn.Module) -> optim.Optimizer:
    """The optimizer, for the model's parameters."""
    kinds: dict[str, Any] = {
        "sgd": optim.SGD, "adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop,
    }  # fmt: skip
    options = {"lr": settings.lr, "momentum": settings.momentum,
               "weight_decay": settings.weight_decay}  # fmt: skip
    given = {k: v for k, v in options.items() if v is not None}
    return kinds[settings.optimizer](model.parameters(), **given)


def loss_units(loss: str, scale: float) -> float:
    """What turns a loss of standardised numbers into one in the target's own units.

    Squares grow by the square of the scale; Huber's loss does too, its delta by the scale.
    """
    if loss in ("mse", "half-squared-error", "huber"):
        return scale * scale
    return scale if loss == "l1" else 1.0
