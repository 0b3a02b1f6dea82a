"""The example scripts, run as a reader would run them, on little data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "scripts" / "examples"


def _run(name: str, *arguments: object) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _has(data: str) -> bool:
    return Path(os.environ.get("BACKPROP_DATA", "/nowhere"), data).is_dir()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("lenet_mnist.py", "mnist", r"test error: (\d+\.\d+)%"),
        ("cnn_fashion.py", "fashion-mnist", r"test accuracy: (\d+\.\d+)%"),
    ],
)
def test_images(name: str, data: str, said: str) -> None:
    if not _has(data):
        pytest.skip(f"needs {data} in the folder BACKPROP_DATA names")
    out = _run(name, "--device", "cpu", "--epochs", 1, "--rows", 600)
    assert re.search(said, out)


def _adult(path: Path, rows: int, seed: int) -> None:
    """Rows like those of the census: whoever works long, or is called A, earns much."""
    rng = np.random.default_rng(seed)
    lines = []
    for _ in range(rows):
        age, hours, name = rng.integers(20, 60), rng.integers(10, 60), rng.choice(list("ABC?"))
        rich = name == "A" or hours > 40
        lines.append(f"{age}, {name}, {hours}, {'>50K' if rich else '<=50K'}")
    path.write_text("\n".join(lines) + "\n")


def test_adult(tmp_path: Path) -> None:
    _adult(tmp_path / "train", 600, 0)
    _adult(tmp_path / "test", 200, 1)
    out = _run("adult_embeddings.py", tmp_path / "train", tmp_path / "test", "--epochs", 20)
    error = re.search(r"test error: (\d+\.\d+)%", out)
    assert error is not None
    assert float(error[1]) < 10
