"""PyTorch, eager and compiled."""

from __future__ import annotations

from typing import Any

import torch

from ..cases import LR, MOMENTUM, Case
from .base import Contender, Step


class Eager(Contender):
    """The training loop of PyTorch's tutorials."""

    packages = ("torch",)

    def about(self) -> dict[str, Any]:
        capability = torch.backends.cpu.get_cpu_capability()
        mkl = "MKL" if torch.backends.mkl.is_available() else "no MKL"
        pool = f"torch {capability}, {mkl}, {torch.get_num_threads()} threads"
        about = super().about()
        about["pools"] = [pool, *(about["pools"] or [])]
        about["float32"] = f"matmul precision {torch.get_float32_matmul_precision()!r}"
        return about

    def mlp(self, case: Case) -> Step:
        model, loss_of, optimizer, x, y = self.parts(case)

        def step() -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    cnn = mlp

    def parts(self, case: Case) -> tuple[Any, Any, Any, Any, Any]:
        """Model, loss, optimizer and a batch."""
        torch.manual_seed(0)
        model = case.network(torch.nn) if case.network else _dense(case)
        optimizer: torch.optim.Optimizer
        if case.optimizer == "sgd":
            optimizer = torch.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
        else:
            optimizer = torch.optim.Adam(model.parameters(), lr=LR)
        several = case.sizes[-1] > 1
        loss_of = torch.nn.CrossEntropyLoss() if several else torch.nn.MSELoss()
        x, y = case.data()
        return model, loss_of, optimizer, torch.from_numpy(x), torch.from_numpy(y)

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
        ones = torch.ones(8, 8, dtype=torch.float64)
        return ones.clone().requires_grad_(), ones


class Compiled(Eager):
    """torch.compile of model and loss (its backward with it) and of the optimizer's step."""

    multiply = exp = chain = None  # type: ignore[assignment]

    def mlp(self, case: Case) -> Step:
        model, loss_of, optimizer, x, y = self.parts(case)
        torch._dynamo.reset()
        forward = torch.compile(lambda x, y: loss_of(model(x), y))
        update = torch.compile(optimizer.step)

        def step() -> Any:
            optimizer.zero_grad()
            loss = forward(x, y)
            loss.backward()
            update()
            return loss

        return step

    cnn = mlp


def _dense(case: Case) -> torch.nn.Module:
    """Linear layers with ReLU between them."""
    layers: list[Any] = []
    for i, (n, m) in enumerate(zip(case.sizes, case.sizes[1:], strict=False)):
        layers += [torch.nn.ReLU()] if i else []
        layers += [torch.nn.Linear(n, m)]
    return torch.nn.Sequential(*layers)
