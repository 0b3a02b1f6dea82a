"""tinygrad: the whole training step captured by TinyJit."""

from __future__ import annotations

import os
import shutil
from itertools import count
from typing import Any

import numpy as np
from tinygrad import Device, Tensor, TinyJit, nn
from tinygrad.helpers import Context

from ..case import MOMENTUM, Case
from .base import Contender, Step


class Jit(Contender):
    """The training step of tinygrad's examples. Networks: perceptrons and LeNet-5."""

    packages = ("tinygrad", "numpy")

    def __init__(self, device: str = "cpu", tf32: bool = False) -> None:
        super().__init__(device, tf32)
        compiler = os.environ.get("CC", "clang")
        if device == "cpu" and not shutil.which(compiler):
            raise ImportError(f"tinygrad needs clang on a CPU; there is no {compiler}")
        try:
            Device[Device.DEFAULT]
        except Exception as error:  # of many kinds: a driver or a library is not there
            raise ImportError(f"tinygrad cannot use {Device.DEFAULT}: {error}") from error

    def device_name(self) -> str:
        return str(Device.DEFAULT)

    def wait(self, result: Any) -> None:
        Device[Device.DEFAULT].synchronize()

    def loss(self, result: Any) -> float | None:
        return float(result.item())

    def mlp(self, case: Case) -> Step:
        p = {k: Tensor(a).realize() for k, a in case.weights().items()}

        def forward(x: Tensor) -> Tensor:
            for i in count(0, 2):
                x = x.linear(p[f"{i}.weight"].T, p[f"{i}.bias"])
                if f"{i + 2}.weight" not in p:
                    return x
                x = x.relu()
            raise AssertionError

        return self._step(case, p, forward)

    def network(self, case: Case) -> Step | None:
        if not case.name.startswith("lenet"):
            return None
        p = {k: Tensor(a).realize() for k, a in case.weights().items()}

        def forward(x: Tensor) -> Tensor:
            x = x.conv2d(p["0.weight"], p["0.bias"], padding=2).relu().max_pool2d()
            x = x.conv2d(p["3.weight"], p["3.bias"]).relu().max_pool2d().flatten(1)
            for i in (7, 9):
                x = x.linear(p[f"{i}.weight"].T, p[f"{i}.bias"]).relu()
            return x.linear(p["11.weight"].T, p["11.bias"])

        return self._step(case, p, forward)

    @staticmethod
    def _step(case: Case, p: dict[str, Tensor], forward: Any) -> Step:
        parameters = list(p.values())
        optimizer: Any = nn.optim.Adam(parameters, lr=case.lr)
        if case.optimizer == "sgd":
            optimizer = nn.optim.SGD(parameters, lr=case.lr, momentum=MOMENTUM)
        x, y = (Tensor(a.astype(np.int32) if a.dtype == np.int64 else a) for a in case.data())
        x, y = x.realize(), y.realize()

        @TinyJit
        def jitted(x: Tensor, y: Tensor) -> Tensor:
            with Context(TRAINING=1):
                optimizer.zero_grad()
                z = forward(x)
                several = case.outputs > 1
                loss = z.sparse_categorical_crossentropy(y) if several else ((z - y) ** 2).mean()
                loss.backward()
                return loss.realize(*optimizer.schedule_step())

        return lambda: jitted(x, y)
