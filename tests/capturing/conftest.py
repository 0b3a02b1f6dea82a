"""What the tests of captures share: running a step as it is written, and captured."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "nn"), str(TESTS / "capturing")]  # the records of layers; helpers


import pytest  # noqa: E402

from backends import record  # noqa: E402
from backends.cpu import CPU  # noqa: E402


@pytest.fixture
def portable_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replays run operation by operation, as the portable form of `replay` does it."""
    monkeypatch.setattr(CPU, "replay", lambda self, *args: record.replay(*args))
