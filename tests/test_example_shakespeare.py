"""The transformer that writes runs, and learns a text that repeats itself."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "examples" / "shakespeare.py"


def test_shakespeare(tmp_path: Path) -> None:
    """Of two characters in turn the next one is certain, where one of two would cost log 2."""
    text = tmp_path / "text.txt"
    text.write_text("ab" * 1000, encoding="utf-8")
    words = [sys.executable, str(SCRIPT), str(text), "--device", "cpu", "--steps", "10"]
    done = subprocess.run([*words, "--sample", "9"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    _, losses, written = done.stdout.splitlines()
    found = re.search(r"validation loss (\d+\.\d+)", losses)
    assert found
    assert float(found[1]) < 0.35
    assert len(written) == 10
    assert set(written) <= {"a", "b"}
