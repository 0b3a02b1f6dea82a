"""A model in training with whatever a step may change, and how to see that nothing is left."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np

import backprop as bp
from backends.record import Recorded


class Bench:
    """A model in training, with whatever a step may change."""

    def __init__(self) -> None:
        bp.manual_seed(3)
        nn = bp.nn
        self.model = nn.Sequential(
            nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.ReLU(), nn.Linear(6, 3)
        )
        self.optimizer = bp.optim.Adam(self.model.parameters(), lr=0.1)
        self.schedule = bp.optim.lr_scheduler.StepLR(self.optimizer, 1, gamma=0.5)
        self.memory = bp.zeros(3)
        self.things = self.model, self.optimizer, self.schedule, self.memory

    def train(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        out = self.model(x)
        loss = bp.nn.functional.cross_entropy(out, y)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        with bp.no_grad():
            self.memory.copy_(self.memory * 0.5 + out.mean(axis=0))
        return loss


def batch(seed: int = 0, size: int = 5) -> tuple[bp.Tensor, bp.Tensor]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((size, 4)).astype(np.float32)
    return bp.asarray(x), bp.asarray(rng.integers(0, 3, size))


def refused(step: Any, *args: Any) -> str:
    """What a CaptureError says. (Not kept, nor its traceback, which holds on to all that ran.)"""
    try:
        step(*args)
    except bp.CaptureError as error:
        return str(error)
    raise AssertionError("no CaptureError")


def no_wrapped_arrays() -> None:
    gc.collect()
    for x in gc.get_objects():
        if issubclass(type(x), bp.Tensor):  # which asks no weak proxy for its class
            assert type(x.data) is not Recorded
        assert type(x) is not Recorded
