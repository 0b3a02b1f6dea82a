"""backprop recorded and replayed: the eager step, wrapped in `bp.capture`."""

from __future__ import annotations

from backprop import capture

from ..case import Case
from .backprop_training import Training, TrainingStep


class Captured(Training):
    """The very function that `backprop eager` runs; its first call is eager, its second records.
    NumPy alone replays it, whether or not Numba is installed."""

    def training(self, case: Case) -> TrainingStep:
        step: TrainingStep = capture(super().training(case), compile=False)
        return step
