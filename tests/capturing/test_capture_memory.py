"""What captures keep: no more after 100,000 replays than after ten, and nothing once gone."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop import changes


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Without Python's collector of cycles: what is let go of must be gone at once."""
    for thread in threading.enumerate():  # other tests' loops that are being compiled
        if thread.name == "backprop-compile":
            thread.join()
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class Tiny:
    """The smallest training there is, with a bit of everything."""

    def __init__(self) -> None:
        nn = bp.nn
        self.model = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1), nn.Linear(2, 1))
        self.optimizer = bp.optim.Adam(self.model.parameters(), lr=1e-4)
        self.x, self.y = bp.ones((1, 2)), bp.ones((1, 1))

    def train(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        loss = ((self.model(x) - y) ** 2).mean()
        loss.backward()
        self.optimizer.step()
        return loss


class Simple(Tiny):
    """Less than that, since it is to run 100,000 times."""

    def __init__(self) -> None:
        super().__init__()
        self.model = bp.nn.Linear(2, 1)
        self.optimizer = bp.optim.SGD(self.model.parameters(), lr=1e-4)


class Wide(Tiny):
    """A step of temporary arrays that have their places in a plan's block."""

    def __init__(self) -> None:
        super().__init__()
        nn = bp.nn
        self.model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
        self.optimizer = bp.optim.Adam(self.model.parameters(), lr=1e-4)
        self.x, self.y = bp.ones((20_000, 2)), bp.ones((20_000, 1))


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * 4096


def test_memory_stays_flat_over_100_000_replays(no_collector: None) -> None:
    tiny = Tiny()
    step = bp.capture(tiny.train, compile=False)
    x, y = tiny.x, tiny.y
    changes._stretches.clear()  # a dict that other tests made large may move, once, meanwhile
    for _ in range(1000):
        step(x, y)
    gc.collect()
    tracemalloc.start()
    for _ in range(500):
        step(x, y)
    before, _ = tracemalloc.get_traced_memory()
    for _ in range(2000):
        step(x, y)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 2000  # less than one byte a replay
    simple = Simple()
    many = bp.capture(simple.train, compile=False)
    for _ in range(1000):
        many(x, y)
    before = resident()
    for _ in range(100_000):
        many(x, y)
    assert resident() - before < 2**20
    assert (step.replays, many.replays) == (3498, 100_998)
    assert gc.collect() == 0


def test_a_replay_leaves_no_cycles(no_collector: None) -> None:
    tiny = Tiny()
    step = bp.capture(tiny.train)
    for _ in range(4):
        step(tiny.x, tiny.y)
    gc.collect()
    for _ in range(50):
        step(tiny.x, tiny.y)
    assert gc.collect() == 0


def test_a_capture_that_is_dropped_gives_its_memory_back(no_collector: None) -> None:
    tiny = Wide()
    for _ in range(2):
        tiny.train(tiny.x, tiny.y)  # the optimizer makes its buffers
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    step = bp.capture(tiny.train)
    for _ in range(4):
        step(tiny.x, tiny.y)
    assert step.replays == 2
    during, _ = tracemalloc.get_traced_memory()
    del step
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert during - before > 500_000
    assert after - before < 100_000


def test_reset_gives_the_memory_back_too(no_collector: None) -> None:
    tiny = Wide()
    step = bp.capture(tiny.train)
    for _ in range(4):
        step(tiny.x, tiny.y)
    tracemalloc.start()
    step.reset()
    assert step.recordings == 0
    for _ in range(3):
        step(tiny.x, tiny.y)
    used, _ = tracemalloc.get_traced_memory()
    step.reset()
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used > 500_000 > 100_000 > left


def test_a_model_goes_with_its_capture(no_collector: None) -> None:
    tiny = Tiny()
    step = bp.capture(tiny.train)
    for _ in range(4):
        step(tiny.x, tiny.y)
    gone = [weakref.ref(tiny), weakref.ref(tiny.model), weakref.ref(step)]
    del tiny, step
    assert [r() for r in gone] == [None, None, None]


def test_arguments_are_not_kept(no_collector: None) -> None:
    tiny = Tiny()
    step = bp.capture(tiny.train)
    refs = []
    for _ in range(5):
        x, y = bp.ones((1, 2)), bp.ones((1, 1))
        refs += [weakref.ref(x), weakref.ref(x.data), weakref.ref(y)]
        out = step(x, y)
        refs.append(weakref.ref(out))
    del x, y, out
    assert [r() for r in refs] == [None] * len(refs)


def test_the_number_of_recordings_is_bounded_and_told_once() -> None:
    tiny = Tiny()
    step = bp.capture(tiny.train, max_recordings=3)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for n in (1, *range(1, 9), 1, 2, 8, 8):
            x = bp.ones((n, 2))
            step(x, bp.ones((n, 1)))
    assert (step.recordings, step.replays) == (3, 2)
    assert [str(w.message).partition(";")[0] for w in told] == [
        "capture: there are 3 recordings, the most that max_recordings allows"
    ]
    assert told[0].filename == __file__
    assert "max_recordings" in step.trouble
    assert repr(step) == "<capture of train: 3 recordings, 2 replays>"


def test_objects_without_end_do_not_fill_the_memory(no_collector: None) -> None:
    step = bp.capture(lambda x, thing: x * 2.0, max_recordings=2)
    refs = []
    for number in range(10):
        thing = type("Thing", (), {})
        refs.append(weakref.ref(thing))
        if number == 3:  # one to begin with, and two recordings
            with pytest.warns(UserWarning, match="max_recordings"):
                step(bp.ones(2), thing)
        else:
            step(bp.ones(2), thing)
    del thing
    gc.collect()
    assert sum(r() is not None for r in refs) <= 2


def test_the_peak_is_at_most_the_written_steps() -> None:
    nn = bp.nn
    model = nn.Sequential(nn.Linear(64, 512), nn.GELU(), nn.Linear(512, 512), nn.Tanh(),
                          nn.LayerNorm(512), nn.Linear(512, 10))  # fmt: skip
    optimizer = bp.optim.Adam(model.parameters())
    rng = np.random.default_rng(0)
    x = bp.asarray(rng.standard_normal((1024, 64)).astype(np.float32))
    y = bp.asarray(rng.integers(0, 10, 1024))

    def train(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def peak(step: Any) -> int:
        for _ in range(3):
            step(x, y)
        tracemalloc.reset_peak()
        for _ in range(2):
            step(x, y)
        return tracemalloc.get_traced_memory()[1]

    train(x, y)
    tracemalloc.start()
    written = peak(train)
    captured = peak(bp.capture(train, compile=False))
    tracemalloc.stop()
    assert captured <= written
