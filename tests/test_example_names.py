"""The name generator, as a reader would run it, on names that follow a rule."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).parents[1] / "scripts" / "examples" / "names.py"


def test_names(tmp_path: Path) -> None:
    """Two or three times "ba" or "bo": to be certain of all but the vowels and the end."""
    rng = np.random.default_rng(0)
    names = ["".join(rng.choice(["ba", "bo"], rng.integers(2, 4))) for _ in range(600)]
    (tmp_path / "names.txt").write_text("\n".join(names) + "\n")
    words = [sys.executable, str(SCRIPT), str(tmp_path / "names.txt"), "--epochs", "6"]
    done = subprocess.run([*words, "--sample", "5"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, *epochs, test, a, b, c, d, e = done.stdout.splitlines()
    assert "600 names: 480 to learn from, 60 to validate, 60 to test" in first
    losses = [float(re.search(r"validation loss (\d\.\d+)", line)[1]) for line in epochs]
    assert len(losses) == 6
    # ln 2 for each of 2.5 vowels and for the end after the second, of 6 letters on average: 0.405
    assert 0.36 < losses[-1] < 0.5
    assert losses[-1] < losses[0]
    assert test.startswith("test loss 0.")
    assert sum(bool(re.fullmatch(r"(b[ao]){1,3}", name)) for name in (a, b, c, d, e)) >= 3
