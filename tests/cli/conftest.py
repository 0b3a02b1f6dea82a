"""Running the command in this process, and small data for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from backprop.cli import _main


@dataclass
class Done:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """command("train", "digits", ...): in an empty directory, without colours and on the CPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "150")

    def run(*arguments: object) -> Done:
        capsys.readouterr()
        code = _main([str(a) for a in arguments])
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def spawn(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """spawn("train", ...): the command in a process of its own, in the same directory."""

    def start(*arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "backprop.cli", *map(str, arguments)],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return start


FLOWERS = 60
"""Rows of the table `flowers.csv`."""


def flowers(count: int = FLOWERS) -> tuple[np.ndarray, list[str], list[str]]:
    """Two numbers, a colour and a kind that follows from them."""
    x = np.random.default_rng(0).normal(size=(count, 2)).round(3)
    colour = ["red" if a > 0 else "blue" for a in x[:, 0]]
    kind = ["rose" if a + b > 0 else "lily" for a, b in x]
    return x, colour, kind


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A directory with `flowers.csv` (classes), `price.csv` (numbers) and new rows of each."""
    x, colour, kind = flowers()
    named = list(zip(x[:, 0], x[:, 1], colour, kind, strict=True))
    lines = [f"{a},{b},{c},{k}" for a, b, c, k in named]
    (tmp_path / "flowers.csv").write_text("\n".join(["long,wide,colour,kind", *lines]) + "\n")
    new = [f"{a},{b},{c}" for a, b, c, _ in named[:7]]
    (tmp_path / "new.csv").write_text("\n".join(["long,wide,colour", *new]) + "\n")
    prices = [f"{a},{b},{1000 + 50 * a - 20 * b:.4f}" for a, b in x]
    (tmp_path / "price.csv").write_text("\n".join(["long,wide,price", *prices]) + "\n")
    return tmp_path
