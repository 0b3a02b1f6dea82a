"""Losses, penalties and optimizers from their names in the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import nn, optim
from ..tensor import Tensor
from .settings import Settings


class BinaryCrossEntropy(nn.BCEWithLogitsLoss):
    """BCEWithLogitsLoss of one logit a sample, for class indices 0 and 1.

    Shape: input (N, 1), target (N,) integers.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return super().forward(input.reshape(-1), target.astype(input.dtype))


class NextCharacter(nn.CrossEntropyLoss):
    """CrossEntropyLoss of every character of a row, given those before it.

    Shape: input (N, L, V) scores, target (N, L) integers.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        return super().forward(input.reshape(-1, input.shape[-1]), target.reshape(-1))


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
    if settings.task == "text":
        return NextCharacter()
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
        "nadam": optim.NAdam, "radam": optim.RAdam, "adamax": optim.Adamax,
        "adagrad": optim.Adagrad, "adadelta": optim.Adadelta, "lion": optim.Lion,
    }  # fmt: skip
    options = {"lr": settings.lr, "momentum": settings.momentum,
               "weight_decay": settings.weight_decay}  # fmt: skip
    given = {k: v for k, v in options.items() if v is not None}
    return kinds[settings.optimizer](model.parameters(), **given)


_WARM_UP = 0.05
"""The share of all steps in which a cosine's rate climbs."""


def build_schedule(
    settings: Settings, optimizer: optim.Optimizer, steps: int
) -> optim.lr_scheduler.LRScheduler | None:
    """The schedule of a training of so many steps, stepped after each; None for a constant rate."""
    schedules = optim.lr_scheduler
    if settings.schedule == "cosine":
        climb = max(1, round(_WARM_UP * steps))
        parts = [
            schedules.LinearLR(optimizer, 1.0 / (climb + 1), total_iters=climb),
            schedules.CosineAnnealingLR(optimizer, max(1, steps - climb)),
        ]
        return schedules.SequentialLR(optimizer, parts, [climb])
    if settings.schedule == "one-cycle":
        assert settings.lr is not None
        moves = "betas" in optimizer.defaults or bool(settings.momentum)
        return schedules.OneCycleLR(optimizer, settings.lr, steps, cycle_momentum=moves)
    return None


def loss_units(loss: str, scale: float) -> float:
    """What turns a loss of standardised numbers into one in the target's own units.

    Squares grow by the square of the scale; Huber's loss does too, its delta by the scale.
    """
    if loss in ("mse", "half-squared-error", "huber"):
        return scale * scale
    return scale if loss == "l1" else 1.0
