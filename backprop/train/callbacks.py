"""What can be told of a training while it runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

from backends import explain

if TYPE_CHECKING:
    from .trainer import Trainer


class Callback:
    """Called by a Trainer as training goes on; a subclass overrides what it needs."""

    def fit_started(self, trainer: Trainer, epochs: int, batches: int) -> None:
        """Before the first epoch; `batches` in each."""

    def batch_ended(self, trainer: Trainer, epoch: int, batch: int) -> None:
        """After each batch (epochs and batches count from 1)."""

    def epoch_ended(self, trainer: Trainer, record: dict[str, Any]) -> None:
        """After each epoch, with its record of the history."""

    def not_captured(self, trainer: Trainer, why: str) -> None:
        """When batches turn out to be computed step by step, not replayed from a recording."""

    def fit_ended(self, trainer: Trainer) -> None:
        """After the last epoch, also when an error ends it."""


def describe(record: dict[str, Any]) -> str:
    """A record of the history in one line."""
    skip = {"epoch", "seconds", "learning_rate"}
    parts = [f"{k} {v:.4g}" for k, v in record.items() if k not in skip and isinstance(v, float)]
    return f"epoch {record['epoch']}: {', '.join(parts)} ({record['seconds']:.2f} s)"


def uncaptured(why: str) -> str:
    """What to say of a training that is not replayed from a recording."""
    return f"the training runs step by step, not from a recording (bp.capture): {why}"


class Printer(Callback):
    """The device, and why; then a line an epoch."""

    def __init__(self, file: TextIO | None = None) -> None:
        self.file = file

    def fit_started(self, trainer: Trainer, epochs: int, batches: int) -> None:
        print(f"training on {explain(trainer.asked)}", file=self.file or sys.stdout, flush=True)

    def epoch_ended(self, trainer: Trainer, record: dict[str, Any]) -> None:
        print(describe(record), file=self.file or sys.stdout, flush=True)

    def not_captured(self, trainer: Trainer, why: str) -> None:
        print(uncaptured(why), file=self.file or sys.stdout, flush=True)
