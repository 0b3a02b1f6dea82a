"""A rate that climbs and falls between two bounds, again and again."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import LRScheduler, belongs, per_group
from .momentum import has_momentum, set_momentum

MODES = ("triangular", "triangular2", "exp_range")


class CyclicLR(LRScheduler):
    """Up from base_lr to max_lr in step_size_up steps, down in step_size_down, and again.

    lr(t) = base_lr + (max_lr - base_lr) h(t) s, where h is a triangle from 0 to 1 and back, and s
    shrinks it: 1 ("triangular"), 2^(1 - cycle) ("triangular2") or gamma^t ("exp_range"). A momentum
    moves the other way, from max_momentum to base_momentum and back. Meant to be stepped after
    every batch.

    Args:
        optimizer: whose rates are set.
        base_lr, max_lr: the bounds, one for all groups or a list.
        step_size_up: steps upwards.
        step_size_down: steps downwards; as many as upwards for None.
        mode: see above; not used with a scale_fn.
        gamma: for "exp_range".
        scale_fn: s, as a function of the cycle (1, 2, ...) or of the step, as scale_mode says.
        scale_mode: "cycle" or "iterations".
        cycle_momentum: whether momentum (or Adam's β1) moves too.
        base_momentum, max_momentum: its bounds.
        last_epoch: see `LRScheduler`.

    Source: Smith, "Cyclical learning rates for training neural networks" (2017).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        base_lr: float | list[float],
        max_lr: float | list[float],
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: str = "triangular",
        gamma: float = 1.0,
        scale_fn: Callable[[float], float] | None = None,
        scale_mode: str = "cycle",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.8,
        max_momentum: float | list[float] = 0.9,
        last_epoch: int = -1,
    ) -> None:
        belongs("CyclicLR", optimizer)
        if mode not in MODES and scale_fn is None:
            raise ValueError(f"CyclicLR: mode: got {mode!r}, wanted one of {', '.join(MODES)}")
        if scale_mode not in ("cycle", "iterations"):
            raise ValueError(
                f"CyclicLR: scale_mode: got {scale_mode!r}, wanted 'cycle' or 'iterations'"
            )
        low = per_group("CyclicLR", "base_lr", optimizer, base_lr)
        self.max_lrs = per_group("CyclicLR", "max_lr", optimizer, max_lr)
        up = whole("CyclicLR", "step_size_up", step_size_up)
        down = up if step_size_down is None else whole("CyclicLR", "step_size_down", step_size_down)
        self.total_size, self.step_ratio = up + down, up / (up + down)
        self.mode, self.gamma = mode, gamma
        self.scale_fn: Any = scale_fn
        self.scale_mode = scale_mode
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            has_momentum("CyclicLR", optimizer)
            self.base_momentums = per_group("CyclicLR", "base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group("CyclicLR", "max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for group, lr in zip(optimizer.param_groups, low, strict=True):
                group["lr"] = group["initial_lr"] = lr
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        up = self.step_ratio
        height = (x / up if x <= up else (x - 1) / (up - 1)) * self._scale(cycle)
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, bounds, strict=True):
                set_momentum(group, high - (high - low) * height)
        pairs = zip(self.base_lrs, self.max_lrs, strict=True)
        return [low + (high - low) * height for low, high in pairs]

    def _scale(self, cycle: int) -> float:
        if self.scale_fn is not None:
            return self.scale_fn(cycle if self.scale_mode == "cycle" else self.last_epoch)
        if self.mode == "triangular2":
            return 2.0 ** (1 - cycle)
        return float(self.gamma**self.last_epoch) if self.mode == "exp_range" else 1.0
