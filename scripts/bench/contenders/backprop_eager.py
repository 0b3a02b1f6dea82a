"""backprop, every operation run and recorded as Python comes to it."""

from __future__ import annotations

from typing import Any

import numpy as np

import backprop as bp

from .backprop_training import Training
from .micro import Micro


class Eager(Micro, Training):
    """The training loop of the README, and the operations of the micro-benchmarks."""

    exponential = staticmethod(bp.exp)

    def pair(self) -> tuple[Any, Any]:
        return bp.asarray(np.ones((8, 8)), requires_grad=True), bp.asarray(np.ones((8, 8)))
