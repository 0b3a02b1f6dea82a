"""One training: its epochs, its place in them, and how that is saved."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import DataLoader
from ..defaults import default_generator
from ..nn import Module
from ..tensor import Tensor
from .checkpoint import load_checkpoint, save_checkpoint
from .diagnose import check_parameters, explain
from .history import History
from .judge import MANY, Judge
from .steps import Steps

if TYPE_CHECKING:
    from .trainer import Trainer


def _copied(model: Module) -> dict[str, np.ndarray]:
    """A model's state on the host, apart from the model."""
    return {k: np.array(v.numpy()) for k, v in model.state_dict().items()}


class Run:
    """One call of `Trainer.fit`: its state is what a checkpoint saves."""

    def __init__(
        self, trainer: Trainer, loader: DataLoader, validation: DataLoader | None, path: Any
    ) -> None:
        self.trainer, self.loader, self.validation, self.path = trainer, loader, validation, path
        self.history, self.steps = History(), Steps(trainer)
        self.judge = Judge(trainer, MANY)  # after each epoch anew
        self.epoch = 1
        self.best: float | None = None
        self.best_state: dict[str, np.ndarray] = {}
        self.stale = 0
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self.batch = 0
        # What the loader needs to give this epoch again; and it forgets an epoch left early.
        self.order = {**self.loader.generator.get_state(), "batch": 0}
        self.loader.set_state(self.order)
        self.sums = {"loss": 0.0, "penalty": 0.0, "samples": 0, "seconds": 0.0}
        self.waiting: list[tuple[int, Tensor, Tensor | None, int]] = []
        if self.trainer.metric is not None:
            self.trainer.metric.reset()

    def go(self, epochs: int, patience: int | None, min_delta: float, interrupt: Any) -> None:
        trainer, history = self.trainer, self.history
        while self.epoch <= epochs:
            if patience is not None and self.stale >= patience:
                history.stopped = "patience"
                return
            self._epoch(interrupt)
            if interrupt.wanted:
                history.stopped = "interrupted"
                self.save()
                return
            check_parameters(trainer.model, self.epoch, self.batch)
            record = self._record()
            history.records.append(record)
            self._judge(record, min_delta)
            trainer.epoch_is_over(record)
            self.epoch += 1
            self._begin_epoch()
            for callback in trainer.callbacks:
                callback.epoch_ended(trainer, record)
            self.save()  # with what the callbacks changed, such as the learning rate
            if interrupt.wanted:
                history.stopped = "interrupted"
                return
        history.stopped = "epochs"

    def _epoch(self, interrupt: Any) -> None:
        trainer, steps, start = self.trainer, self.steps, time.perf_counter()
        trainer.model.train()
        steps.begin_epoch()
        before = self.sums["seconds"]
        for x, y in self.loader:
            offset = default_generator().offset
            loss, penalty, seen = steps.losses(x, y)
            self.batch += 1
            self.waiting.append((self.batch, loss, penalty, len(x)))
            if self.batch % trainer.check_every == 0:
                self._settle(x, y, offset)
            steps.update()
            if trainer.metric is not None:
                trainer.metric.take(seen, y)
            for callback in trainer.callbacks:
                callback.batch_ended(trainer, self.epoch, self.batch)
            if interrupt.wanted:
                break
        if self.waiting:
            self._settle(x, y, offset)
        self.sums["seconds"] = before + time.perf_counter() - start

    def _settle(self, x: Tensor, y: Tensor, offset: int) -> None:
        """Add the losses of the last batches to the sums; raise where one is not finite."""
        trainer = self.trainer
        for batch, loss, penalty, n in self.waiting:
            value, extra = float(loss), 0.0 if penalty is None else float(penalty)
            if not math.isfinite(value + extra):
                default_generator().offset = offset  # the same dropout in the second look
                raise explain(trainer.model, x, y, value + extra, self.epoch, batch)
            self.sums["loss"] += value * trainer.weight(n)
            self.sums["penalty"] += extra * n
            self.sums["samples"] += n
        self.waiting.clear()

    def _record(self) -> dict[str, Any]:
        trainer, n = self.trainer, self.sums["samples"]
        record: dict[str, Any] = {"epoch": self.epoch, "loss": self.sums["loss"] / n}
        if trainer.penalty is not None:
            record["penalty"] = self.sums["penalty"] / n
        if trainer.metric is not None:
            record.update(trainer.metric.result())
        start = time.perf_counter()
        if self.validation is not None:
            found = self.judge.evaluate(self.validation)
            record.update({f"val_{k}": v for k, v in found.items()})
        record["learning_rate"] = trainer.optimizer.param_groups[0]["lr"]
        record["seconds"] = self.sums["seconds"] + time.perf_counter() - start
        return record

    def _judge(self, record: dict[str, Any], min_delta: float) -> None:
        value = record.get("val_loss", record["loss"])
        better = self.best is None or value < self.best - min_delta
        if better and math.isfinite(value):  # a NaN would never be surpassed
            self.best, self.stale = value, 0
            self.history.best_epoch = self.epoch
            if self.validation is not None:
                self.best_state = _copied(self.trainer.model)
        else:
            self.stale += 1

    def restore_best(self) -> None:
        if self.best_state:
            self.trainer.model.load_state_dict(self.best_state)

    # ---------------------------------------------------------------- checkpoints

    def _kind(self) -> dict[str, Any]:
        """What must be the same in a training that goes on."""
        trainer = self.trainer
        kind = {"optimizer": type(trainer.optimizer).__name__}
        if trainer.schedule is not None:
            kind["schedule"] = f"{type(trainer.schedule).__name__} by {trainer.schedule_by}"
        return kind

    def _epoch_kind(self) -> dict[str, Any]:
        """What must be the same, besides, to go on within an epoch."""
        loader = self.loader
        return {
            "rows": loader.rows, "batch_size": loader.batch_size, "shuffle": loader.shuffle,
            "drop_last": loader.drop_last, "metric": type(self.trainer.metric).__name__,
            "penalty": self.trainer.penalty is not None,
        }  # fmt: skip

    def save(self) -> None:
        if self.path is None:
            return
        trainer = self.trainer
        tensors: dict[str, Any] = {"model": trainer.model.state_dict(), "best": self.best_state}
        save_checkpoint(self.path, tensors, trainer.optimizer.state_dict(), {
            "epoch": self.epoch, "batch": self.batch, "order": self.order, "sums": self.sums,
            "best": self.best, "stale": self.stale, "random": default_generator().get_state(),
            "metric": None if trainer.metric is None else trainer.metric.state(),
            "schedule": None if trainer.schedule is None else trainer.schedule.state_dict(),
            "records": self.history.records, "best_epoch": self.history.best_epoch,
            "kind": self._kind(), "epoch_kind": self._epoch_kind(),
        })  # fmt: skip

    def load(self) -> None:
        trainer = self.trainer
        tensors, optimizer, progress = load_checkpoint(self.path)
        self._check_kind(progress["kind"], self._kind())
        if progress["batch"]:
            self._check_kind(progress["epoch_kind"], self._epoch_kind())
        before = _copied(trainer.model)
        try:
            trainer.model.load_state_dict(tensors.get("model", {}))
            trainer.optimizer.load_state_dict(optimizer)
            if trainer.schedule is not None:
                trainer.schedule.load_state_dict(progress["schedule"])
        except (ValueError, TypeError) as error:
            trainer.model.load_state_dict(before)
            raise ValueError(f"checkpoint: {self.path} is of another training: {error}") from error
        self.best_state = tensors.get("best", {})
        self.best, self.stale = progress["best"], progress["stale"]
        self.history.records = progress["records"]
        self.history.best_epoch = progress["best_epoch"]
        self.loader.set_state(progress["order"])
        self.epoch = progress["epoch"]
        self._begin_epoch()
        self.batch, self.sums = progress["batch"], progress["sums"]
        self.loader.set_state({**self.order, "batch": self.batch})  # the rest of the epoch
        if trainer.metric is not None and progress["metric"] is not None:
            trainer.metric.set_state(progress["metric"])
        default_generator().set_state(progress["random"])

    def _check_kind(self, saved: dict[str, Any], mine: dict[str, Any]) -> None:
        wrong = [
            f"{k} {saved.get(k)}, here it is {v}" for k, v in mine.items() if saved.get(k) != v
        ]
        if wrong:
            raise ValueError(f"checkpoint: {self.path} was made with {'; '.join(wrong)}")
