"""Early stopping, the best weights, and what callbacks are told."""

from __future__ import annotations

import io
import math
import re
from typing import Any

import numpy as np
import pytest
from train_cases import ONE, At, Recorder, network, points, quiet, same, scripted, weights

import backprop as bp
from backprop.train import Callback, Printer
from backprop.train.callbacks import describe

nan = math.nan


@pytest.mark.parametrize(
    ("losses", "patience", "min_delta", "epochs", "best", "stopped"),
    [
        ([5, 4, 3, 3.5, 3.2, 3.1], 2, 0.0, 5, 3, "patience"),
        ([5, 4, 3, 3.5, 3.2, 2.5], 3, 0.0, 6, 6, "epochs"),
        ([5, 4, 4, 3, 3, 3, 1], 2, 0.0, 6, 4, "patience"),  # no fall is no fall
        ([5, 6, 7], 1, 0.0, 2, 1, "patience"),
        ([5, 4.6, 4.4, 4.2, 4.0, 3.8], 2, 0.5, 5, 3, "patience"),  # 4.4 < 5 - 0.5, 4.0 > 4.4 - 0.5
        ([5, 4.6, 4.2, 3.8], 9, 9.0, 4, 1, "epochs"),
        ([nan, 3, nan, nan, 1], 2, 0.0, 4, 2, "patience"),  # a NaN is never the best
        ([nan, nan, 3, 2], 2, 0.0, 2, None, "patience"),
        ([math.inf, 3, 4], 5, 0.0, 3, 2, "epochs"),
        ([3, 2, 1, 2, 3, 4, 5, 6], None, 0.0, 8, 3, "epochs"),
    ],
)
def test_patience_on_the_validation_loss(
    losses: list[float], patience: int | None, min_delta: float, epochs: int, best: int | None,
    stopped: str,
) -> None:  # fmt: skip
    trainer = scripted(losses)
    history = trainer.fit(
        ONE, validation=ONE, epochs=len(losses), patience=patience, min_delta=min_delta
    )
    assert (len(history), history.best_epoch, history.stopped) == (epochs, best, stopped)
    assert np.array_equal(history["val_loss"], losses[:epochs], equal_nan=True)
    assert float(trainer.model.w) == (epochs if best is None else best)  # restored


def test_without_validation_the_training_loss_counts_and_nothing_is_restored() -> None:
    trainer = scripted([], training=[5.0, 4.0, 3.0, 3.5, 3.2, 1.0])
    history = trainer.fit(ONE, epochs=6, patience=2)
    assert history["loss"] == [5.0, 4.0, 3.0, 3.5, 3.2]
    assert (history.best_epoch, history.stopped) == (3, "patience")
    assert float(trainer.model.w) == 5


def test_the_last_weights_where_the_best_are_not_wanted() -> None:
    trainer = scripted([5.0, 4.0, 6.0, 7.0])
    history = trainer.fit(ONE, validation=ONE, epochs=4, restore_best=False)
    assert history.best_epoch == 2
    assert float(trainer.model.w) == 4


def test_the_best_weights_of_a_real_network() -> None:
    model = network(dropout=0.2)
    kept: list[dict[str, np.ndarray]] = []

    class Keep(Callback):
        def epoch_ended(self, trainer: Any, record: Any) -> None:
            kept.append(weights(trainer.model))

    optimizer = bp.optim.SGD(model.parameters(), lr=0.9)  # too large: the loss goes up and down
    trainer = quiet(model, optimizer=optimizer, callbacks=[Keep()])
    part = points(12, seed=4)
    history = trainer.fit(points(), validation=part, epochs=12, batch_size=4)
    losses = history["val_loss"]
    assert history.best_epoch == 1 + int(np.argmin(losses)) < 12
    assert same(weights(model), kept[history.best_epoch - 1])
    assert trainer.evaluate(part)["loss"] == min(losses)


