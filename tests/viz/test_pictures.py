"""The pictures are PNG files of the right size, of any data, and the same twice."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from backprop.viz import confusion_png, curves_png


def size(picture: bytes) -> tuple[int, int]:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


def records(epochs: int, *, metric: str | None = "accuracy", validation: bool = True) -> list[dict]:
    out = []
    for epoch in range(1, epochs + 1):
        record: dict = {"epoch": epoch, "loss": 1 / epoch}
        if metric:
            record[metric] = 1 - 0.5 / epoch
        if validation:
            record |= {f"val_{k}": v for k, v in list(record.items()) if k != "epoch"}
        out.append(record)
    return out


@pytest.mark.parametrize("epochs", [0, 1, 2, 100])
@pytest.mark.parametrize("metric", [None, "accuracy", "rmse"])
@pytest.mark.parametrize("validation", [True, False])
def test_curves(epochs: int, metric: str | None, validation: bool) -> None:
    width, height = size(
        curves_png(records(epochs, metric=metric, validation=validation), "title", best_epoch=1)
    )
    assert height == 456
    assert width == (1152 if metric and epochs else 624)


def test_curves_of_losses_that_are_not_finite_or_negative() -> None:
    history = records(5)
    history[2]["loss"] = float("nan")
    history[3]["val_loss"] = float("inf")
    history[4]["loss"] = -1.0
    size(curves_png(history))


def test_the_same_history_gives_the_same_bytes() -> None:
    assert curves_png(records(7), "a") == curves_png(records(7), "a")


@pytest.mark.parametrize("classes", [2, 10, 20, 60])
def test_confusion(classes: int) -> None:
    matrix = np.random.default_rng(0).integers(0, 50, (classes, classes))
    matrix[0] = 0  # a class without a sample
    width, height = size(confusion_png(matrix, [f"a long class name {i}" for i in range(classes)]))
    assert 300 < height <= 1440
    assert width > height
