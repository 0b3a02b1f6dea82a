"""backprop, every operation run and recorded as Python comes to it."""

from __future__ import annotations

from typing import Any

import numpy as np

import backprop as bp

from ..case import Case
from .backprop_training import Training
from .base import Step


class Eager(Training):
    """The training loop of the README, and the operations of the micro-benchmarks."""

    def multiply(self, case: Case) -> Step:
        x, y = self._pair()

        def step() -> Any:
            for _ in range(case.count):
                out = x * y
            return out

        return step

    def exp(self, case: Case) -> Step:
        x, _ = self._pair()

        def step() -> Any:
            for _ in range(case.count):
                out = bp.exp(x)
            return out

        return step

    def chain(self, case: Case) -> Step:
        x, y = self._pair()
        seed = bp.asarray(np.ones((8, 8)))

        def step() -> Any:
            x.grad = None
            out = x
            for _ in range(case.count):
                out = out * y
            out.backward(seed)
            return x.grad

        return step

    def _pair(self) -> tuple[Any, Any]:
        return bp.asarray(np.ones((8, 8)), requires_grad=True), bp.asarray(np.ones((8, 8)))
