"""PyTorch, compiled."""

from __future__ import annotations

from typing import Any

import torch

from ..case import Case
from .torch_training import Training, TrainingStep


class Compiled(Training):
    """`torch.compile` of the whole step, the optimizer with it; on CUDA with CUDA graphs
    (`mode="reduce-overhead"`). PyTorch runs the backward pass it compiled between two graphs."""

    def training(self, case: Case) -> TrainingStep:
        torch._dynamo.reset()
        if self.device == "cpu":
            return torch.compile(super().training(case), dynamic=False)
        step = torch.compile(super().training(case), dynamic=False, mode="reduce-overhead")

        def marked(x: Any, y: Any) -> Any:
            torch.compiler.cudagraph_mark_step_begin()  # the last step's tensors may be reused
            return step(x, y)

        return marked

    def optimizer(self, model: Any, case: Case) -> torch.optim.Optimizer:
        """On CUDA Adam counts its steps on the device: a graph can hold nothing of the host's."""
        if case.optimizer == "adam" and self.device == "cuda":
            return torch.optim.Adam(model.parameters(), lr=case.lr, capturable=True)
        return super().optimizer(model, case)
