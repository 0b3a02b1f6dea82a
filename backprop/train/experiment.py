"""A training from its settings to its saved results. It prints nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import backends

from ..data import DataLoader, Dataset
from ..defaults import manual_seed
from ..graph import no_grad
from ..io import write_text
from . import bundle
from .build import build_loss, build_optimizer, build_penalty, build_schedule, loss_units
from .callbacks import Callback
from .checkpoint import load_checkpoint
from .config import write_config
from .confusion import confusion_matrix
from .diagnose import NonFiniteLossError
from .history import History
from .judge import evaluating
from .metrics import Accuracy, CharacterAccuracy, Metric, Regression
from .models import build_model, check_fits
from .result import Data, Result
from .settings import Settings
from .trainer import Trainer

_ROWS, _STRETCHES = 1024, 64  # in a batch that is only judged; of a text


def metric_of(settings: Settings, scale: Sequence[float]) -> Metric:
    """Accuracy, or rmse and r2 in the target's own units."""
    if settings.task == "text":
        return CharacterAccuracy()
    return Accuracy() if settings.task == "classification" else Regression(scale)


class Experiment:
    """A network and its data, ready to be trained.

    Args:
        settings: what to train, and how.
        data: the data, where they were read before.

    Raises:
        ValueError, FileNotFoundError, backends.BackendError: what was asked for cannot be had.

    >>> result = Experiment(Settings("digits", epochs=1, device="cpu")).run()
    >>> sorted(result.metrics["test"])
    ['accuracy', 'loss']
    """

    def __init__(self, settings: Settings, data: Data | None = None) -> None:
        self.backend = backends.get(settings.device)
        self.data = Data.read(settings) if data is None else data
        parts = self.data.prepared
        pre = self.preprocessor = parts.preprocessor
        settings = settings.completed(pre.task, self.data.kind, len(parts.train))
        if settings.loss == "bce" and pre.outputs != 2:
            raise ValueError(
                f"loss: got 'bce', which is for two classes; the data have {pre.outputs}: "
                "use cross-entropy"
            )
        self.settings = replace(settings, device=self.backend.name)
        manual_seed(settings.seed)
        assert settings.model is not None
        check_fits(settings.model, self.data.kind)
        self.inputs = int(np.prod(pre.shape))
        self.model = build_model(
            self.settings, bundle.row_shape(pre), bundle.outputs(settings, pre)
        )
        optimizer = build_optimizer(self.settings, self.model)
        self.trainer = Trainer(
            self.model,
            build_loss(self.settings),
            optimizer,
            penalty=build_penalty(self.settings),
            device=self.backend.name,
            metric=metric_of(self.settings, pre.target_scale),
            clip_norm=settings.clip_norm,
            callbacks=[],
            schedule=build_schedule(self.settings, optimizer, self._steps(len(parts.train))),
            schedule_by="step",
            capture="auto" if settings.capture is None else settings.capture,
        )
        scale = pre.target_scale[0] if len(pre.target_scale) == 1 else 1.0
        assert settings.loss is not None
        self._units = loss_units(settings.loss, scale)

    @property
    def parameters(self) -> int:
        """How many numbers the network learns."""
        return sum(p.size for p in self.model.parameters())

    def _steps(self, rows: int) -> int:
        """How many steps all epochs have."""
        s = self.settings
        assert s.epochs is not None
        return s.epochs * (1 if s.batch_size == "full" else -(-rows // int(s.batch_size or 1)))

    # --------------------------------------------------------------------- training

    def run(
        self,
        directory: str | os.PathLike[str] | None = None,
        callbacks: Sequence[Callback] = (),
        resume: bool = False,
    ) -> Result:
        """Train, judge and, with a directory, save.

        The directory gets `config.toml` first, `checkpoint.safetensors` while training, and at the
        end `model.safetensors`, `history.csv` and `result.json`. Ctrl-C in training saves what
        there is, but no `result.json`.

        Args:
            directory: where to save; made if need be. Nothing of another run may be in it.
            callbacks: told of the training's progress.
            resume: go on from the checkpoint in the directory.

        Raises:
            NonFiniteLossError: the loss became NaN; the best weights so far are saved.
        """
        path = None if directory is None else Path(directory)
        made: list[Path] = []
        if path is not None:
            if not resume:
                bundle.check_free(path)
            made = bundle.make_directory(path)
            settings = self.settings.with_whole_paths().to_dict()
            write_config(path / bundle.CONFIG, settings, _COMMENT)
        checkpoint = None if path is None else path / bundle.CHECKPOINT
        self.trainer.callbacks = list(callbacks)
        try:
            self._fit(checkpoint, resume)
            history = self.trainer.history
            if history.best_epoch is None and history.stopped != "interrupted":
                said = "the validation loss was NaN or infinite after every epoch"
                raise NonFiniteLossError(said, len(history), 0, None)
        except NonFiniteLossError as error:
            raise self._rescue(error, path, made) from error
        except Exception:
            if path is not None and not resume and not _exists(checkpoint):
                bundle.clear(path, made)
            raise
        result = Result(self.settings, self.backend.name, self.parameters, self._history())
        if not result.interrupted:
            self._judge(result)
        if path is not None and len(result.history):
            self._save(path, result)
        return result

    def _fit(self, checkpoint: Path | None, resume: bool) -> None:
        s, parts = self.settings, self.data.prepared
        assert s.epochs is not None
        validation = None if parts.validation is None else self.loader(parts.validation)
        self.trainer.fit(
            DataLoader(
                parts.train,
                batch_size=None if s.batch_size == "full" else s.batch_size,  # type: ignore[arg-type]
                shuffle=True,
                device=self.backend.name,
                seed=s.seed,
                transform=parts.transform,
            ),
            validation=validation,
            epochs=s.epochs,
            patience=s.patience or None,
            checkpoint=checkpoint,
            resume=resume and _exists(checkpoint),
        )

    def loader(self, part: Dataset) -> DataLoader:
        """A part's batches in order, to be judged."""
        return DataLoader(
            part,
            batch_size=_STRETCHES if part.task == "text" else _ROWS,
            device=self.backend.name,
            transform=self.data.prepared.transform,
        )

    def in_units(self, record: dict[str, Any]) -> dict[str, Any]:
        """A record or metrics of the trainer with its losses in the target's own units.

        Training sees standardised targets. Of several targets, the loss stays the standardised one.
        """
        losses = ("loss", "penalty", "val_loss")
        return {k: v * self._units if k in losses else v for k, v in record.items()}

    def _history(self) -> History:
        history = self.trainer.history
        mine = History([self.in_units(r) for r in history.records])
        mine.best_epoch, mine.stopped = history.best_epoch, history.stopped
        return mine

    # ---------------------------------------------------------------------- judging

    def _judge(self, result: Result) -> None:
        prepared = self.data.prepared
        parts = {"train": prepared.train, "validation": prepared.validation, "test": prepared.test}
        for name, part in parts.items():
            found = None if part is None else self.trainer.evaluate(self.loader(part))
            result.metrics[name] = None if found is None else self.in_units(found)
        result.confused_part = "test" if prepared.test is not None else "validation"
        shown = parts[result.confused_part]
        if shown is not None and self.preprocessor.classes is not None:
            predicted = self.predicted_classes(shown)
            classes = len(self.preprocessor.classes)
            result.confusion = confusion_matrix(shown.y, predicted, classes)

    def predicted_classes(self, part: Dataset) -> np.ndarray:
        """The class the network takes each row of a part for."""
        with no_grad(), evaluating(self.model):
            found = [self.model(x).numpy() for x, _ in self.loader(part)]
        scores = np.concatenate(found)
        if scores.shape[1] == 1:
            return (scores[:, 0] > 0).astype(np.int64)
        return np.asarray(scores.argmax(axis=1))

    # ----------------------------------------------------------------------- saving

    def _save(self, path: Path, result: Result) -> None:
        bundle.save_bundle(path, self.model, self.preprocessor, self.settings)
        write_text(path / bundle.HISTORY, result.history.csv_text())
        if not result.interrupted:
            write_text(path / bundle.RESULT, json.dumps(result.to_dict(), indent=2) + "\n")

    def _rescue(
        self, error: NonFiniteLossError, path: Path | None, made: list[Path]
    ) -> NonFiniteLossError:
        """Save the best weights so far; the error, with a word on where they are."""
        if path is None:
            return error
        checkpoint = path / bundle.CHECKPOINT
        if not checkpoint.is_file():
            bundle.clear(path, made)
            said = "no epoch was finished, so nothing is saved"
        else:
            groups, _, progress = load_checkpoint(checkpoint)
            best = progress["best_epoch"]
            weights = groups.get("best") or groups["model"]
            if not all(np.isfinite(w).all() for w in weights.values()):
                said = "no epoch ended with finite weights, so no model is saved"
            else:
                bundle.save_bundle(path, weights, self.preprocessor, self.settings)
                said = f"the weights of epoch {best}, the best so far, are in {path}"
                if not groups.get("best"):  # without validation data
                    said = f"the weights after epoch {progress['epoch'] - 1} are in {path}"
            write_text(path / bundle.HISTORY, self._history().csv_text())
        return NonFiniteLossError(f"{error}\n{said}", error.epoch, error.batch, error.layer)


_COMMENT = "all settings of this run; the same again: backprop train --config THIS_FILE"


def _exists(path: Path | None) -> bool:
    return path is not None and path.is_file()


def run(
    settings: Settings,
    directory: str | os.PathLike[str] | None = None,
    callbacks: Sequence[Callback] = (),
) -> Result:
    """Train what the settings say; see `Experiment`."""
    return Experiment(settings).run(directory, callbacks)
