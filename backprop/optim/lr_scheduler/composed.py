"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import LRScheduler, belongs, fitting, noted, rates
from .plateau import ReduceLROnPlateau


class _Composed(LRScheduler):
    """What the two share: the parts, and saving them."""

    _schedulers: list[LRScheduler]

    def state_dict(self) -> dict[str, Any]:
        own = {k: v for k, v in vars(self).items() if k not in ("optimizer", "_schedulers")}
        return {**own, "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        found = fitting(self, state, self.state_dict())
        parts = found.pop("_schedulers")
        if len(parts) != len(self._schedulers):
            raise ValueError(
                f"{type(self).__name__}: load_state_dict: the state is of {len(parts)} schedules, "
                f"wanted {len(self._schedulers)}"
            )
        for part, saved in zip(self._schedulers, parts, strict=True):
            fitting(part, saved, part.state_dict())
        for part, saved in zip(self._schedulers, parts, strict=True):
            part.load_state_dict(saved)
        vars(self).update(found)


class ChainedScheduler(_Composed):
    """Several schedules at once: a step of it is a step of each, and their factors multiply."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._schedulers = _parts("ChainedScheduler", schedulers, optimizer)
        self.optimizer = self._schedulers[0].optimizer
        self._last_lr = rates(self.optimizer)

    def step(self) -> None:
        noted(self, self._next)

    def _next(self) -> None:
        for part in self._schedulers:
            part.step()
        self._last_lr = rates(self.optimizer)

    def restart(self) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        for part in self._schedulers:  # each begins from what those before it set
            part.last_epoch = 0
            part._set(part.get_lr())
        self._last_lr = rates(self.optimizer)

    def __repr__(self) -> str:
        return f"ChainedScheduler({', '.join(map(repr, self._schedulers))})"


class SequentialLR(_Composed):
    """One schedule after another: the next one begins at each milestone.

    >>> import backprop as bp
    >>> optimizer = bp.optim.SGD([bp.zeros(1, requires_grad=True)], lr=1.0)
    >>> schedules = bp.optim.lr_scheduler
    >>> warm_up = schedules.LinearLR(optimizer, start_factor=0.5, total_iters=2)
    >>> fall = schedules.CosineAnnealingLR(optimizer, T_max=4)
    >>> schedules.SequentialLR(optimizer, [warm_up, fall], milestones=[2]).get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:
        self._schedulers = _parts("SequentialLR", schedulers, optimizer)
        self._milestones = [whole("SequentialLR", "milestones", m, 0) for m in milestones]
        if len(milestones) != len(schedulers) - 1 or sorted(milestones) != list(milestones):
            raise ValueError(
                f"SequentialLR: milestones: got {list(milestones)} for {len(schedulers)} "
                "schedules, wanted a growing list with one number less than there are schedules"
            )
        self.optimizer = optimizer
        self.last_epoch = last_epoch + 1
        if last_epoch == -1:
            self.restart()
        else:
            self._last_lr = rates(optimizer)

    def restart(self) -> None:
        self.last_epoch = 0
        self._present().restart()
        self._last_lr = rates(self.optimizer)

    def step(self) -> None:
        noted(self, self._next)

    def _next(self) -> None:
        before = self._present()
        self.last_epoch += 1
        now = self._present()
        if now is before:
            now.step()
        else:
            now.restart()
        self._last_lr = rates(self.optimizer)

    def _present(self) -> LRScheduler:
        return self._schedulers[bisect_right(self._milestones, self.last_epoch)]


def _parts(name: str, schedulers: Any, optimizer: Any) -> list[Any]:
    found = list(schedulers)
    if not found:
        raise ValueError(f"{name}: schedulers: got none, wanted at least one")
    for part in found:
        if not isinstance(part, LRScheduler) or isinstance(part, ReduceLROnPlateau):
            raise TypeError(
                f"{name}: schedulers: got a {type(part).__name__}, wanted schedules whose step "
                "takes no arguments"
            )
        if part.optimizer is not (found[0].optimizer if optimizer is None else optimizer):
            raise ValueError(
                f"{name}: schedulers: a {type(part).__name__} belongs to another optimizer"
            )
    belongs(name, found[0].optimizer)
    return found
