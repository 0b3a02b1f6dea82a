"""What is seen of a training while it runs: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ..train import Callback, Trainer
from ..train.callbacks import uncaptured
from .show import console, metric, on_terminal, say

_LINES = 20  # at most so many, where no one watches
_EVERY = 0.1  # seconds between two looks of the bar

Units = Callable[[dict[str, Any]], dict[str, Any]]


def summary(record: dict[str, Any]) -> str:
    """A record of the history: loss, penalty, metric, and those of the validation part."""
    parts = [metric("loss", record["loss"])]
    if "penalty" in record:
        parts.append(metric("penalty", record["penalty"]))
    name = next((k for k in ("accuracy", "rmse") if k in record), None)
    if name:
        parts.append(metric(name, record[name]))
    if "val_loss" in record:
        parts.append("validation " + metric("loss", record["val_loss"]))
        if name:
            parts[-1] += " " + metric(name, record[f"val_{name}"])
    return ", ".join(parts)


def brief(record: dict[str, Any]) -> str:
    """The same in the width of a bar: the metric is the validation part's, where there is one."""
    parts = [metric("loss", record["loss"])]
    if "val_loss" in record:
        parts.append(metric("val", record["val_loss"]))
    for name in ("accuracy", "rmse"):
        if name in record:
            parts.append(metric(name, record.get(f"val_{name}", record[name])))
    return " ".join(parts)


class _Told(Callback):
    """Says what is to be known once."""

    def not_captured(self, trainer: Trainer, why: str) -> None:
        say(uncaptured(why))


class Lines(_Told):
    """A line for every epoch, or for every few."""

    def __init__(self, units: Units) -> None:
        self.units, self.every, self.epochs = units, 1, 0
        self.last: dict[str, Any] | None = None

    def fit_started(self, trainer: Trainer, epochs: int, batches: int) -> None:
        self.epochs, self.every = epochs, max(1, -(-epochs // _LINES))

    def epoch_ended(self, trainer: Trainer, record: dict[str, Any]) -> None:
        self.last = record
        if record["epoch"] % self.every == 0 or record["epoch"] in (1, self.epochs):
            self._line(record)

    def fit_ended(self, trainer: Trainer) -> None:
        if self.last is not None:  # the last one, where it was not one of the few
            self._line(self.last)

    def _line(self, record: dict[str, Any]) -> None:
        say(f"epoch {record['epoch']}/{self.epochs}: {summary(self.units(record))}")
        self.last = None


class Bar(_Told):
    """A progress bar over all epochs, with loss, metric and the time left."""

    def __init__(self, units: Units) -> None:
        from rich.progress import (
            BarColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self.units = units
        self.progress = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(bar_width=16),
            TimeRemainingColumn(compact=True),
            TextColumn("left {task.fields[said]}", markup=False),
            console=console(),
        )
        self.task: Any = None
        self.seen = 0.0

    def fit_started(self, trainer: Trainer, epochs: int, batches: int) -> None:
        self.epochs, self.batches = epochs, batches
        self.progress.start()

    def batch_ended(self, trainer: Trainer, epoch: int, batch: int) -> None:
        now, done = time.monotonic(), (epoch - 1) * self.batches + batch
        if self.task is None:  # a resumed training begins in the middle
            self.task = self.progress.add_task(
                "", total=self.epochs * self.batches, completed=done, epoch=epoch,
                epochs=self.epochs, said="",
            )  # fmt: skip
        elif now - self.seen >= _EVERY:
            self.seen = now
            self.progress.update(self.task, completed=done, epoch=epoch)

    def epoch_ended(self, trainer: Trainer, record: dict[str, Any]) -> None:
        if self.task is not None:
            done = record["epoch"] * self.batches
            said = brief(self.units(record))
            self.progress.update(self.task, completed=done, epoch=record["epoch"], said=said)

    def fit_ended(self, trainer: Trainer) -> None:
        self.progress.stop()


def progress(units: Units) -> Callback:
    """A bar where a person watches, else lines."""
    return Bar(units) if on_terminal() else Lines(units)
