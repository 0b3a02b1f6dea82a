"""A Trainer's model at use: batches that nothing is learned from, replayed where that pays."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import DataLoader
from ..graph import no_grad
from ..nn import Module
from ..tensor import Tensor
from .metrics import measured
from .replayed import Replayed

if TYPE_CHECKING:
    from .trainer import Trainer

MANY = 8
"""From so many batches on a single pass is recorded: the recording takes the time of a few."""


class Judge:
    """Evaluates batches as a Trainer does, again and again.

    Args:
        trainer: whose model, loss and metric.
        batches: how many there will be.
    """

    def __init__(self, trainer: Trainer, batches: int) -> None:
        self.trainer = trainer
        how = trainer.capture if batches >= MANY else False
        self._judged = Replayed(trainer, self._judge, how)
        self._output = Replayed(trainer, trainer.model, how)

    def _judge(self, x: Tensor, y: Tensor) -> tuple[Any, ...]:
        trainer = self.trainer
        output = trainer.model(x)
        return trainer.loss_of(output, y), *measured(trainer.metric, output, y)

    def evaluate(self, loader: DataLoader) -> dict[str, float]:
        """The mean loss of a sample, and the metric's numbers."""
        trainer = self.trainer
        metric = copy(trainer.metric)  # the one in use may be in the middle of an epoch
        if metric is not None:
            metric.reset()
        losses: list[tuple[Tensor, int]] = []
        with no_grad(), evaluating(trainer.model), trainer.backend.on_device():
            for x, y in loader:
                loss, *seen = self._judged(x, y)
                losses.append((loss, len(x)))
                if metric is not None:
                    metric.take(seen, y)
            total = sum(float(loss) * trainer.weight(n) for loss, n in losses)
        result = {"loss": total / sum(n for _, n in losses)}
        return result if metric is None else {**result, **metric.result()}

    def predict(self, raw: np.ndarray, batch_size: int) -> np.ndarray:
        """The model's outputs for inputs (N, ...)."""
        trainer, parts = self.trainer, []
        with no_grad(), evaluating(trainer.model), trainer.backend.on_device():
            for i in range(0, len(raw), batch_size):
                part = np.ascontiguousarray(raw[i : i + batch_size])
                parts.append(self._output(Tensor(trainer.backend.from_host(part))).numpy())
        return np.concatenate(parts)


@contextmanager
def evaluating(model: Module) -> Any:
    """The model in evaluation mode, and afterwards as it was."""
    before = [(m, m.training) for m in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training
