"""Schedules that fall along half a cosine.

Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts" (2016),
equation 5.
"""

from __future__ import annotations

import math

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import Factor, LRScheduler, noted, number


class CosineAnnealingLR(Factor):
    """Down from the rate to eta_min in T_max steps, along (1 + cos(π t / T_max)) / 2.

    Beyond T_max it climbs again, as the cosine does.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max = whole("CosineAnnealingLR", "T_max", T_max)
        self.eta_min = number("CosineAnnealingLR", "eta_min", eta_min, 0.0, math.inf)
        super().__init__(optimizer, last_epoch)

    @property
    def floor(self) -> float:  # type: ignore[override]
        return self.eta_min

    def factor(self, t: int) -> float:
        if (t - self.T_max) % (2 * self.T_max) == 0:
            return 0.0
        return (1.0 + math.cos(math.pi * t / self.T_max)) / 2.0


class CosineAnnealingWarmRestarts(LRScheduler):
    """Down to eta_min along half a cosine, then back to the start at once, again and again.

    The first fall takes T_0 steps, each later one T_mult times as many as the one before.

    >>> import backprop as bp
    >>> optimizer = bp.optim.SGD([bp.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = bp.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=2, T_mult=2)
    >>> for t in (1, 2, 4, 6):
    ...     schedule.step(t); print(t, round(schedule.get_last_lr()[0], 4))
    1 0.5
    2 1.0
    4 0.5
    6 1.0
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:
        name = "CosineAnnealingWarmRestarts"
        self.T_0 = self.T_i = whole(name, "T_0", T_0)
        self.T_mult = whole(name, "T_mult", T_mult)
        self.eta_min = number(name, "eta_min", eta_min, 0.0, math.inf)
        self.T_cur: float = 0
        self._place(last_epoch + 1)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        share = (1.0 + math.cos(math.pi * self.T_cur / self.T_i)) / 2.0
        return [self.eta_min + (lr - self.eta_min) * share for lr in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go one step on, or to any point: `schedule.step(epoch + batch / batches)`."""
        if epoch is None:
            return super().step()
        if not epoch >= 0:
            raise ValueError(f"{type(self).__name__}: epoch: got {epoch}, wanted 0 or more")
        noted(self, lambda: self._go(epoch))
        return None

    def _next(self) -> None:
        self._place(self.last_epoch + 1)
        super()._next()

    def _go(self, epoch: float) -> None:
        self._place(epoch)
        self.last_epoch = math.floor(epoch)
        self._set(self.get_lr())

    def restart(self) -> None:
        self._place(0)
        super().restart()

    def _place(self, t: float) -> None:
        """Find the fall that t lies in: its length T_i, and T_cur steps since its start."""
        length, start = self.T_0, 0
        if self.T_mult == 1:
            start = int(t // length) * length
        else:
            while t >= start + length:
                start, length = start + length, length * self.T_mult
        self.T_i, self.T_cur = length, t - start
