"""backprop as its README shows it."""

from __future__ import annotations

from typing import Any

import numpy as np

import backends
import backprop as bp

from ..cases import LR, MOMENTUM, Case
from .base import Contender, Step


class Eager(Contender):
    """Every operation runs, and is recorded, as Python comes to it."""

    packages: tuple[str, ...] = ("backprop-array", "numpy")
    device = "cpu"

    def mlp(self, case: Case) -> Step:
        bp.manual_seed(0)
        model = case.network(bp.nn) if case.network else _dense(case)
        loss_of: Any = bp.nn.CrossEntropyLoss() if case.sizes[-1] > 1 else bp.nn.MSELoss()
        optimizer: Any
        if case.optimizer == "sgd":
            optimizer = bp.optim.SGD(model.parameters(), lr=LR, momentum=MOMENTUM)
        else:
            optimizer = bp.optim.Adam(model.parameters(), lr=LR)
        x, y = (bp.asarray(a, device=self.device) for a in case.data())

        def step() -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    cnn = mlp

    def multiply(self, case: Case) -> Step:
        x, y = bp.asarray(np.ones((8, 8)), requires_grad=True), bp.asarray(np.ones((8, 8)))

        def step() -> Any:
            for _ in range(case.count):
                out = x * y
            return out

        return step

    def exp(self, case: Case) -> Step:
        x = bp.asarray(np.ones((8, 8)), requires_grad=True)

        def step() -> Any:
            for _ in range(case.count):
                out = bp.exp(x)
            return out

        return step

    def chain(self, case: Case) -> Step:
        x, y = bp.asarray(np.ones((8, 8)), requires_grad=True), bp.asarray(np.ones((8, 8)))
        seed = bp.asarray(np.ones((8, 8)))

        def step() -> Any:
            x.grad = None
            out = x
            for _ in range(case.count):
                out = out * y
            out.backward(seed)
            return x.grad

        return step


class OnCUDA(Eager):
    """The same on a GPU."""

    packages = ("backprop-array", "numpy", "array-api-compat")
    device = "cuda"

    def __init__(self) -> None:
        if problem := backends.problem(self.device):
            raise ImportError(problem)
        bp.set_default_device(self.device)

    def wait(self, result: Any) -> None:
        backends.get(self.device).synchronize()


def _dense(case: Case) -> bp.nn.Module:
    """Linear layers with ReLU between them."""
    layers: list[Any] = []
    for i, (n, m) in enumerate(zip(case.sizes, case.sizes[1:], strict=False)):
        layers += [bp.nn.ReLU()] if i else []
        layers += [bp.nn.Linear(n, m)]
    return bp.nn.Sequential(*layers)
