"""Schedules in the Trainer: by epoch, by step, following the validation loss, and resumed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.optim import lr_scheduler as S

X = np.linspace(-1, 1, 40, dtype="float32")[:, None]


def _trainer(make: Any = None, by: str = "epoch", **options: Any) -> bp.Trainer:
    bp.manual_seed(3)
    model = bp.nn.Sequential(bp.nn.Linear(1, 4), bp.nn.Tanh(), bp.nn.Linear(4, 1))
    optimizer = bp.optim.SGD(model.parameters(), lr=0.1)
    schedule = None if make is None else make(optimizer)
    return bp.Trainer(
        model, bp.nn.MSELoss(), optimizer, device="cpu", callbacks=[], schedule=schedule,
        schedule_by=by, **options,
    )  # fmt: skip


def test_by_epoch() -> None:
    """The history has the rate each epoch was trained with."""
    history = _trainer(lambda o: S.ExponentialLR(o, 0.5)).fit((X, X), epochs=3)
    assert history["learning_rate"] == [0.1, 0.05, 0.025]


def test_by_step() -> None:
    """40 rows in batches of 10 are 4 steps: the rate is halved before the second step of each
    epoch, and the history has the one after the last."""
    trainer = _trainer(lambda o: S.StepLR(o, 4, 0.5), "step")
    history = trainer.fit((X, X), epochs=2, batch_size=10)
    assert history["learning_rate"] == [0.05, 0.025]
    assert trainer.schedule is not None
    assert trainer.schedule.last_epoch == 8


@pytest.mark.parametrize("validated", [True, False])
def test_on_a_plateau(validated: bool) -> None:
    """Patience 1 and a threshold that nothing meets: halved after every second epoch."""
    make = {"factor": 0.5, "patience": 1}
    trainer = _trainer(lambda o: S.ReduceLROnPlateau(o, threshold=1e9, **make))
    validation = (X, X) if validated else None
    history = trainer.fit((X, X), validation=validation, epochs=4)
    assert history["learning_rate"] == [0.1, 0.1, 0.05, 0.05]
    trainer = _trainer(lambda o: S.ReduceLROnPlateau(o, **make))
    history = trainer.fit((X, X), validation=validation, epochs=4)
    name = "val_loss" if validated else "loss"
    assert trainer.schedule.best == min(history[name])  # type: ignore[union-attr]


@pytest.mark.parametrize("by", ["epoch", "step"])
def test_a_resumed_training_has_the_same_rates_and_weights(by: str, tmp_path: Path) -> None:
    def make(optimizer: Any) -> Any:
        return S.CosineAnnealingLR(optimizer, 6 if by == "epoch" else 24)

    whole = _trainer(make, by)
    whole.fit((X, X), epochs=6, batch_size=10)
    first = _trainer(make, by)
    first.fit((X, X), epochs=2, batch_size=10, checkpoint=tmp_path / "c")
    second = _trainer(make, by)
    history = second.fit((X, X), epochs=6, batch_size=10, checkpoint=tmp_path / "c", resume=True)
    assert history["learning_rate"] == whole.history["learning_rate"]
    for a, b in zip(second.model.parameters(), whole.model.parameters(), strict=True):
        np.testing.assert_array_equal(a.detach().numpy(), b.detach().numpy())
    other = _trainer(lambda o: S.ExponentialLR(o, 0.9), by)
    with pytest.raises(ValueError, match=f"made with schedule CosineAnnealingLR by {by}, here"):
        other.fit((X, X), epochs=6, batch_size=10, checkpoint=tmp_path / "c", resume=True)


@pytest.mark.parametrize(
    ("make", "by", "error", "said"),
    [
        (lambda o: 0.9, "epoch", TypeError, "schedule: got float, wanted one of"),
        (lambda o: S.StepLR(o, 2), "batch", ValueError, "schedule_by: got 'batch', wanted 'epoch'"),
        (lambda o: S.ReduceLROnPlateau(o), "step", ValueError, "got 'step', wanted 'epoch'"),
        (
            lambda o: S.StepLR(bp.optim.SGD([bp.zeros(1, requires_grad=True)]), 2),
            "epoch", ValueError, "schedule: belongs to another optimizer",
        ),
    ],
)  # fmt: skip
def test_mistakes(make: Any, by: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        _trainer(make, by)
