"""A character model: trained on a text, judged, resumed, and writing."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

ON_CPU = ("--device", "cpu")
WORDS = ("quick ", "brown ", "fox ", "jumps ", "lazy ", "dog.\n")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "fox.txt"
    path.write_text("".join(Random(0).choices(WORDS, k=500)))
    return path


@pytest.mark.parametrize("model", ["transformer:1,32,2", "lstm:48", "gru:48"])
def test_it_learns_and_writes(model: str, command, text: Path) -> None:
    done = command(
        "train", "fox.txt", "--model", model, "--context", 16, "--epochs", 20, "--batch-size", 8,
        "--dropout", 0, "--lr", 0.01, "--schedule", "cosine", "--out", "run", *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "characters, 25 different ones" in done.out
    assert "stretches of 16 characters for training" in done.out
    assert "use it with: backprop sample run" in done.out
    found = json.loads((text.parent / "run" / "result.json").read_text())
    assert found["task"] == "text"
    assert found["test"]["loss"] < 0.6  # to choose one word of six costs log 6 / 5.2 a character
    written = command(
        "sample", "run", "--prompt", "lazy fox brown j", "--length", 5, "--temperature", 0, *ON_CPU
    )
    assert written.code == 0, written.err
    assert written.out == "umps \n"
    judged = command("evaluate", "run", "fox.txt", "--json", *ON_CPU)
    assert judged.code == 0, judged.err
    assert json.loads(judged.out)["accuracy"] > 0.75


def test_draws_follow_the_seed(command, text: Path) -> None:
    options = ("--model", "gru:8", "--context", 8, "--epochs", 1, "--out", "run")
    assert command("train", "fox.txt", *options, *ON_CPU).code == 0
    first, again, other = (
        command("sample", "run", "--length", 40, "--seed", seed, *ON_CPU).out for seed in (1, 1, 2)
    )
    assert first == again != other
    assert len(first) == 41


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--length", 0), "length: got 0, wanted a whole number of at least 1"),
        (("--temperature", -1), "temperature: got -1.0, wanted a number of at least 0"),
        (("--prompt", ""), "prompt: got '', wanted at least one character"),
        (("--prompt", "é"), "holds 'é', which the model has never seen"),
    ],
)
def test_what_cannot_be_written(words: tuple[object, ...], said: str, command, text: Path) -> None:
    options = ("--model", "gru:8", "--context", 8, "--epochs", 1, "--out", "run")
    assert command("train", "fox.txt", *options, *ON_CPU).code == 0
    done = command("sample", "run", *words, *ON_CPU)
    assert done.code == 2
    assert said in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("train", "fox.txt", "--model", "mlp:8"), "got 'mlp:8', which is for numbers; for a text"),
        (("train", "digits", "--model", "lstm"), "got 'lstm', which is for text; for arrays take"),
        (("train", "fox.txt", "--loss", "mse"), "loss: got 'mse', which is for regression"),
        (("train", "fox.txt", "--context", 2000), "wanted more than the context of 2000"),
        (("train", "fox.txt", "--context", 0), "context: got 0, wanted a whole number"),
        (("train", "digits", "--schedule", "sine"), "schedule: got 'sine', wanted one of constant"),
    ],
)
def test_what_does_not_fit(words: tuple[object, ...], said: str, command, text: Path) -> None:
    done = command(*words, *ON_CPU)
    assert done.code == 2
    assert said in " ".join(done.err.split())
    assert not (text.parent / "runs").exists()


def test_a_network_for_rows_writes_nothing_and_one_for_texts_predicts_nothing(
    command, text: Path
) -> None:
    assert command("train", "digits", "--epochs", 1, "--out", "rows", *ON_CPU).code == 0
    done = command("sample", "rows")
    assert done.code == 2
    assert "use backprop predict" in " ".join(done.err.split())
    options = ("--model", "gru:8", "--context", 8, "--epochs", 1, "--out", "run")
    assert command("train", "fox.txt", *options, *ON_CPU).code == 0
    done = command("predict", "run", "fox.txt")
    assert done.code == 2
    assert "use backprop sample" in " ".join(done.err.split())


@pytest.mark.parametrize("model", ["cnn:4", "cnn:4,8/16", "resnet:8"])
def test_networks_for_images_on_the_digits(model: str, command, tmp_path: Path) -> None:
    done = command(
        "train", "digits", "--model", model, "--epochs", 4, "--lr", 0.003, "--out", "run", *ON_CPU
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "run" / "result.json").read_text())
    assert found["test"]["accuracy"] > 0.8
    assert command("evaluate", "run", "digits", *ON_CPU).code == 0


@pytest.mark.parametrize(
    "optimizer",
    ["sgd", "adam", "adamw", "rmsprop", "nadam", "radam", "adamax", "adagrad", "adadelta", "lion"],
)
@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_every_optimizer_learns_the_digits(
    optimizer: str, schedule: str, command, tmp_path: Path
) -> None:
    """By its own default rate; also where a cycle has no momentum to move."""
    done = command(
        "train", "digits", "--optimizer", optimizer, "--schedule", schedule, "--epochs", 12,
        "--out", "run", *ON_CPU,
    )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads((tmp_path / "run" / "result.json").read_text())
    assert found["test"]["accuracy"] > 0.9


def test_a_schedule_keeps_its_epochs(command, tmp_path: Path) -> None:
    options = ("--epochs", 2, "--schedule", "one-cycle", "--out", "run")
    assert command("train", "digits", *options, *ON_CPU).code == 0
    rates = [
        float(row.split(",")[-2])
        for row in (tmp_path / "run" / "history.csv").read_text().splitlines()[1:]
    ]
    assert rates[-1] < 1e-5 < rates[0]
    done = command("train", "--resume", "run", "--epochs", 5)
    assert done.code == 2
    assert "laid out for its epochs" in " ".join(done.err.split())
