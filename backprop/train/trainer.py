"""The training loop."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from copy import copy
from typing import Any

import numpy as np

import backends

from ..data import DataLoader
from ..defaults import default_generator
from ..graph import no_grad
from ..nn import Module
from ..optim import Optimizer, clip_grad_norm_
from ..tensor import Tensor, asarray
from .callbacks import Callback, Printer
from .checkpoint import load_checkpoint, save_checkpoint
from .checks import check_parts, check_whole, one_number
from .diagnose import check_parameters, explain
from .history import History
from .interrupt import Interrupt
from .metrics import Metric, metric_for


class Trainer:
    """Fits a model to data by minimising l(Θ) = E(Θ) + R(Θ).

    Args:
        model: maps a batch of inputs to outputs.
        loss: E, called as loss(output, target); the mean over a batch's samples.
        optimizer: made for the model's parameters.
        penalty: R, called with the model; None for none. E and R are reported apart.
        device: "cpu", "cuda", ... or "auto": CUDA where it works, else the CPU. The model is
            moved there.
        metric: a Metric; "auto" picks accuracy or rmse and r2 by the loss; None for none.
        clip_norm: gradients are scaled to at most this norm.
        callbacks: told of what happens; by default a Printer, a line an epoch.
        check_every: batches between looks at the loss for NaN (default: each batch, but every
            32nd on a device that a look would hold up).

    >>> import backprop as bp, numpy as np
    >>> x = np.linspace(-1, 1, 64, dtype="float32")[:, None]
    >>> model = bp.nn.Sequential(bp.nn.Linear(1, 16), bp.nn.Tanh(), bp.nn.Linear(16, 1))
    >>> trainer = bp.Trainer(model, bp.nn.MSELoss(), bp.optim.Adam(model.parameters(), lr=0.01),
    ...                      device="cpu", callbacks=[])
    >>> history = trainer.fit((x, x**2), epochs=100, batch_size=16)
    >>> history["loss"][-1] < 0.01
    True
    """

    def __init__(
        self,
        model: Module,
        loss: Callable[[Any, Any], Tensor],
        optimizer: Optimizer,
        *,
        penalty: Callable[[Module], Tensor] | None = None,
        device: str = "auto",
        metric: Metric | str | None = "auto",
        clip_norm: float | None = None,
        callbacks: Sequence[Callback] | None = None,
        check_every: int | None = None,
    ) -> None:
        callbacks = [Printer()] if callbacks is None else callbacks
        if isinstance(metric, str) and metric != "auto":
            raise ValueError(f"metric: got {metric!r}, wanted a Metric, 'auto' or None")
        metric = metric_for(loss) if isinstance(metric, str) else metric
        check_parts(model, loss, optimizer, penalty, metric, callbacks)
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError(f"clip_norm: got {clip_norm!r}, wanted a positive number, or None")
        if check_every is not None:
            check_whole("check_every", check_every, 1)
        self.backend = backends.get(device)
        self.device = self.backend.name
        self.model, self.loss, self.optimizer = model.to(self.device), loss, optimizer
        self.penalty, self.clip_norm = penalty, clip_norm
        if isinstance(loss, Module):
            loss.to(self.device)
        self.metric, self.callbacks = metric, list(callbacks)
        self.check_every = check_every or (32 if self.backend.asynchronous else 1)
        self.history = History()

    # --------------------------------------------------------------------- training

    def fit(
        self,
        train: Any,
        *,
        validation: Any = None,
        epochs: int = 20,
        batch_size: int | None = 32,
        shuffle: bool = True,
        drop_last: bool = False,
        patience: int | None = None,
        min_delta: float = 0.0,
        restore_best: bool = True,
        seed: int = 0,
        checkpoint: str | os.PathLike[str] | None = None,
        resume: bool = False,
    ) -> History:
        """Train for a number of epochs, or until the validation loss stops falling.

        Args:
            train: a pair (x, y) of arrays, a Dataset or a DataLoader.
            validation: the same kinds; None for none.
            epochs: the most passes over the training data.
            batch_size: samples a step; 1 is descent on single samples drawn without replacement,
                None on the full batch. (A DataLoader brings its own.)
            shuffle, drop_last: of the DataLoader made here.
            patience: stop after so many epochs in which the validation loss (the training loss
                without validation) did not fall by more than min_delta.
            restore_best: go back to the weights of the best epoch at the end, if there is
                validation data.
            seed: of the order of samples.
            checkpoint: a file to save to after every epoch and at an interruption.
            resume: go on from that file, exactly where it stopped.

        Ctrl-C lets the batch finish, saves, and returns; a second one stops at once.

        Raises:
            NonFiniteLossError: the loss, or a parameter, became NaN or infinite.
            FileFormatError, ValueError: the checkpoint is none, or of another training; the model
                and the optimizer are as they were.
        """
        check_whole("epochs", epochs, 0)
        if patience is not None:
            check_whole("patience", patience, 1)
        if not min_delta >= 0:
            raise ValueError(f"min_delta: got {min_delta!r}, wanted a number of at least 0")
        if resume and checkpoint is None:
            raise ValueError("resume: needs checkpoint=, the file to go on from")
        loader = self._loader(train, batch_size, shuffle, drop_last, seed)
        valid = None if validation is None else self._loader(validation, 1024, False, False, seed)
        run = _Run(self, loader, valid, checkpoint)
        self.history = run.history
        if resume:
            run.load()
        for callback in self.callbacks:
            callback.fit_started(self, epochs, len(loader))
        try:
            # What overflows is found and explained by its loss; NumPy need not warn as well.
            quiet = np.errstate(all="ignore")
            with Interrupt() as interrupt, self.backend.on_device(), quiet:
                run.go(epochs, patience, min_delta, interrupt)
        finally:
            if restore_best and valid is not None:
                run.restore_best()
            for callback in self.callbacks:
                callback.fit_ended(self)
        return self.history

    def _loader(
        self, data: Any, batch_size: int | None, shuffle: bool, drop_last: bool, seed: int
    ) -> DataLoader:
        if isinstance(data, DataLoader):
            return data
        return DataLoader(
            data, batch_size=batch_size, shuffle=shuffle, drop_last=drop_last,
            device=self.device, seed=seed,
        )  # fmt: skip

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """(output, E, R) of a batch."""
        output = self.model(x)
        loss = self._loss(output, y)
        if self.penalty is None:
            return output, loss, None
        return output, loss, one_number("penalty", self.penalty(self.model))

    def _loss(self, output: Tensor, y: Tensor) -> Tensor:
        return one_number("loss", self.loss(output, y))

    def update(self, objective: Tensor) -> None:
        """One step down the gradient of E + R."""
        self.optimizer.zero_grad()
        objective.backward()
        if self.clip_norm is not None:
            clip_grad_norm_(self.model.parameters(), self.clip_norm)
        self.optimizer.step()

    def weight(self, samples: int) -> int:
        """What turns a batch's loss into the sum over its samples."""
        return 1 if getattr(self.loss, "reduction", "mean") == "sum" else samples

    # --------------------------------------------------------------------------- use

    def evaluate(self, data: Any, batch_size: int | None = 1024) -> dict[str, float]:
        """The mean loss of a sample, and the metric's numbers, without learning."""
        total, count = 0.0, 0
        metric = copy(self.metric)  # the one in use may be in the middle of an epoch
        if metric is not None:
            metric.reset()
        with no_grad(), evaluating(self.model), self.backend.on_device():
            for x, y in self._loader(data, batch_size, False, False, 0):
                output = self.model(x)
                total += float(self._loss(output, y)) * self.weight(len(x))
                count += len(x)
                if metric is not None:
                    metric.update(output, y)
        result = {"loss": total / count}
        return result if metric is None else {**result, **metric.result()}

    def predict(self, x: Any, batch_size: int | None = 1024) -> np.ndarray:
        """The model's outputs for inputs (N, ...), as a NumPy array, in evaluation mode."""
        raw = asarray(x, device="cpu").detach().numpy()
        if raw.ndim < 2 or len(raw) == 0:
            raise ValueError(f"x: got shape {raw.shape}, wanted at least one sample (N, features)")
        if batch_size is None:
            batch_size = len(raw)
        check_whole("batch_size", batch_size, 1)
        parts = []
        with no_grad(), evaluating(self.model), self.backend.on_device():
            for i in range(0, len(raw), batch_size):
                part = Tensor(self.backend.from_host(np.ascontiguousarray(raw[i : i + batch_size])))
                parts.append(self.model(part).numpy())
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


def _copied(model: Module) -> dict[str, np.ndarray]:
    """A model's state on the host, apart from the model."""
    return {k: np.array(v.numpy()) for k, v in model.state_dict().items()}


class _Run:
    """The state of one call of `fit`: what a checkpoint saves."""

    def __init__(
        self, trainer: Trainer, loader: DataLoader, validation: DataLoader | None, path: Any
    ) -> None:
        self.trainer, self.loader, self.validation, self.path = trainer, loader, validation, path
        self.history = History()
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
        trainer, start = self.trainer, time.perf_counter()
        trainer.model.train()
        before = self.sums["seconds"]
        for x, y in self.loader:
            offset = default_generator().offset
            output, loss, penalty = trainer.forward(x, y)
            objective = loss if penalty is None else loss + penalty
            self.batch += 1
            kept = None if penalty is None else penalty.detach()
            self.waiting.append((self.batch, loss.detach(), kept, len(x)))
            if self.batch % trainer.check_every == 0:
                self._settle(x, y, offset)
            trainer.update(objective)
            if trainer.metric is not None:
                trainer.metric.update(output.detach(), y)
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
            found = trainer.evaluate(self.validation)
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
        return {"optimizer": type(self.trainer.optimizer).__name__}

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
