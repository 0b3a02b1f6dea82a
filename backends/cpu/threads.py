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
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

T = TypeVar("T")
R = TypeVar("R")
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

LEAST = 750_000
"""Nanoseconds of work in a part, at least. A thread takes 0.03 ms to begin, and more again whenever
two want Python's lock. Fitted to two small networks on a machine of two cores: what LeNet does, of
1.5 ms and less, seemed faster whole, what takes twice that in parts."""
ALONE = 500_000
"""The same for work without products: OpenBLAS has no threads of its own to be put off then."""
MOST = 8
"""Parts, at most: of more, too many would be waiting for Python's lock."""
LINES = 128
"""Bytes of two cache lines, which processors fetch together: the memory of one thread begins so
far from that of another, at least."""
PATIENCE = 20
"""An idle thread of OpenBLAS looks for work this long, 2 to this power in ticks of the processor's
clock (0.4 ms), before it sleeps."""


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
    from concurrent.futures import ThreadPoolExecutor  # not before it is needed: it takes a while

    return ThreadPoolExecutor(max(count() - 1, 1), thread_name_prefix="backprop")


class OpenBLAS(NamedTuple):
    """How many threads NumPy's OpenBLAS may use for a product."""

    get: Callable[[], int]
    set: Callable[[int], Any]


@cache
def _library() -> Any:
    """The symbols of what NumPy is linked with, its BLAS among them."""
    try:
        return ctypes.PyDLL(str(sys.modules["numpy._core._multiarray_umath"].__file__))
    except (KeyError, OSError):
        return None


@cache
def openblas() -> OpenBLAS | None:
    """NumPy's OpenBLAS, where its threads are its own; None for another BLAS."""
    for before in ("scipy_openblas", "openblas"):
        for after in ("64_", ""):
            try:
                get, set_, parallel = (
                    getattr(_library(), f"{before}_{name}{after}")
                    for name in ("get_num_threads", "set_num_threads", "get_parallel")
                )
            except AttributeError:
                continue
            return OpenBLAS(get, set_) if parallel() == 1 else None
    return None


@cache
def rest_when_idle() -> bool:
    """Make OpenBLAS's threads sleep when there is nothing for them to do; whether that was done.

    After a product they look for the next one for 2**26 ticks, a time in which a small network
    takes several steps, and all the while they hold a core that parts of ours could use. They read
    how long when they start, so they are stopped, for the next product to start them. It is not
    done where OPENBLAS_THREAD_TIMEOUT is set, nor where another thread may be in a product.
    """
    name = "OPENBLAS_THREAD_TIMEOUT"
    if name in os.environ or threading.active_count() > 1 or openblas() is None or count() < 2:
        return False
    try:
        read, stop = _library().openblas_read_env, _library().blas_thread_shutdown_
    except AttributeError:
        return False
    os.environ[name] = str(PATIENCE)
    try:
        read()
    finally:
        del os.environ[name]
    stop()
    return True


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


one_each = _OneEach()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=one_each.forked)


def split(
    length: int, work: float, *, products: bool = False, least: float | None = None
) -> list[slice]:
    """A batch in as many parts as pay.

    Args:
        length: How many items there are.
        work: Nanoseconds that one thread would take, roughly.
        products: Whether matrix products are part of it. It is one part then if the BLAS cannot be
            told to keep to one thread.
        least: Nanoseconds of work in a part, at least; LEAST if None.
    """
    least = LEAST if least is None else least
    whole = [slice(0, length)]
    if work < 2 * least or count() < 2:
        return whole
    blas = one_each.threads()
    if products and blas is None:
        return whole
    parts = int(min(count(), blas or count(), MOST, work / least))
    if not 1 < parts <= length:
        return whole
    return [slice(length * i // parts, length * (i + 1) // parts) for i in range(parts)]


def together(function: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """[function(part) for part in parts], each in a thread; the first in the one that asks.

    It returns, or raises the first part's error, when no part is running any more.
    """
    if len(parts) == 1:
        return [function(parts[0])]
    rest_when_idle()
    with one_each:
        waiting = [_submit(function, part) for part in parts[1:]]
        try:
            results = [function(parts[0])]
            for part, future in zip(parts[1:], waiting, strict=True):
                if future is None or future.cancel():  # none has begun it: no need to wait
                    results.append(function(part))
                else:
                    results.append(future.result())
        finally:
            for future in waiting:
                if future is not None and not future.cancel():
                    future.exception()  # waits for its end
    return results


def elementwise(nanoseconds: float) -> Callable[[Kernel], Kernel]:
    """Mark a kernel whose result has at each place what the arrays it is given, all of one shape,
    give there: large ones are shared between threads.

    Args:
        nanoseconds: How long an element takes, roughly.
    """

    def mark(kernel: Kernel) -> Kernel:
        @wraps(kernel)
        def shared(x: Any, /, *rest: Any, **numbers: Any) -> Any:
            parts = split(x.size, nanoseconds * x.size, least=ALONE)
            arrays = (x, *rest)
            if len(parts) == 1 or not all(_alike(a, x) for a in arrays):
                return kernel(*arrays, **numbers)
            flat, out = [a.reshape(-1) for a in arrays], np.empty(x.size, x.dtype)

            def part(here: slice) -> None:
                out[here] = kernel(*[a[here] for a in flat], **numbers)

            together(part, parts)
            return out.reshape(x.shape)

        return shared  # type: ignore[return-value]

    return mark


def _alike(a: Any, x: Any) -> bool:
    return a.shape == x.shape and a.dtype == x.dtype and a.flags.c_contiguous


def _submit(function: Callable[[T], R], part: T) -> Future[R] | None:
    """The part in another thread, with this one's `np.errstate`; None if there can be none."""
    try:
        return pool(os.getpid()).submit(contextvars.copy_context().run, function, part)
    except RuntimeError:  # the interpreter is about to end, or the system has no more threads
        return None
