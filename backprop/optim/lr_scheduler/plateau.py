"""A rate that falls when a measure stops improving."""

from __future__ import annotations

from math import inf
from typing import Any

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import LRScheduler, belongs, noted, number, per_group, rates


class ReduceLROnPlateau(LRScheduler):
    """The rate times `factor` when a measure has not improved for more than `patience` steps.

    Args:
        optimizer: whose rates are set.
        mode: "min" if smaller is better (a loss), "max" if larger is (an accuracy).
        factor: below 1.
        patience: how many steps without improvement are borne.
        threshold: what counts as improvement: better by this share of the best measure
            (threshold_mode "rel") or by this much ("abs").
        threshold_mode: "rel" or "abs".
        cooldown: how many steps after a fall are not counted.
        min_lr: the rate does not fall below; one for all groups or a list.
        eps: smaller changes of the rate are left out.

    >>> import backprop as bp
    >>> optimizer = bp.optim.SGD([bp.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = bp.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0):
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | list[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        name = "ReduceLROnPlateau"
        self.optimizer = belongs(name, optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"{name}: mode: got {mode!r}, wanted 'min' or 'max'")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(
                f"{name}: threshold_mode: got {threshold_mode!r}, wanted 'rel' or 'abs'"
            )
        if not factor < 1.0:
            raise ValueError(f"{name}: factor: got {factor}, wanted a number below 1")
        self.mode, self.threshold_mode = mode, threshold_mode
        self.factor = number(name, "factor", factor, 0.0, 1.0)
        self.patience = whole(name, "patience", patience, 0)
        self.threshold = number(name, "threshold", threshold, 0.0, inf)
        self.cooldown = whole(name, "cooldown", cooldown, 0)
        self.min_lrs = per_group(name, "min_lr", optimizer, min_lr)
        self.eps = number(name, "eps", eps, 0.0, inf)
        self.best = inf if mode == "min" else -inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = rates(optimizer)

    def step(self, metrics: Any) -> None:  # type: ignore[override]
        """Look at the measure (a number or a Tensor of one element) of the last epoch."""
        value = float(metrics)
        noted(self, lambda: self._look(value))

    def _look(self, value: float) -> None:
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = rates(self.optimizer)

    def restart(self) -> None:
        raise TypeError("ReduceLROnPlateau: it follows a measure and cannot be a part of another")

    def _reduce(self) -> None:
        groups = self.optimizer.param_groups
        if len(groups) > len(self.min_lrs):  # added since
            self.min_lrs = self.min_lrs + [min(self.min_lrs)] * (len(groups) - len(self.min_lrs))
        for group, least in zip(groups, self.min_lrs, strict=True):
            lower = max(group["lr"] * self.factor, least)
            if group["lr"] - lower > self.eps:
                group["lr"] = lower

    def _is_better(self, value: float) -> bool:
        if self.mode == "min":
            by = self.best * (1.0 - self.threshold) if self.threshold_mode == "rel" else (
                self.best - self.threshold
            )  # fmt: skip
            return value < by
        by = self.best * (1.0 + self.threshold) if self.threshold_mode == "rel" else (
            self.best + self.threshold
        )  # fmt: skip
        return value > by
