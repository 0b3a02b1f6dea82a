"""Work in parts, on several cores at a time.

NumPy, its BLAS and compiled loops let go of Python's lock, so Python's threads do. OpenBLAS has
threads of its own, but only for one product at a time: while parts of ours run, it is told to use
one thread for each. That setting is the process's. A product that another thread of the program
asks for meanwhile also runs on one core; it is not wrong, only not shared.

How work is cut depends on its size and the number of threads alone, and results are put together
in the order of the parts: the same input gives the same bits.
"""

from __future__ import annotations

import contextvars
import ctypes
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")

LEAST = 100_000
"""Nanoseconds of work in a part, at least: handing one to a thread takes up to half of that."""


@cache
def count() -> int:
    """How many threads to use: what OMP_NUM_THREADS or OPENBLAS_NUM_THREADS allow, at most one for
    each core this process may run on."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        given = os.environ.get(name, "")
        if given.isdecimal() and int(given) > 0:
            return min(int(given), cores or 1)
    return cores or 1


@cache
def pool(process: int) -> ThreadPoolExecutor:
    """The threads, of this process: a fork has none of its parent's."""
    return ThreadPoolExecutor(max(count() - 1, 1), thread_name_prefix="backprop")


class OpenBLAS(NamedTuple):
    """How many threads NumPy's OpenBLAS may use for a product."""

    get: Callable[[], int]
    set: Callable[[int], Any]


@cache
def openblas() -> OpenBLAS | None:
    """NumPy's OpenBLAS, where its threads are its own; None for another BLAS."""
    try:
        from numpy._core import _multiarray_umath as core

        library = ctypes.PyDLL(core.__file__)  # through it, the symbols of what it is linked with
    except (ImportError, OSError):
        return None
    for before in ("scipy_openblas", "openblas"):
        for after in ("64_", ""):
            try:
                get, set_, parallel = (
                    getattr(library, f"{before}_{name}{after}")
                    for name in ("get_num_threads", "set_num_threads", "get_parallel")
                )
            except AttributeError:
                continue
            return OpenBLAS(get, set_) if parallel() == 1 else None
    return None


class _OneEach:
    """A context in which OpenBLAS uses one thread for each product; any number may be in it."""

    def __init__(self) -> None:
        self.lock, self.inside, self.before = threading.Lock(), 0, 1

    def __enter__(self) -> None:
        if blas := openblas():
            with self.lock:
                if not self.inside:
                    self.before = blas.get()
                    blas.set(1)
                self.inside += 1

    def __exit__(self, *error: object) -> None:
        if blas := openblas():
            with self.lock:
                self.inside -= 1
                if not self.inside:
                    blas.set(self.before)

    def threads(self) -> int | None:
        """How many OpenBLAS would use outside of it."""
        if not (blas := openblas()):
            return None
        with self.lock:
            return self.before if self.inside else blas.get()

    def forked(self) -> None:
        """In a new process: the threads that were inside are not here."""
        inside, self.inside, self.lock = self.inside, 0, threading.Lock()
        if inside and (blas := openblas()):
            blas.set(self.before)


_one_each = _OneEach()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_one_each.forked)


def split(length: int, work: float, *, products: bool = False) -> list[slice]:
    """A batch in as many parts as pay.

    Args:
        length: How many items there are.
        work: Nanoseconds that one thread would take, roughly.
        products: Whether matrix products are part of it. It is one part then if the BLAS cannot be
            told to keep to one thread.
    """
    whole = [slice(0, length)]
    if work < 2 * LEAST:
        return whole
    blas = _one_each.threads()
    if products and blas is None:
        return whole
    parts = min(count(), blas or count(), int(work / LEAST))
    if not 1 < parts <= length:
        return whole
    return [slice(length * i // parts, length * (i + 1) // parts) for i in range(parts)]


def together(function: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """[function(part) for part in parts], each in a thread; the first in the one that asks.

    It returns, or raises the first part's error, when no part is running any more.
    """
    if len(parts) == 1:
        return [function(parts[0])]
    with _one_each:
        waiting = [_submit(function, part) for part in parts[1:]]
        try:
            results = [function(parts[0])]
            # What has not been begun by now is done here. The last is the likeliest of that.
            idle = [w is None or w.cancel() for w in reversed(waiting)][::-1]
            here = {i: function(p) for i, p in enumerate(parts[1:]) if idle[i]}
            results += [here[i] if i in here else w.result() for i, w in enumerate(waiting)]  # type: ignore[union-attr]
        finally:
            for w in waiting:
                if w is not None and not w.cancel():
                    w.exception()  # waits for the end
    return results


def _submit(function: Callable[[T], R], part: T) -> Future[R] | None:
    """The part in another thread, with this one's `np.errstate`; None if there can be none."""
    try:
        return pool(os.getpid()).submit(contextvars.copy_context().run, function, part)
    except RuntimeError:  # the interpreter is about to end, or the system has no more threads
        return None
