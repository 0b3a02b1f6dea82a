"""How long a training takes to an accuracy on the validation part."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass

from ..data import DataLoader
from ..tensor import Tensor
from ..train.experiment import Experiment
from ..train.result import Data
from ..train.settings import Settings
from .work import built, training_step

JUDGED = 4096
"""Samples between two looks at the validation part (at least one step)."""


@dataclass(frozen=True)
class AccuracyRun:
    """A training for an accuracy.

    Attributes:
        reached: whether it got there.
        seconds: of the steps and their batches, without the judging in between.
        steps: how many.
        accuracy: the last one.
        wanted: the one that was to be reached.
    """

    reached: bool
    seconds: float
    steps: int
    accuracy: float
    wanted: float


def train_for(
    settings: Settings, data: Data, mode: str, wanted: float, most_seconds: float
) -> AccuracyRun:
    """Train until the accuracy on the validation part is there, or the time is over."""
    experiment = built(settings, data)
    trainer, backend = experiment.trainer, experiment.backend
    assert data.prepared.validation is not None
    validation = experiment.loader(data.prepared.validation)
    step = training_step(trainer, mode)
    batches = endless(experiment, data)
    at_once = max(1, JUDGED // int(settings.batch_size or 1))
    seconds, steps, accuracy, start = 0.0, 0, 0.0, time.perf_counter()
    with backend.on_device():
        while seconds < most_seconds and time.perf_counter() - start < 3 * most_seconds:
            deadline = time.perf_counter() + most_seconds - seconds
            with backend.clock() as clock:
                for _ in range(at_once):
                    loss = step(*next(batches))
                    steps += 1
                    if time.perf_counter() > deadline:
                        break
                backend.synchronize()
            seconds += clock.seconds
            accuracy = trainer.evaluate(validation)["accuracy"]
            if accuracy >= wanted:
                return AccuracyRun(True, seconds, steps, accuracy, wanted)
            if not math.isfinite(float(loss)):
                break
    return AccuracyRun(False, seconds, steps, accuracy, wanted)


def endless(experiment: Experiment, data: Data) -> Iterator[tuple[Tensor, Tensor]]:
    """Shuffled batches of one size, epoch after epoch."""
    part, size = data.prepared.train, int(experiment.settings.batch_size or 1)
    loader = DataLoader(
        part, batch_size=min(size, len(part)), device=experiment.backend.name,
        seed=experiment.settings.seed, transform=data.prepared.transform, shuffle=True,
        drop_last=True,
    )  # fmt: skip
    while True:
        yield from loader
