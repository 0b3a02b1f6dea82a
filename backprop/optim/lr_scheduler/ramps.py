"""Schedules that hold or move the rate for a number of steps, and then stay."""

from __future__ import annotations

from math import inf

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import Factor, number


class ConstantLR(Factor):
    """The rate times `factor` for the first `total_iters` steps, then the rate itself."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self._factor = number("ConstantLR", "factor", factor, 0.0, 1.0)
        self.total_iters = whole("ConstantLR", "total_iters", total_iters, 0)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return float(self._factor) if t < self.total_iters else 1.0


class LinearLR(Factor):
    """A straight line from start_factor to end_factor over `total_iters` steps: a warm-up.

    f(t) = start + (end - start) min(t, total_iters) / total_iters.

    >>> import backprop as bp
    >>> optimizer = bp.optim.SGD([bp.zeros(1, requires_grad=True)], lr=0.8)
    >>> schedule = bp.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> [round(0.8 * schedule.factor(t), 6) for t in range(5)]
    [0.2, 0.4, 0.6, 0.8, 0.8]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:
        self.start_factor = number("LinearLR", "start_factor", start_factor, 0.0, 1.0, above=True)
        self.end_factor = number("LinearLR", "end_factor", end_factor, 0.0, 1.0)
        self.total_iters = whole("LinearLR", "total_iters", total_iters)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        way = min(t, self.total_iters) / self.total_iters
        return self.start_factor + (self.end_factor - self.start_factor) * way


class PolynomialLR(Factor):
    """Down to 0 over `total_iters` steps: f(t) = (1 - min(t, total_iters) / total_iters)^power."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ) -> None:
        self.total_iters = whole("PolynomialLR", "total_iters", total_iters)
        self.power = number("PolynomialLR", "power", power, 0.0, inf)
        super().__init__(optimizer, last_epoch)

    def factor(self, t: int) -> float:
        return float((1.0 - min(t, self.total_iters) / self.total_iters) ** self.power)
