"""How precise float32 products are: the setting, and who notices it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

import backends
import backprop as bp
from backends.precision import float32_matmul_precision, problem


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = bp.get_float32_matmul_precision()
    yield
    bp.set_float32_matmul_precision(before)


def gpu(capability: str) -> Any:
    return SimpleNamespace(name="cuda:0", device=SimpleNamespace(compute_capability=capability))


def test_which_devices_have_a_choice() -> None:
    assert problem(gpu("80"), "high") is None
    assert problem(gpu("120"), "medium") is None
    assert problem(gpu("75"), "highest") is None
    assert problem(gpu("75"), "medium") == (
        "bfloat16 needs a device of compute capability 8.0 or more, and cuda:0 has 7.5"
    )
    with (
        pytest.raises(backends.BackendError, match="and cpu has none"),
        float32_matmul_precision(backends.get("cpu"), "high"),
    ):
        pass


def test_it_ends_with_the_context() -> None:
    bp.set_float32_matmul_precision("high")
    with float32_matmul_precision(gpu("90"), "medium"):
        assert bp.get_float32_matmul_precision() == "medium"
    assert bp.get_float32_matmul_precision() == "high"
    with suppress(KeyError), float32_matmul_precision(gpu("90"), "medium"):
        raise KeyError
    assert bp.get_float32_matmul_precision() == "high"


@pytest.mark.parametrize("precision", ["tf32", "", None, 1])
def test_others_are_refused(precision: Any) -> None:
    before = bp.get_float32_matmul_precision()
    with pytest.raises(ValueError, match="wanted 'highest', 'high' or 'medium'"):
        bp.set_float32_matmul_precision(precision)
    assert bp.get_float32_matmul_precision() == before


@pytest.mark.parametrize(
    ("given", "level"), [("1", "high"), ("0", "highest"), ("", "highest"), ("no", "highest")]
)
def test_the_environments_word(given: str, level: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import backprop as b; print(b.get_float32_matmul_precision())"],
        env={**os.environ, "CUPY_TF32": given}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == (level, "")


def test_a_recording_is_for_one_precision() -> None:
    @bp.capture
    def step(x: bp.Tensor) -> bp.Tensor:
        return x @ x

    x = bp.ones((3, 3))
    for _ in range(4):
        step(x)
    assert (step.recordings, step.replays) == (1, 2)
    bp.set_float32_matmul_precision("medium")
    for _ in range(3):
        step(x)
    assert (step.recordings, step.replays) == (2, 4)
    bp.set_float32_matmul_precision("highest")
    step(x)
    assert (step.recordings, step.replays) == (2, 5)
