"""Ctrl-C and --resume: the same bytes as a training that was left alone."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

import pytest

TRAIN = ["train", "digits", "--epochs", "40", "--patience", "0", "--device", "cpu", "--dropout",
         "0.3", "--optimizer", "sgd"]  # fmt: skip


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_interrupted_and_resumed_is_uninterrupted(command, spawn, tmp_path: Path) -> None:
    whole = spawn(*TRAIN, "--out", "whole")
    _, err = whole.communicate(timeout=60)
    assert whole.returncode == 0, err
    wanted = (tmp_path / "whole/model.safetensors").read_bytes()

    run = tmp_path / "cut"
    cut = spawn(*TRAIN, "--out", "cut")
    _wait_for(run / "checkpoint.safetensors", cut)
    time.sleep(0.13)  # in the middle of some epoch
    cut.send_signal(signal.SIGINT)
    out, err = cut.communicate(timeout=60)
    assert cut.returncode == 130, out + err
    assert "backprop train --resume cut" in out
    assert "Traceback" not in err
    assert not (run / "result.json").exists()
    assert (run / "model.safetensors").is_file()  # the best so far can be used at once
    assert not list(run.glob(".*"))

    done = command("train", "--resume", "cut")
    assert done.code == 0, done.err
    assert (run / "model.safetensors").read_bytes() == wanted
    assert (run / "result.json").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_interrupted_before_the_first_batch(spawn, tmp_path: Path) -> None:
    early = spawn(*TRAIN, "--out", "early")
    time.sleep(0.4)  # while it is imported, or reads the data
    early.send_signal(signal.SIGINT)
    _, err = early.communicate(timeout=60)
    if early.returncode == 0:  # some import swallowed the signal: then the run went on to its end
        assert (tmp_path / "early" / "result.json").exists()
        pytest.skip("the signal fell into an import")
    assert early.returncode in (130, -signal.SIGINT)
    if early.returncode == 130:
        assert "Traceback" not in err


def _wait_for(path: Path, process) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.005)


def test_a_finished_run_can_go_on_for_more_epochs(command, tmp_path: Path) -> None:
    more = ["--patience", 0, "--device", "cpu"]
    assert command("train", "digits", "--epochs", 4, "--out", "long", *more).code == 0
    assert command("train", "digits", "--epochs", 2, "--out", "short", *more).code == 0
    done = command("train", "--resume", "short", "--epochs", 4)
    assert done.code == 0, done.err
    short, long = ((tmp_path / n / "model.safetensors").read_bytes() for n in ("short", "long"))
    assert short == long
    again = command("train", "--resume", "short")  # nothing left to do: nothing changes
    assert again.code == 0, again.err
    assert (tmp_path / "short/model.safetensors").read_bytes() == long


def test_resume_without_a_checkpoint_begins_anew(command, tables: Path) -> None:
    arguments = ["--epochs", 2, "--device", "cpu", "--out"]
    assert command("train", "flowers.csv", *arguments, "a").code == 0
    (tables / "b").mkdir()
    (tables / "b/config.toml").write_text((tables / "a/config.toml").read_text())
    assert command("train", "--resume", "b").code == 0
    a, b = ((tables / n / "model.safetensors").read_bytes() for n in ("a", "b"))
    assert a == b
