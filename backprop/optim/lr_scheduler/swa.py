"""The rate that stochastic weight averaging ends at."""

from __future__ import annotations

import math

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import LRScheduler, belongs, per_group, rates


class SWALR(LRScheduler):
    """From the present rate to swa_lr in anneal_epochs steps, then constant.

    A step brings the rate lr to the point a(t) on the way from where the way began, which follows
    from the rate before: start = (lr - a(t - 1) swa_lr) / (1 - a(t - 1)). So it can begin in the
    middle of another schedule.

    Args:
        optimizer: whose rates are set.
        swa_lr: the last rate, one for all groups or a list.
        anneal_epochs: the number of steps there.
        anneal_strategy: "cos", a(t) = (1 - cos π t) / 2, or "linear", a(t) = t, for t from 0 to 1.
        last_epoch: see `LRScheduler`.

    Source: Izmailov et al., "Averaging weights leads to wider optima and better generalization"
    (2018).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        swa_lr: float | list[float],
        anneal_epochs: int = 10,
        anneal_strategy: str = "cos",
        last_epoch: int = -1,
    ) -> None:
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"SWALR: anneal_strategy: got {anneal_strategy!r}, wanted 'cos' or 'linear'"
            )
        self.anneal_epochs = whole("SWALR", "anneal_epochs", anneal_epochs, 0)
        self.anneal_strategy = anneal_strategy
        self.swa_lrs = per_group("SWALR", "swa_lr", belongs("SWALR", optimizer), swa_lr)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        step = self.last_epoch if self.anneal_epochs else max(1, self.last_epoch)
        before, now = self._way(step - 1), self._way(step)
        found = []
        for lr, last in zip(rates(self.optimizer), self.swa_lrs, strict=True):
            start = last if before == 1.0 else (lr - before * last) / (1.0 - before)
            found.append(last * now + start * (1.0 - now))
        return found

    def _way(self, step: int) -> float:
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1.0 - math.cos(math.pi * t)) / 2.0 if self.anneal_strategy == "cos" else t
