"""What a History gives, and its table."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from train_cases import network, points, quiet

from backprop.train import History

RECORDS = [
    {"epoch": 1, "loss": 0.5, "val_loss": 0.1 + 0.2, "seconds": 1.25},
    {"epoch": 2, "loss": 1e-300, "val_loss": float("nan"), "seconds": 0.75},
]


def test_columns_length_and_seconds() -> None:
    history = History(RECORDS)
    assert history["loss"] == [0.5, 1e-300]
    assert history.names == ["epoch", "loss", "val_loss", "seconds"]
    assert (len(history), history.seconds) == (2, 2.0)
    assert (history.best_epoch, history.stopped) == (None, None)
    history.stopped = "patience"
    assert repr(history) == "<History of 2 epochs, stopped by patience>"


def test_a_quantity_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="'accuracy': the history has epoch, loss, val_loss, sec"):
        History(RECORDS)["accuracy"]


def test_nothing_happened() -> None:
    assert History()["loss"] == []
    assert (len(History()), History().seconds, History().csv_text()) == (0, 0, "epoch\n")


def test_the_table(tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    History(RECORDS).to_csv(file)
    assert file.read_bytes() == (
        b"epoch,loss,val_loss,seconds\n1,0.5,0.30000000000000004,1.25\n2,1e-300,nan,0.75\n"
    )


def test_records_with_other_quantities() -> None:
    """A training may be resumed with validation data it did not have."""
    history = History([{"epoch": 1, "loss": 1.0}, {"epoch": 2, "loss": 0.5, "val_loss": 0.25}])
    assert history["val_loss"] == [None, 0.25]
    assert history.csv_text() == "epoch,loss,val_loss\n1,1.0,\n2,0.5,0.25\n"


def test_the_table_of_a_training_keeps_every_digit(tmp_path: Path) -> None:
    data, file = points(), tmp_path / "history.csv"
    history = quiet(network()).fit(data, validation=data, epochs=3)
    history.to_csv(file)
    with open(file, newline="") as f:
        rows = list(csv.DictReader(f))
    assert [{k: float(v) for k, v in row.items()} for row in rows] == history.records


def test_resuming_with_validation_data(tmp_path: Path) -> None:
    file, data = tmp_path / "c.safetensors", points()
    quiet(network()).fit(data, epochs=1, checkpoint=file)
    history = quiet(network()).fit(data, validation=data, epochs=2, checkpoint=file, resume=True)
    assert history["val_loss"][0] is None
    assert history["val_loss"][1] > 0
    assert history.csv_text().count("\n") == 3
