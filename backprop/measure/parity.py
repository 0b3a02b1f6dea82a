"""Whether devices compute the same: losses and parameters, step by step."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..train.result import Data
from ..train.settings import Settings
from .work import Batch, trace

_MOST_BYTES = 2**28
"""Of the reference's parameters, which are kept for every step."""


@dataclass
class Reference:
    """The losses and parameters of each step on the first device, eagerly."""

    losses: list[float] = field(default_factory=list)
    parameters: list[np.ndarray] = field(default_factory=list)

    @classmethod
    def of(cls, settings: Settings, data: Data, batches: Sequence[Batch], steps: int) -> Reference:
        """Train so many steps; fewer where the parameters of all of them take too much memory."""
        found = cls()
        for loss, parameters in trace(settings, data, batches, "eager", steps):
            found.losses.append(loss)
            found.parameters.append(parameters)
            kept = len(found.losses)
            if kept >= 2 and (kept + 1) * parameters.nbytes > _MOST_BYTES:
                break
        return found

    def differences(
        self, settings: Settings, data: Data, batches: Sequence[Batch], mode: str
    ) -> tuple[list[float], list[float]]:
        """The largest difference of the loss and of any parameter, for each step."""
        losses, parameters = [], []
        mine = trace(settings, data, batches, mode, len(self.losses))
        for i, (loss, values) in enumerate(mine):
            losses.append(largest_difference(loss, self.losses[i]))
            parameters.append(largest_difference(values, self.parameters[i]))
        return losses, parameters


def largest_difference(a: np.ndarray | float, b: np.ndarray | float) -> float:
    """max |a - b|; infinite where only one of two is finite.

    >>> largest_difference(1.0, 1.5), largest_difference(float("nan"), 1.0)
    (0.5, inf)
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if x.size == 0:
        return 0.0
    with np.errstate(invalid="ignore"):
        apart = np.where((x == y) | (np.isnan(x) & np.isnan(y)), 0.0, np.abs(x - y))
    found = float(apart.max())
    return found if math.isfinite(found) else math.inf
