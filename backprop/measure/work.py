"""A training step on a device, as it is measured: network, batches, and the step itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import median

import numpy as np

import backends

from ..capturing import Capture, CaptureError, capture
from ..defaults import device as default_device
from ..defaults import manual_seed
from ..optim import clip_grad_norm_
from ..tensor import Tensor
from ..train.experiment import Experiment
from ..train.result import Data
from ..train.settings import Settings
from ..train.trainer import Trainer

MODES = ("eager", "captured")
Batch = tuple[Tensor, Tensor]
Step = Callable[[Tensor, Tensor], Tensor]
BATCHES = 3
"""Different batches that take turns, so that nothing can rest on one."""


def built(settings: Settings, data: Data) -> Experiment:
    """The network, loss and optimizer of a training, on its device.

    The weights are drawn on the CPU and moved: on every device they are the same bits.
    """
    with default_device("cpu"):
        experiment = Experiment(settings, data)
    experiment.model.train()
    return experiment


def training_step(trainer: Trainer, mode: str) -> Step:
    """The step as a function of a batch, which returns the loss."""
    model, optimizer, penalty = trainer.model, trainer.optimizer, trainer.penalty

    def step(x: Tensor, y: Tensor) -> Tensor:
        optimizer.zero_grad()
        loss = trainer.loss(model(x), y)
        (loss if penalty is None else loss + penalty(model)).backward()
        if trainer.clip_norm is not None:
            clip_grad_norm_(model.parameters(), trainer.clip_norm)
        optimizer.step()
        return loss.detach()

    return step if mode == "eager" else capture(step)


def check_replayed(step: Step) -> None:
    """Raise CaptureError where a captured step has run as it is written: it is none then."""
    if isinstance(step, Capture) and not step.replays:
        raise CaptureError(step.trouble or "it was never replayed")


def host_batches(data: Data, size: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches on the host, the same for every device; rows come again where there are too few."""
    part = data.prepared.train
    order = np.random.default_rng(seed).permutation(len(part))
    order = np.resize(order, BATCHES * size)
    indices = np.split(order, BATCHES)
    return [(np.ascontiguousarray(part.x[i]), np.ascontiguousarray(part.y[i])) for i in indices]


def moved(
    backend: backends.Backend, pairs: Sequence[tuple[np.ndarray, np.ndarray]], data: Data
) -> tuple[list[Batch], float]:
    """The batches on the device, and the median milliseconds that one took to get there."""
    out, times = [], []
    transform = data.prepared.transform
    with backend.on_device():
        backend.from_host(np.zeros(1, np.float32))  # the first contact is no transfer
        for x, y in pairs:
            with backend.clock() as clock:
                there = backend.from_host(x), backend.from_host(y)
                backend.synchronize()
            times.append(clock.seconds * 1e3)
            first = Tensor(there[0])
            out.append((first if transform is None else transform(first), Tensor(there[1])))
    return out, median(times)


def trace(
    settings: Settings, data: Data, batches: Sequence[Batch], mode: str, steps: int
) -> Iterator[tuple[float, np.ndarray]]:
    """The loss and the parameters after each of some steps from the first weights."""
    experiment = built(settings, data)
    trainer, step = experiment.trainer, training_step(experiment.trainer, mode)
    manual_seed(settings.seed + 1)  # of dropout: the same masks on every device
    for i in range(steps):
        with experiment.backend.on_device():
            loss = float(step(*batches[i % len(batches)]))
            parts = [np.array(p.detach().numpy()).reshape(-1) for p in trainer.model.parameters()]
        yield loss, np.concatenate(parts)
