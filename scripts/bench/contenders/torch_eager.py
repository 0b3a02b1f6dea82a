"""PyTorch, eager."""

from __future__ import annotations

from typing import Any

import torch

from .micro import Micro
from .torch_training import Training


class Eager(Micro, Training):
    """The training loop of the tutorials, and the operations of the micro-benchmarks."""

    exponential = staticmethod(torch.exp)

    def pair(self) -> tuple[Any, Any]:
        ones = torch.ones(8, 8, dtype=torch.float64, device=self.device)
        return ones.clone().requires_grad_(), ones
