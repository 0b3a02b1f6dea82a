"""backprop train: what it prints, what it saves, and that it does the same twice."""

from __future__ import annotations

import csv
import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from backprop.io import load_tensors

KEYS = [
    "task", "device", "seed", "epochs", "seconds", "parameters", "train", "validation", "test",
]  # fmt: skip
FILES = {
    "model.safetensors", "config.toml", "history.csv", "curves.png", "result.json",
    "checkpoint.safetensors",
}  # fmt: skip
ON_CPU = ("--device", "cpu")


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def test_digits_from_one_command(command, tmp_path: Path) -> None:
    done = command("train", "digits", "--epochs", 2, "--out", "run", *ON_CPU)
    assert done.code == 0, done.err
    assert done.err == ""
    assert done.out.startswith("device: cpu (")
    assert "1797 rows, 64 features, 10 classes" in done.out
    assert "1438 rows for training, 180 for validation, 179 for test" in done.out
    assert "Linear(64, 128)" in done.out
    assert "epoch 2/2: loss" in done.out
    assert "true \\ predicted" in done.out
    assert "\x1b" not in done.out
    run = tmp_path / "run"
    assert {p.name for p in run.iterdir()} == FILES
    result = json.loads((run / "result.json").read_text())
    assert list(result) == KEYS
    assert result["task"] == "classification"
    assert result["device"] == "cpu"
    assert (result["seed"], result["epochs"], result["parameters"]) == (0, 2, 9610)
    for part in ("train", "validation", "test"):
        assert list(result[part]) == ["loss", "accuracy"]
    assert result["test"]["accuracy"] > 0.8
    history = rows_of(run / "history.csv")
    assert [row["epoch"] for row in history] == ["1", "2"]
    assert float(history[1]["val_loss"]) < float(history[0]["val_loss"])
    assert (run / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_the_defaults_reach_97_percent_on_digits(command, tmp_path: Path) -> None:
    done = command("train", "digits", "--out", "run", *ON_CPU)
    assert done.code == 0, done.err
    assert json.loads((tmp_path / "run/result.json").read_text())["test"]["accuracy"] >= 0.97


def test_the_default_directory_is_named_after_data_and_time(command, tables: Path) -> None:
    for _ in range(2):  # within a second, perhaps
        assert command("train", "flowers.csv", "--epochs", 1, *ON_CPU).code == 0
    runs = sorted(p.name for p in (tables / "runs").iterdir())
    assert len(runs) == 2
    assert all(name.startswith("flowers-20") for name in runs)


def test_a_regression_is_reported_in_the_targets_own_units(command, tables: Path) -> None:
    done = command("train", "price.csv", "--epochs", 200, "--lr", 0.01, "--out", "run", *ON_CPU)
    assert done.code == 0, done.err
    result = json.loads((tables / "run/result.json").read_text())
    assert list(result) == KEYS
    assert result["task"] == "regression"
    for part in ("train", "validation", "test"):
        assert list(result[part]) == ["loss", "rmse", "r2"]
        assert result[part]["loss"] == pytest.approx(result[part]["rmse"] ** 2, rel=1e-4)
    assert result["train"]["r2"] > 0.9
    assert result["train"]["rmse"] < 20  # the prices spread by about 50
    records = rows_of(tables / "run/history.csv")
    assert float(records[-1]["loss"]) == pytest.approx(float(records[-1]["rmse"]) ** 2, rel=1e-3)
    assert command("predict", "run", "price.csv", "-o", "out.csv").code == 0
    values = [float(r["value"]) for r in rows_of(tables / "out.csv")]
    wanted = [float(r["price"]) for r in rows_of(tables / "price.csv")]
    assert len(values) == len(wanted)
    assert np.corrcoef(values, wanted)[0, 1] > 0.9
    assert 900 < np.mean(values) < 1100


@pytest.mark.parametrize("loss", ["half-squared-error", "l1", "huber"])
def test_every_loss_of_a_regression(command, tables: Path, loss: str) -> None:
    done = command("train", "price.csv", "--loss", loss, "--epochs", 3, "--out", "run", *ON_CPU)
    assert done.code == 0, done.err
    result = json.loads((tables / "run/result.json").read_text())
    assert command("evaluate", "run", "price.csv", "--json").code == 0
    assert result["test"]["loss"] > 1  # of prices near 1000 after three epochs, in their units


def test_bce_for_two_classes(command, tables: Path) -> None:
    done = command(
        "train", "flowers.csv", "--loss", "bce", "--epochs", 100, "--lr", 0.01, "--out", "run",
        "--test", "flowers.csv", *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    result = json.loads((tables / "run/result.json").read_text())
    assert result["train"]["accuracy"] > 0.9
    judged = command("evaluate", "run", "flowers.csv", "--json")
    assert json.loads(judged.out)["accuracy"] == result["test"]["accuracy"]
    assert json.loads(judged.out)["loss"] == pytest.approx(result["test"]["loss"], rel=1e-6)
    predicted = command("predict", "run", "new.csv")
    rows = list(csv.DictReader(predicted.out.splitlines()))
    assert all(0.99 < float(r["P(lily)"]) + float(r["P(rose)"]) < 1.01 for r in rows)
    assert all(
        r["class"] == ("rose" if float(r["P(rose)"]) > float(r["P(lily)"]) else "lily")
        for r in rows
    )


def test_options_of_every_kind_together(command, tables: Path) -> None:
    done = command(
        "train", "flowers.csv", "--target", "kind", "--task", "classification",
        "--model", "mlp:6,5", "--activation", "leaky_relu", "--loss", "cross-entropy",
        "--optimizer", "SGD", "--lr", 0.1, "--momentum", 0.8, "--l2", 0.001, "--l1", 0.001,
        "--dropout", 0.1, "--epochs", 3, "--batch-size", "full", "--patience", 0,
        "--clip-norm", 1, "--dtype", "float64", "--seed", 5, "--split", "60/20/20",
        "--split-seed", 1, "--out", "deep/er/run", *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    weights, _ = load_tensors(tables / "deep/er/run/model.safetensors")
    assert {w.dtype.name for w in weights.values()} == {"float64"}
    assert [w.shape for k, w in weights.items() if k.endswith("weight")] == [(6, 4), (5, 6), (2, 5)]
    settings = tomllib.loads((tables / "deep/er/run/config.toml").read_text())
    assert settings["activation"] == "leaky-relu"
    assert settings["optimizer"] == "sgd"
    assert settings["batch_size"] == "full"
    history = (tables / "deep/er/run/history.csv").read_text()
    assert "penalty" in history.splitlines()[0]
    assert re.search(
        r"^epoch 1/3: loss [\d.e-]+, penalty [\d.e-]+, accuracy", done.out, re.MULTILINE
    )


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "rmsprop", "sgd"])
@pytest.mark.parametrize("model", ["linear", "mlp:4"])
def test_every_optimizer(command, tables: Path, optimizer: str, model: str) -> None:
    arguments = ["--optimizer", optimizer, "--model", model, "--epochs", 1, "--out", "run"]
    assert command("train", "flowers.csv", *arguments, *ON_CPU).code == 0


def test_without_validation_or_test_part(command, tables: Path) -> None:
    arguments = ["--split", "100/0/0", "--epochs", 2, "--out", "run", *ON_CPU]
    done = command("train", "flowers.csv", *arguments)
    assert done.code == 0, done.err
    result = json.loads((tables / "run/result.json").read_text())
    assert list(result) == KEYS
    assert result["validation"] is None
    assert result["test"] is None


def test_the_same_seed_gives_the_same_bytes(command, tmp_path: Path) -> None:
    for name in ("a", "b"):
        done = command("train", "digits", "--epochs", 2, "--seed", 3, "--out", name, *ON_CPU)
        assert done.code == 0, done.err
    first, second = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("a", "b"))
    assert first == second


