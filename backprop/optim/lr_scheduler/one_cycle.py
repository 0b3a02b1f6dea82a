"""One climb and one long fall, over the whole training."""

from __future__ import annotations

import math

from ...nn.functional._checks import whole
from ..optimizer import Optimizer
from .base import LRScheduler, belongs, number, per_group
from .momentum import has_momentum, set_momentum


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, then down to that start divided by final_div_factor.

    The first `pct_start` of all steps go up; with three_phase as many go down to the start, and
    the rest to the end. A momentum moves the other way. Meant to be stepped after every batch.

    Args:
        optimizer: whose rates are set.
        max_lr: the highest rate, one for all groups or a list.
        total_steps: the number of steps; or epochs and steps_per_epoch.
        pct_start: the share of the climb.
        anneal_strategy: "cos" or "linear", the shape of each way.
        cycle_momentum: whether momentum (or Adam's β1) moves too.
        base_momentum, max_momentum: its bounds.
        div_factor, final_div_factor: see above.
        three_phase: see above.
        last_epoch: see `LRScheduler`.

    Raises:
        ValueError: also when it is stepped more often than total_steps.

    Source: Smith and Topin, "Super-convergence: very fast training of neural networks using large
    learning rates" (2017).
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:
        name = "OneCycleLR"
        belongs(name, optimizer)
        if total_steps is not None:
            self.total_steps = whole(name, "total_steps", total_steps)
        elif epochs is None or steps_per_epoch is None:
            raise ValueError(f"{name}: total_steps: is missing, or epochs and steps_per_epoch are")
        else:
            self.total_steps = whole(name, "epochs", epochs) * whole(
                name, "steps_per_epoch", steps_per_epoch
            )
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"{name}: anneal_strategy: got {anneal_strategy!r}, wanted 'cos' or 'linear'"
            )
        self.pct_start = number(name, "pct_start", pct_start, 0.0, 1.0)
        for what, value in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
            number(name, what, value, 0.0, math.inf, above=True)
        self.anneal_strategy, self.three_phase = anneal_strategy, three_phase
        self.max_lrs = per_group(name, "max_lr", optimizer, max_lr)
        self.final_div_factor = final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            has_momentum(name, optimizer)
            self.base_momentums = per_group(name, "base_momentum", optimizer, base_momentum)
            self.max_momentums = per_group(name, "max_momentum", optimizer, max_momentum)
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups, self.max_lrs, strict=True):
                group["lr"] = group["initial_lr"] = high / div_factor
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        if self.last_epoch > self.total_steps:
            raise ValueError(
                f"OneCycleLR: step {self.last_epoch} of total_steps = {self.total_steps}: the "
                "cycle is over; give it as many steps as there are batches in all epochs"
            )
        way, phase = self._where()
        if self.cycle_momentum:
            bounds = zip(self.base_momentums, self.max_momentums, strict=True)
            for group, (low, high) in zip(self.optimizer.param_groups, bounds, strict=True):
                ends = [(high, low), (low, high), (high, high)][phase]
                set_momentum(group, self._between(*ends, way))
        found = []
        for start, high in zip(self.base_lrs, self.max_lrs, strict=True):
            last = start / self.final_div_factor
            falls = (
                [(high, start), (start, last)] if self.three_phase else [(high, last), (last, last)]
            )
            found.append(self._between(*[(start, high), *falls][phase], way))
        return found

    def _where(self) -> tuple[float, int]:
        """(the share of the phase that lies behind, the phase) of the present step."""
        climb = self.pct_start * self.total_steps
        ends = [climb - 1, self.total_steps - 1]
        if self.three_phase:
            ends.insert(1, 2 * climb - 2)
        start = 0.0
        for phase, end in enumerate(ends):
            if self.last_epoch <= end or phase == len(ends) - 1:
                return (self.last_epoch - start) / (end - start) if end != start else 1.0, phase
            start = end
        raise AssertionError("the last phase has no end")

    def _between(self, start: float, end: float, way: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * way + start
        return end + (start - end) / 2.0 * (math.cos(math.pi * way) + 1.0)
