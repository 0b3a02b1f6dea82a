"""The micro-benchmarks of a library that records operations on tensors and goes backward."""

from __future__ import annotations

from typing import Any

from ..case import Case
from .base import Step


class Micro:
    """What a subclass brings: two 8x8 float64 tensors of ones, and the library's own exp, with
    no function of ours around it."""

    exponential: Any

    def pair(self) -> tuple[Any, Any]:
        """(one that wants a gradient, one that wants none)."""
        raise NotImplementedError

    def multiply(self, case: Case) -> Step:
        x, y = self.pair()

        def step() -> Any:
            for _ in range(case.count):
                out = x * y
            return out

        return step

    def exp(self, case: Case) -> Step:
        (x, _), function = self.pair(), self.exponential

        def step() -> Any:
            for _ in range(case.count):
                out = function(x)
            return out

        return step

    def chain(self, case: Case) -> Step:
        (x, y), (_, seed) = self.pair(), self.pair()

        def step() -> Any:
            x.grad = None
            out = x
            for _ in range(case.count):
                out = out * y
            out.backward(seed)
            return x.grad

        return step
