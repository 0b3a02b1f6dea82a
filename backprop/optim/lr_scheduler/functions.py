"""Schedules that a function of the user's describes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, belongs, per_group, rates

Rule = Callable[[int], float]


class LambdaLR(LRScheduler):
    """The initial rate times a function of the step number: lr(t) = base_lr lr_lambda(t).

    Functions are not part of the saved state.

    Args:
        optimizer: whose rates are set.
        lr_lambda: the function, or a list of one for each parameter group.
        last_epoch: see `LRScheduler`.
    """

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Rule | list[Rule], last_epoch: int = -1
    ) -> None:
        self.lr_lambdas = _functions(type(self).__name__, optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        return [
            lr * f(self.last_epoch) for lr, f in zip(self.base_lrs, self.lr_lambdas, strict=True)
        ]


class MultiplicativeLR(LRScheduler):
    """The present rate times a function of the step number: lr(t) = lr(t - 1) lr_lambda(t)."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Rule | list[Rule], last_epoch: int = -1
    ) -> None:
        self.lr_lambdas = _functions(type(self).__name__, optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        present = rates(self.optimizer)
        if self.last_epoch == 0:
            return present
        return [lr * f(self.last_epoch) for lr, f in zip(present, self.lr_lambdas, strict=True)]


def _functions(schedule: str, optimizer: Any, given: Any) -> list[Rule]:
    found = per_group(schedule, "lr_lambda", belongs(schedule, optimizer), given)
    for f in found:
        if not callable(f):
            raise TypeError(
                f"{schedule}: lr_lambda: got a {type(f).__name__}, wanted a function of the "
                "step number"
            )
    return found
