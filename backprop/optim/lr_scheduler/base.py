"""What all schedules share: counting, setting rates, saving; and schedules that are a factor."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from backends import record

from ..optimizer import Optimizer


class LRScheduler:
    """The base of schedules. A subclass defines `get_lr`, the rates at `self.last_epoch`.

    Args:
        optimizer: whose parameter groups get the rates.
        last_epoch: -1 to begin; to go on without a saved state, the number of steps made before,
            minus 1. The optimizer's groups then need "initial_lr", and keep the rate they have.

    Attributes:
        base_lrs: each group's rate before the schedule changed it ("initial_lr" in the group).
        last_epoch: how often `step` was called.
    """

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = belongs(type(self).__name__, optimizer)
        if last_epoch == -1:
            for group in optimizer.param_groups:
                group.setdefault("initial_lr", group["lr"])
        self.base_lrs = [self._initial(i, g) for i, g in enumerate(optimizer.param_groups)]
        self.last_epoch = last_epoch + 1
        self._step_count = 1
        self._set(self.get_lr() if last_epoch == -1 else rates(optimizer))

    def _initial(self, number: int, group: dict[str, Any]) -> float:
        if "initial_lr" not in group:
            raise ValueError(
                f"{type(self).__name__}: last_epoch: was given, but the optimizer's group {number} "
                "has no 'initial_lr'; begin with last_epoch=-1 and load the schedule's state_dict"
            )
        return group["initial_lr"]

    def get_lr(self) -> list[float]:
        """The rate of each group at `self.last_epoch`, which `step` has just counted up."""
        raise NotImplementedError(f"{type(self).__name__} needs a method get_lr(self)")

    def step(self) -> None:
        """Count one step and set the rates that follow. Call it after the optimizer's `step`."""
        if self._step_count == 1 and not self.optimizer._steps:
            warnings.warn(
                f"{type(self).__name__}: step was called before the optimizer's first step, so the "
                "schedule's first rate was never used; call optimizer.step() first",
                stacklevel=2,
            )
        noted(self, self._next)

    def _next(self) -> None:
        self._step_count += 1
        self.last_epoch += 1
        self._set(self.get_lr())

    def restart(self) -> None:
        """Begin anew at step 0 from the rates the optimizer had at first."""
        self.last_epoch = 0
        for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = lr
        self._set(self.get_lr())

    def get_last_lr(self) -> list[float]:
        """The rate of each group that was set last."""
        return list(self._last_lr)

    def _set(self, values: Sequence[float]) -> None:
        for group, lr in zip(self.optimizer.param_groups, values, strict=True):
            group["lr"] = lr
        self._last_lr = list(values)

    def state_dict(self) -> dict[str, Any]:
        """What it takes to go on: numbers and lists, without the optimizer and functions."""
        return {k: v for k, v in vars(self).items() if k != "optimizer" and not _functions(v)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave. The optimizer's own state holds the rates.

        Raises:
            ValueError: it is the state of another kind of schedule; nothing is loaded.
        """
        vars(self).update(fitting(self, state, self.state_dict()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}(last_epoch={self.last_epoch}, lr={self._last_lr})"


class Factor(LRScheduler):
    """A schedule that is a factor f(t) of each group's initial rate.

    A step multiplies the present rate by f(t) / f(t - 1). So the factors of chained schedules
    multiply, and a rate that was changed by hand in between stays changed in proportion. `floor`
    is a rate that takes no part in this: what is multiplied is the difference to it.
    """

    floor = 0.0

    def factor(self, t: int) -> float:
        """f(t), for t = 0, 1, ..."""
        raise NotImplementedError

    def get_lr(self) -> list[float]:
        t = self.last_epoch
        now, before = self.factor(t), 1.0 if t == 0 else self.factor(t - 1)
        present = rates(self.optimizer)
        if now == before:
            return present
        if before == 0.0:  # the rate is at its floor: there is nothing to multiply
            return [self.floor + (lr - self.floor) * now for lr in self.base_lrs]
        return [self.floor + (lr - self.floor) * (now / before) for lr in present]


def noted(schedule: LRScheduler, action: Callable[[], None]) -> None:
    """Make a schedule's step; where a training step is recorded, again at every replay."""
    if record.current() is None:
        action()
        return
    schedules = [schedule, *getattr(schedule, "_schedulers", ())]
    changed: list[dict[str, Any]] = [*[s.__dict__ for s in schedules]]
    changed += schedule.optimizer.param_groups
    kept = [(own, dict(own)) for own in changed]

    def undo() -> None:
        for own, before in kept:
            own.clear()
            own.update(before)

    record.host(action, undo)


def rates(optimizer: Optimizer) -> list[float]:
    """The groups' present rates."""
    return [group["lr"] for group in optimizer.param_groups]


def belongs(schedule: str, optimizer: Any) -> Optimizer:
    """The optimizer, if it is one."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{schedule}: optimizer: got a {type(optimizer).__name__}, wanted an optimizer"
        )
    return optimizer


def per_group(schedule: str, name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """One value for each parameter group, given as one for all or as a list."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [value] * count
    if len(value) != count:
        raise ValueError(
            f"{schedule}: {name}: got {len(value)} values, wanted one for each of the "
            f"{count} parameter groups"
        )
    return list(value)


def number(
    schedule: str, name: str, value: Any, low: float, high: float, above: bool = False
) -> float:
    """The value, if it is a number from `low` (or above it) to `high`."""
    real = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not real or not low <= value <= high or (above and value == low):
        start = f"above {low:g}" if above else f"from {low:g} up"
        end = "" if high == float("inf") else f" to {high:g}"
        raise ValueError(f"{schedule}: {name}: got {value!r}, wanted a number {start}{end}")
    return value


def fitting(schedule: Any, state: Any, own: dict[str, Any]) -> dict[str, Any]:
    """The part of a saved state that belongs to this schedule; ValueError if something lacks."""
    name = type(schedule).__name__
    if not isinstance(state, dict):
        raise ValueError(f"{name}: load_state_dict: got a {type(state).__name__}, wanted a dict")
    missing = sorted(set(own) - set(state))
    if missing:
        raise ValueError(
            f"{name}: load_state_dict: the state has no {', '.join(missing)}: it is that of "
            "another kind of schedule"
        )
    return {k: state[k] for k in own}


def _functions(value: Any) -> bool:
    several = value if isinstance(value, (list, tuple)) and value else [value]
    return all(isinstance(v, Callable) for v in several)  # type: ignore[arg-type]
