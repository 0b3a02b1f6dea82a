"""Compiled loops: the bits are NumPy's, long arrays are shared by threads, and code is kept."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backends.cpu import compiled
from backends.cpu import optimizers as plain

pytestmark = pytest.mark.skipif(not compiled.available(), reason="needs Numba")


def both(kernel: Any, fast: Any, arrays: list[Any], **numbers: Any) -> None:
    """One step of each from the same arrays: the same bits."""
    mine = [None if a is None else a.copy() for a in arrays]
    theirs = [None if a is None else a.copy() for a in arrays]
    for _ in range(3):
        kernel(*theirs, **numbers)
        fast(*mine, **numbers)
    for a, b in zip(mine, theirs, strict=True):
        if a is not None:
            np.testing.assert_array_equal(a.view(f"u{a.itemsize}"), b.view(f"u{b.itemsize}"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 7, 1000, 70_000])
def test_sgd(dtype: str, size: int) -> None:
    from backends.cpu.compiled import optimizers as fast

    rng = np.random.default_rng(0)
    for momentum, dampening, nesterov, decay, maximize in itertools.product(
        (0.0, 0.9), (0.0, 0.3), (False, True), (0.0, 0.01), (False, True)
    ):
        p, g, m = (rng.normal(size=size).astype(dtype) for _ in range(3))
        both(
            plain.sgd_step, fast.sgd_step, [p, g, m if momentum else None],
            lr=0.013, momentum=momentum, dampening=dampening, nesterov=nesterov,
            weight_decay=decay, maximize=maximize,
        )  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("size", [0, 1, 7, 1000, 70_000])
def test_adam(dtype: str, size: int) -> None:
    from backends.cpu.compiled import optimizers as fast

    rng = np.random.default_rng(0)
    for largest, decoupled, decay, maximize in itertools.product(
        (False, True), (False, True), (0.0, 0.01), (False, True)
    ):
        p, g, m, v, w = (rng.normal(size=size).astype(dtype) for _ in range(5))
        g[:1] = 0.0
        both(
            plain.adam_step, fast.adam_step,
            [p, g, m, np.abs(v), np.abs(w) if largest else None],
            lr=0.013, beta1=0.9, beta2=0.999, eps=1e-8, weight_decay=decay, decoupled=decoupled,
            correction1=0.1, correction2=0.001, maximize=maximize,
        )  # fmt: skip


def test_long_arrays_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every element is visited once, in parts of several threads, and an error comes out."""
    from backends.cpu.compiled import threads

    monkeypatch.setattr(threads, "count", lambda: 3)
    seen: list[str] = []

    def add(a: Any, n: float) -> None:
        seen.append(threading.current_thread().name)
        a += n

    x = np.zeros(threads.LONG * 2 + 17)
    threads.shared(add, x.size, (x,), (1.0,))
    assert (x == 1.0).all()
    assert len(seen) == 3

    def fail(a: Any) -> None:
        raise ValueError(f"{a.size}")

    with pytest.raises(ValueError, match=r"\d+"):
        threads.shared(fail, x.size, (x,), ())


def test_rows_are_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.cpu.compiled import threads

    monkeypatch.setattr(threads, "count", lambda: 3)
    assert threads.row_parts(7) == [(0, 3), (3, 6), (6, 7)]
    assert threads.row_parts(5) == [(0, 5)]
    seen: list[int] = []
    threads.in_threads([lambda i=i: seen.append(i) for i in range(3)])  # type: ignore[misc]
    assert sorted(seen) == [0, 1, 2]

    def fail() -> None:
        raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        threads.in_threads([lambda: None, fail])


def test_code_is_kept_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.cpu.compiled import store

    monkeypatch.setenv("BACKPROP_CACHE", str(tmp_path))
    text = "from numba import njit\n\n\n@njit(cache=True)\ndef loop(a):\n    a[0] = 5.0\n"
    x = np.zeros(1)
    store.function(text, "loop")(x)
    assert x[0] == 5.0
    (file,) = (tmp_path / "loops").glob("*.py")
    file.write_text("damaged", encoding="utf-8")
    x[0] = 0
    store.function(text, "loop")(x)
    assert x[0] == 5.0


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.cpu.compiled import store

    (tmp_path / "file").write_text("")
    monkeypatch.setenv("BACKPROP_CACHE", str(tmp_path / "file"))
    text = "from numba import njit\n\n\n@njit(cache=True)\ndef loop(a):\n    a[0] = 6.0\n"
    x = np.zeros(1)
    store.function(text, "loop")(x)
    assert x[0] == 6.0


def losses(wrap: Callable[[Any], Any]) -> list[float]:
    bp.manual_seed(3)
    layers = [bp.nn.Linear(6, 9), bp.nn.ReLU(), bp.nn.Dropout(0.2), bp.nn.Linear(9, 3)]
    model = bp.nn.Sequential(*layers)
    optimizer = bp.optim.Adam(model.parameters(), lr=0.01, amsgrad=True)

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = bp.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    run = wrap(step)
    rng = np.random.default_rng(0)
    batches = [
        (bp.asarray(rng.normal(size=(n, 6)).astype("f")), bp.asarray(rng.integers(0, 3, n)))
        for n in (8, 8, 8, 5, 8, 5, 8)
    ]
    return [run(x, y).item() for x, y in batches]


def test_a_compiled_step_gives_the_bits_of_the_plain_one() -> None:
    written = losses(lambda step: step)
    assert losses(lambda step: bp.capture(step, compile=False)) == written
    assert losses(lambda step: bp.capture(step, compile=True)) == written


def test_compiling_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that has been replayed for a while goes over to loops, with the same bits."""
    from backends.cpu.plan import tiers

    started: list[Any] = []

    class Now(threading.Thread):
        def start(self) -> None:
            started.append(self)
            self.run()

    monkeypatch.setattr(tiers, "PATIENCE", 0.0)
    monkeypatch.setattr(tiers.threading, "Thread", Now)
    assert losses(bp.capture) == losses(lambda step: step)
    assert len(started) == 2  # a recording for each size of a batch


def test_without_numba_it_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from backprop.capturing import capture

    monkeypatch.setattr(capture_module(), "available", lambda: False)
    with pytest.raises(ImportError, match=r"compile: got True, but Numba is not installed: pip"):
        capture(lambda: None, compile=True)


def capture_module() -> Any:
    import sys

    return sys.modules["backprop.capturing.capture"]