def test_the_config_of_a_run_gives_the_same_run(command, tables: Path, monkeypatch) -> None:
    done = command(
        "train", "flowers.csv", "--dropout", 0.2, "--lr", 1e-5, "--epochs", 3, "--seed", 4,
        "--out", "a", *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    elsewhere = tables / "else where"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    done = command("train", "--config", tables / "a/config.toml", "--out", "b")
    assert done.code == 0, done.err
    b = elsewhere / "b"
    assert (b / "model.safetensors").read_bytes() == (tables / "a/model.safetensors").read_bytes()
    assert (b / "config.toml").read_text() == (tables / "a/config.toml").read_text()


def test_the_command_line_comes_before_the_config(command, tables: Path) -> None:
    (tables / "c.toml").write_text('data = "flowers.csv"\nepochs = 9\nbatch-size = 7\nl2 = 1\n')
    done = command("train", "--config", "c.toml", "--epochs", 1, "--out", "run", *ON_CPU)
    assert done.code == 0, done.err
    settings = tomllib.loads((tables / "run/config.toml").read_text())
    assert (settings["epochs"], settings["batch_size"], settings["l2"]) == (1, 7, 1.0)


def test_many_epochs_are_few_lines_where_no_one_watches(command, tables: Path) -> None:
    done = command("train", "flowers.csv", "--epochs", 130, "--patience", 0, *ON_CPU)
    lines = [line for line in done.out.splitlines() if line.startswith("epoch ")]
    assert 10 < len(lines) < 30
    assert lines[0].startswith("epoch 1/130:")
    assert lines[-1].startswith("epoch 130/130:")


def test_many_classes_show_the_pairs_most_confused(command, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(300, 3)).astype("float32")
    y = np.arange(300) % 30
    np.savez(tmp_path / "many.npz", x=x, y=np.array([f"c{i}" for i in y]))
    done = command("train", "many.npz", "--epochs", 1, "--out", "run", *ON_CPU)
    assert done.code == 0, done.err
    assert "taken for" in done.out
    assert "true \\ predicted" not in done.out


def test_several_targets(command, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(200, 3))
    np.savez(tmp_path / "two.npz", x=x, y=np.stack([100 * x[:, 0], x[:, 1]], axis=1))
    done = command(
        "train", "two.npz", "--epochs", 60, "--lr", 0.01, "--model", "linear", "--out", "run",
        *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["test"]["r2"] > 0.95
    predicted = command("predict", "run", "two.npz")
    header, *rows = csv.reader(predicted.out.splitlines())
    assert header == ["value 0", "value 1"]
    assert np.std([float(r[0]) for r in rows]) > 50 * np.std([float(r[1]) for r in rows])
