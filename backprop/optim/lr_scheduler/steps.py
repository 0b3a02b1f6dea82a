"""Schedules that multiply the rate by a constant, now and then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from math import inf

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import Factor, number


class StepLR(Factor):
    """The rate times gamma after every `step_size` steps: f(t) = gamma^⌊t / step_size⌋.

    >>> import backprop as bp
    >>> optimizer = bp.optim.SGD([bp.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedule = bp.optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)
    >>> [schedule.factor(t) for t in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size = whole("StepLR", "step_size", step_size)
        self.gamma = number("StepLR", "gamma", gamma, 0.0, inf)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return float(self.gamma ** (t // self.step_size))


class MultiStepLR(Factor):
    """The rate times gamma at each milestone: f(t) = gamma^(number of milestones up to t)."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:
        self.milestones = sorted(whole("MultiStepLR", "milestones", m, 0) for m in milestones)
        self.gamma = number("MultiStepLR", "gamma", gamma, 0.0, inf)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return float(self.gamma ** bisect_right(self.milestones, t))


class ExponentialLR(Factor):
    """The rate times gamma after every step: f(t) = gamma^t."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = number("ExponentialLR", "gamma", gamma, 0.0, inf)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return float(self.gamma**t)