def test_callbacks_are_called_in_order() -> None:
    first, second = Recorder(), Recorder()
    quiet(network(), callbacks=[first, second]).fit(points(), epochs=2, batch_size=11)
    one = [("batch_ended", 1, 1), ("batch_ended", 1, 2), ("epoch_ended", 1)]
    two = [("batch_ended", 2, 1), ("batch_ended", 2, 2), ("epoch_ended", 2)]
    assert first.events == [("fit_started", 2, 2), *one, *two, ("fit_ended",)]
    assert second.events == first.events


def test_the_first_callback_is_told_first() -> None:
    told: list[str] = []

    class Tell(Callback):
        def __init__(self, name: str) -> None:
            self.name = name

        def batch_ended(self, trainer: Any, epoch: int, batch: int) -> None:
            told.append(self.name)

    quiet(network(), callbacks=[Tell("a"), Tell("b")]).fit(points(), epochs=1, batch_size=11)
    assert told == ["a", "b", "a", "b"]


def test_the_end_is_told_after_an_error_too() -> None:
    recorder = Recorder()

    def fail() -> None:
        raise ZeroDivisionError

    trainer = quiet(network(), callbacks=[recorder, At(fail, 1, 2)])
    with pytest.raises(ZeroDivisionError):
        trainer.fit(points(), epochs=3, batch_size=4)
    assert recorder.events[-2:] == [("batch_ended", 1, 2), ("fit_ended",)]
    assert trainer.history.stopped is None


def test_a_callback_sees_the_record_and_the_trained_weights() -> None:
    trainer = scripted([5.0, 4.0, 6.0])
    found: list[tuple[Any, float]] = []

    class Look(Callback):
        def epoch_ended(self, trainer: Any, record: Any) -> None:
            assert record is trainer.history.records[-1]
            found.append((record["val_loss"], float(trainer.model.w)))

    trainer.callbacks = [Look()]
    trainer.fit(ONE, validation=ONE, epochs=3)
    assert found == [(5.0, 1.0), (4.0, 2.0), (6.0, 3.0)]


def test_a_callback_can_change_the_learning_rate() -> None:
    class Halve(Callback):
        def epoch_ended(self, trainer: Any, record: Any) -> None:
            trainer.optimizer.param_groups[0]["lr"] /= 2

    trainer = scripted([9.0] * 3, callbacks=[Halve()])
    trainer.loss = lambda output, target: -output.mean()
    history = trainer.fit(ONE, epochs=3)
    assert history["learning_rate"] == [1.0, 0.5, 0.25]
    assert float(trainer.model.w) == 1.75


def test_the_device_and_a_line_an_epoch() -> None:
    out = io.StringIO()
    history = quiet(network(), callbacks=[Printer(out)]).fit(
        points(), validation=points(5, seed=2), epochs=2
    )
    first, *lines = out.getvalue().splitlines()
    assert first.startswith("training on cpu (")
    assert len(lines) == 2
    for line, record in zip(lines, history.records, strict=True):
        names = ("loss", "rmse", "r2", "val_loss", "val_rmse", "val_r2")
        said = ", ".join(f"{name} {record[name]:.4g}" for name in names)
        assert re.fullmatch(rf"epoch {record['epoch']}: {re.escape(said)} \(\d+\.\d\d s\)", line)


def test_a_record_in_a_line() -> None:
    record = {
        "epoch": 12, "loss": 0.123456, "penalty": 1e-7, "accuracy": 0.98765, "val_loss": 1234567.0,
        "learning_rate": 0.1, "seconds": 1.005,
    }  # fmt: skip
    wanted = "loss 0.1235, penalty 1e-07, accuracy 0.9877, val_loss 1.235e+06"
    assert describe(record) == f"epoch 12: {wanted} ({1.005:.2f} s)"


def test_lines_are_printed_unless_callbacks_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    model = network()
    optimizer = bp.optim.SGD(model.parameters(), lr=0.1)
    bp.Trainer(model, bp.nn.MSELoss(), optimizer, device="cpu").fit(points(), epochs=2)
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()[1:]] == [
        "epoch 1", "epoch 2",
    ]  # fmt: skip
    quiet(model, optimizer=optimizer).fit(points(), epochs=2)
    assert capsys.readouterr() == ("", "")
