"""A training step of backprop as its README shows it: what the eager and captured ones share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import backends
import backprop as bp

from ..case import MOMENTUM, Case
from .base import Contender, Step

TrainingStep = Callable[[Any, Any], Any]


class Training(Contender):
    """Model, loss and optimizer by the names of `backprop.nn` and `backprop.optim`."""

    packages: tuple[str, ...] = ("backprop-array", "numpy")

    def __init__(self, device: str = "cpu", tf32: bool = False) -> None:
        super().__init__(device, tf32)
        if problem := backends.problem(device):
            raise ImportError(problem)
        if device != "cpu":
            self.packages = (*self.packages, "array-api-compat")
            bp.set_default_device(device)

    def wait(self, result: Any) -> None:
        backends.get(self.device).synchronize()

    def loss(self, result: Any) -> float | None:
        return float(result.item())

    def training(self, case: Case) -> TrainingStep:
        """The function of a batch that does one step and returns the loss."""
        assert case.network is not None
        model = case.network.build(bp.nn).to(self.device)
        model.load_state_dict(case.weights(), strict=False)  # all but the buffers
        loss_of: Any = bp.nn.CrossEntropyLoss() if case.outputs > 1 else bp.nn.MSELoss()
        optimizer: Any = bp.optim.Adam(model.parameters(), lr=case.lr)
        if case.optimizer == "sgd":
            optimizer = bp.optim.SGD(model.parameters(), lr=case.lr, momentum=MOMENTUM)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    def mlp(self, case: Case) -> Step:
        step = self.training(case)
        x, y = (bp.asarray(a, device=self.device) for a in case.data())
        return lambda: step(x, y)

    network = mlp

    def epoch(self, case: Case) -> Step:
        step = self.training(case)

        def run() -> Any:
            images = bp.data.read_idx(self.folder / "train-images-idx3-ubyte.gz")
            labels = bp.data.read_idx(self.folder / "train-labels-idx1-ubyte.gz")
            loader = bp.data.DataLoader(
                (images.reshape(len(images), -1), labels.astype(np.int64)), case.batch,
                shuffle=True, seed=0, device=self.device,
                transform=lambda x: bp.astype(x, bp.float32) / 255,
            )  # fmt: skip
            for x, y in loader:
                loss = step(x, y)
            return loss

        return run
