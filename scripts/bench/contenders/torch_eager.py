"""PyTorch, eager."""

from __future__ import annotations

from typing import Any

import torch

from ..case import Case
from .base import Step
from .torch_training import Training


class Eager(Training):
    """The training loop of the tutorials, and the operations of the micro-benchmarks."""

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
                out = torch.exp(x)
            return out

        return step

    def chain(self, case: Case) -> Step:
        x, y = self._pair()
        seed = torch.ones_like(y)

        def step() -> Any:
            x.grad = None
            out = x
            for _ in range(case.count):
                out = out * y
            out.backward(seed)
            return x.grad

        return step

    def _pair(self) -> tuple[Any, Any]:
        ones = torch.ones(8, 8, dtype=torch.float64, device=self.device)
        return ones.clone().requires_grad_(), ones
