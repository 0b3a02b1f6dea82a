"""The training loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..data import DataLoader
from ..defaults import backend_for
from ..nn import Module
from ..optim import Optimizer, clip_grad_norm_
from ..optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from ..tensor import Tensor, asarray
from .callbacks import Callback, Printer
from .checks import check_parts, check_schedule, check_whole, one_number
from .history import History
from .interrupt import Interrupt
from .judge import Judge
from .judge import evaluating as evaluating
from .metrics import Metric, metric_for
from .run import Run


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
        schedule: changes the learning rate (see `backprop.optim.lr_scheduler`); made for the
            optimizer. One that follows a measure, ReduceLROnPlateau, is given the validation loss
            (without validation data the training loss) after each epoch.
        schedule_by: when the schedule steps: after each "epoch" or each "step" of the optimizer.
        check_every: batches between looks at the loss for NaN (default: each batch, but every
            32nd on a device that a look would hold up).
        capture: "auto" replays batches from recordings (see `backprop.capture`): the same results
            in less time. What cannot be recorded runs step by step, and the callbacks are told
            why. Python beside array operations in the model, the loss, the penalty and the
            metric's `measure` (a print, a list that grows, numbers from Python's own `random`)
            runs while recording only: with such use False. True: what cannot be recorded is an
            error.

    Attributes:
        capture_trouble: why the last training was not replayed from recordings; None if it was.

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
        schedule: LRScheduler | None = None,
        schedule_by: str = "epoch",
        check_every: int | None = None,
        capture: bool | str = "auto",
    ) -> None:
        callbacks = [Printer()] if callbacks is None else callbacks
        if isinstance(metric, str) and metric != "auto":
            raise ValueError(f"metric: got {metric!r}, wanted a Metric, 'auto' or None")
        metric = metric_for(loss) if isinstance(metric, str) else metric
        check_parts(model, loss, optimizer, penalty, metric, callbacks)
        check_schedule(schedule, schedule_by, optimizer)
        if clip_norm is not None and not clip_norm > 0:
            raise ValueError(f"clip_norm: got {clip_norm!r}, wanted a positive number, or None")
        if check_every is not None:
            check_whole("check_every", check_every, 1)
        if capture not in ("auto", True, False):
            raise ValueError(f"capture: got {capture!r}, wanted 'auto', True or False")
        self.capture: bool | str = capture
        self.capture_trouble: str | None = None
        self.asked, self.backend = device, backend_for(device)
        self.device = self.backend.name
        self.model, self.loss, self.optimizer = model.to(self.device), loss, optimizer
        self.penalty, self.clip_norm = penalty, clip_norm
        if isinstance(loss, Module):
            loss.to(self.device)
        self.metric, self.callbacks = metric, list(callbacks)
        self.schedule, self.schedule_by = schedule, schedule_by
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
        self.capture_trouble = None
        run = Run(self, loader, valid, checkpoint)
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
        loss = self.loss_of(output, y)
        if self.penalty is None:
            return output, loss, None
        return output, loss, one_number("penalty", self.penalty(self.model))

    def loss_of(self, output: Tensor, y: Tensor) -> Tensor:
        """E of a batch's output."""
        return one_number("loss", self.loss(output, y))

    def update(self, objective: Tensor) -> None:
        """One step down the gradient of E + R."""
        self.optimizer.zero_grad()
        objective.backward()
        self.descend(self.clip_norm)
        self.step_is_over()

    def descend(self, clip_norm: float | None) -> None:
        """The optimizer's step along the gradients, held to a norm."""
        if clip_norm is not None:
            clip_grad_norm_(self.model.parameters(), clip_norm)
        self.optimizer.step()

    def step_is_over(self) -> None:
        """The schedule's step, where it goes by steps."""
        if self.schedule is not None and self.schedule_by == "step":
            self.schedule.step()

    def epoch_is_over(self, record: dict[str, Any]) -> None:
        """The schedule's step, where it goes by epochs."""
        if self.schedule is None or self.schedule_by != "epoch":
            return
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(record.get("val_loss", record["loss"]))
        else:
            self.schedule.step()

    def not_captured(self, why: str) -> None:
        """Note, and tell the callbacks, why batches are not replayed."""
        if self.capture_trouble is None:
            self.capture_trouble = why
            for callback in self.callbacks:
                callback.not_captured(self, why)

    def weight(self, samples: int) -> int:
        """What turns a batch's loss into the sum over its samples."""
        return 1 if getattr(self.loss, "reduction", "mean") == "sum" else samples

    # --------------------------------------------------------------------------- use

    def evaluate(self, data: Any, batch_size: int | None = 1024) -> dict[str, float]:
        """The mean loss of a sample, and the metric's numbers, without learning."""
        loader = self._loader(data, batch_size, False, False, 0)
        return Judge(self, len(loader)).evaluate(loader)

    def predict(self, x: Any, batch_size: int | None = 1024) -> np.ndarray:
        """The model's outputs for inputs (N, ...), as a NumPy array, in evaluation mode."""
        raw = asarray(x, device="cpu").detach().numpy()
        if raw.ndim < 2 or len(raw) == 0:
            raise ValueError(f"x: got shape {raw.shape}, wanted at least one sample (N, features)")
        if batch_size is None:
            batch_size = len(raw)
        check_whole("batch_size", batch_size, 1)
        return Judge(self, -(-len(raw) // batch_size)).predict(raw, batch_size)
