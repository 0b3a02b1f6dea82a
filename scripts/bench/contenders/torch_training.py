"""A training step of PyTorch as its tutorials show it: what the eager and compiled ones share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from .. import mnist
from ..case import MOMENTUM, Case
from .base import Contender, Step

TrainingStep = Callable[[Any, Any], Any]


class Training(Contender):
    """Model, loss and optimizer by the names of `torch.nn` and `torch.optim`."""

    packages = ("torch",)

    def __init__(self, device: str = "cpu", tf32: bool = False) -> None:
        super().__init__(device, tf32)
        if device == "cuda" and not torch.cuda.is_available():
            raise ImportError(f"PyTorch {torch.__version__} finds no CUDA device")
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32  # which is on by default

    def about(self) -> dict[str, Any]:
        about = super().about()
        capability = torch.backends.cpu.get_cpu_capability()
        mkl = "MKL" if torch.backends.mkl.is_available() else "no MKL"
        pool = f"torch {capability}, {mkl}, {torch.get_num_threads()} threads"
        if self.device == "cuda":
            pool = f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
        about["pools"] = [pool, *(about["pools"] or [])]
        return about

    def device_name(self) -> str:
        return torch.cuda.get_device_name() if self.device == "cuda" else "cpu"

    def wait(self, result: Any) -> None:
        if self.device == "cuda":
            torch.cuda.synchronize()

    def loss(self, result: Any) -> float | None:
        return float(result.item())

    def training(self, case: Case) -> TrainingStep:
        """The function of a batch that does one step and returns the loss."""
        assert case.network is not None
        model = case.network.build(torch.nn)
        weights = {k: torch.from_numpy(a) for k, a in case.weights().items()}
        model.load_state_dict(weights, strict=False)  # all but the buffers
        model.to(self.device)
        loss_of: Any = torch.nn.CrossEntropyLoss() if case.outputs > 1 else torch.nn.MSELoss()
        optimizer = self.optimizer(model, case)

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    def optimizer(self, model: Any, case: Case) -> torch.optim.Optimizer:
        """Momentum SGD or Adam, as PyTorch configures them by itself."""
        if case.optimizer == "sgd":
            return torch.optim.SGD(model.parameters(), lr=case.lr, momentum=MOMENTUM)
        return torch.optim.Adam(model.parameters(), lr=case.lr)

    def mlp(self, case: Case) -> Step:
        step = self.training(case)
        x, y = (torch.from_numpy(a).to(self.device) for a in case.data())
        return lambda: step(x, y)

    network = mlp

    def epoch(self, case: Case) -> Step:
        """The data lie on the device as float32 and batches are gathered there by one
        permutation: several times quicker than `torch.utils.data.DataLoader`, which takes images
        one by one."""
        step = self.training(case)

        def run() -> Any:
            images, labels = (torch.from_numpy(a).to(self.device) for a in mnist.read(self.folder))
            images = images.reshape(len(images), -1).float() / 255
            labels = labels.long()
            for rows in torch.randperm(len(images), device=self.device).split(case.batch):
                loss = step(images[rows], labels[rows])
            return loss

        return run
