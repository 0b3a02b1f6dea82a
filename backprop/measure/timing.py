"""How long a step takes, and how much memory."""

from __future__ import annotations

import math
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import numpy as np

import backends

from .work import Batch, Step

FEWEST, MOST = 5, 100
"""Samples of a timing."""
SAMPLE = 2e-3
"""Seconds that a sample takes at least: short steps are timed several at once."""
MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Timing:
    """Milliseconds of a training step.

    Attributes:
        ms: the median of the samples.
        quartiles: the first and the third.
        first_ms: the very first step, with all that is made or compiled once.
        warmup_ms: all steps before the samples, the first among them.
        samples, at_once: how many, and of how many steps each.
    """

    ms: float
    quartiles: tuple[float, float]
    first_ms: float
    warmup_ms: float
    samples: int
    at_once: int


class Stopwatch:
    """Takes the time of one step on one device, sample by sample.

    Args:
        backend: the device.
        step: a training step.
        batches: those that it is given, in turn.
        around: makes the context in which it runs.
    """

    def __init__(
        self, backend: backends.Backend, step: Step, batches: Sequence[Batch],
        around: Callable[[], AbstractContextManager[Any]] = nullcontext,
    ) -> None:  # fmt: skip
        self.backend, self.step, self.batches, self.around = backend, step, batches, around
        self.number, self.at_once = 0, 1
        self.warm: list[float] = []
        self.samples: list[float] = []

    def warm_up(self, steps: int) -> None:
        """The first steps, and how many a sample must have."""
        self.warm = [self._run(1) for _ in range(steps)]
        self.at_once = max(1, min(MOST_AT_ONCE, math.ceil(SAMPLE / max(min(self.warm), 1e-7))))

    def sample(self) -> None:
        """One more sample. Within it the device is not waited for, as in a training."""
        self.samples.append(self._run(self.at_once) / self.at_once * 1e3)

    def _run(self, steps: int) -> float:
        with self.backend.on_device(), self.around(), self.backend.clock() as clock:
            for _ in range(steps):
                self.step(*self.batches[self.number % len(self.batches)])
                self.number += 1
            self.backend.synchronize()  # other streams too
        return clock.seconds

    def timing(self) -> Timing:
        """What was found."""
        low, _, high = quantiles(self.samples, n=4)
        return Timing(
            median(self.samples), (low, high), self.warm[0] * 1e3, sum(self.warm) * 1e3,
            len(self.samples), self.at_once,
        )  # fmt: skip


def take_turns(watches: Sequence[Stopwatch], seconds: float, fewest: int = FEWEST) -> None:
    """Sample all of them in turn, so that what else the machine does meets each alike.

    Args:
        seconds: for each; but none gets fewer samples than `fewest`.
    """
    start = time.perf_counter()
    for taken in range(MOST):
        if taken >= fewest and time.perf_counter() - start > seconds * len(watches):
            return
        for watch in watches:
            watch.sample()


def peak_bytes(backend: backends.Backend, make: Callable[[], Callable[[], Any]]) -> int | None:
    """The most memory that a training takes in a step: network, optimizer, and what comes and goes.

    On a GPU what is taken from the device, as its pool counts it or, where that is more, as the
    device does: a captured step has a pool of its own. On the CPU what Python's tracemalloc sees:
    NumPy reports its arrays there, and Python's own objects are counted too.

    Args:
        make: makes what is measured, takes its first steps, and returns a step.
    """
    if backend.asynchronous:
        return _device_bytes(backend, make)
    running = tracemalloc.is_tracing()
    if not running:
        tracemalloc.start(1)
    try:
        held = tracemalloc.get_traced_memory()[0]
        step = make()
        tracemalloc.reset_peak()
        step()
        return max(0, tracemalloc.get_traced_memory()[1] - held)
    finally:
        if not running:
            tracemalloc.stop()


def _device_bytes(backend: backends.Backend, make: Callable[[], Callable[[], Any]]) -> int | None:
    with backend.on_device():
        backend.synchronize()
        backend.reset_peak()  # gives back what is free
        used, free = backend.memory().used, backend.device.mem_info[0]
        step = make()
        step()
        backend.synchronize()
        most, left = backend.memory().peak, backend.device.mem_info[0]
    return None if most is None or used is None else max(0, most - used, free - left)


def product_peak(
    backend: backends.Backend, dtype: str, seconds: float, largest: int = 8192
) -> tuple[float, int]:
    """The highest rate, in GFLOP/s, of products of square matrices, and their size.

    Sizes double from 256 to 1024, and on until a product takes a tenth of the time.
    """
    xp, best, size = backend.xp, (0.0, 0), 256
    deadline = time.perf_counter() + seconds
    numbers = np.random.default_rng(0)  # of ones alone a device may need less power
    with backend.on_device():
        while True:
            a = backend.from_host(numbers.random((size, size), dtype=np.dtype(dtype)))
            xp.matmul(a, a)
            backend.synchronize()
            tries: list[float] = []
            while len(tries) < 3 or (len(tries) < 10 and time.perf_counter() < deadline):
                with backend.clock() as clock:
                    xp.matmul(a, a)
                    backend.synchronize()
                tries.append(clock.seconds)
            fastest = max(min(tries), 1e-9)
            best = max(best, (2e-9 * size**3 / fastest, size))
            if (size >= 1024 and fastest > seconds / 10) or size >= largest:
                return best
            size *= 2
