"""backprop recorded, its elementwise operations compiled by Numba, and replayed."""

from __future__ import annotations

import numba  # noqa: F401  (whoever has none learns it here)

from backprop import capture

from ..case import Case
from .backprop_training import Training, TrainingStep


class Compiled(Training):
    """`bp.capture` as it is after its first seconds where Numba is installed: here it compiles
    when it records, so that no time is taken halfway."""

    packages = ("backprop-array", "numpy", "numba")

    def training(self, case: Case) -> TrainingStep:
        step: TrainingStep = capture(super().training(case), compile=True)
        return step
