"""Kernels in parts, on several threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from kernel_cases import CASES

from backends.cpu import kernels, threads

NAMES = [
    "conv", "conv_transpose", "conv_weight", "gelu", "gelu_grad", "max_pool", "max_pool_grad",
    "mish", "mish_grad", "sigmoid", "silu", "silu_grad", "window_spread", "window_sum",
]  # fmt: skip
WAIT = 20.0
BLAS = threads.openblas()
needs_openblas = pytest.mark.skipif(BLAS is None, reason="NumPy's BLAS is not OpenBLAS")


@pytest.fixture
def three(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three threads, whatever the machine has, for the least of work."""
    if BLAS is not None:
        before = BLAS.get()
        BLAS.set(3)
    monkeypatch.setattr(threads, "count", lambda: 3)
    monkeypatch.setattr(threads, "LEAST", 1e-9)
    monkeypatch.setattr(threads, "ALONE", 1e-9)
    threads.pool.cache_clear()
    yield
    threads.pool(os.getpid()).shutdown()
    threads.pool.cache_clear()
    if BLAS is not None:
        BLAS.set(before)


def _equal(a: Any, b: Any, exact: bool) -> None:
    if isinstance(a, tuple):
        for x, y in zip(a, b, strict=True):
            _equal(x, y, exact)
        return
    assert a.shape == b.shape
    assert a.dtype == b.dtype
    np.testing.assert_allclose(a, b, *((0, 0) if exact else (1e-4, 1e-5)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_parts_give_what_the_whole_gives(
    name: str, dtype: str, three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exactly so but for products, which the BLAS sums in another order for another size."""
    kernel, cut, shared = getattr(kernels, name), [], threads.together

    def noted(function: Any, parts: Any) -> Any:
        cut.append(len(parts))
        return shared(function, parts)

    for args, how in CASES[name](dtype):
        with monkeypatch.context() as m:
            m.setattr(threads, "together", noted)
            got, again = kernel(*args, **how), kernel(*args, **how)
            m.setattr(threads, "split", lambda length, work, **kwargs: [slice(0, length)])
            whole = kernel(*args, **how)
        _equal(got, whole, exact=not name.startswith("conv"))
        _equal(got, again, exact=True)
    if BLAS is not None or not name.startswith("conv"):
        assert 3 in cut


def test_split_covers_the_batch_in_order(three: None) -> None:
    assert threads.split(7, 1.0) == [slice(0, 2), slice(2, 4), slice(4, 7)]
    assert threads.split(3, 1.0) == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_what_does_not_pay_stays_whole(three: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert threads.split(2, 1.0) == [slice(0, 2)]  # fewer items than threads
    assert threads.split(0, 1.0) == [slice(0, 0)]
    monkeypatch.setattr(threads, "LEAST", 100)
    assert threads.split(9, 199.0) == [slice(0, 9)]
    assert len(threads.split(9, 200.0)) == 2
    monkeypatch.setattr(threads, "MOST", 2)
    assert len(threads.split(9, 1e9)) == 2
    monkeypatch.setattr(threads, "count", lambda: 1)
    assert threads.split(9, 1e9) == [slice(0, 9)]


def test_products_stay_whole_where_the_blas_cannot_be_told(
    three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "openblas", lambda: None)
    assert threads.split(9, 1e9, products=True) == [slice(0, 9)]
    assert len(threads.split(9, 1e9)) == 3


@needs_openblas
def test_a_limit_set_at_run_time_is_kept(three: None) -> None:
    assert BLAS is not None
    BLAS.set(1)
    assert threads.split(9, 1e9, products=True) == [slice(0, 9)]
    BLAS.set(2)
    assert len(threads.split(9, 1e9)) == 2


@pytest.mark.parametrize("name", ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"])
def test_the_environment_limits_the_threads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "1")
    assert threads.count.__wrapped__() == 1


def test_parts_run_at_the_same_time_and_results_are_in_order(three: None) -> None:
    together = threading.Barrier(3)

    def part(i: int) -> tuple[int, str]:
        together.wait(WAIT)
        time.sleep(0.01 * (3 - i))
        return i, threading.current_thread().name

    found = threads.together(part, [0, 1, 2])
    assert [i for i, _ in found] == [0, 1, 2]
    assert len({name for _, name in found}) == 3


@pytest.mark.parametrize("fails", [0, 1, 2])
@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_error_is_raised_when_all_have_ended(
    fails: int, error: type[BaseException], three: None
) -> None:
    began, ended = threading.Barrier(3), []

    def part(i: int) -> None:
        began.wait(WAIT)
        if i == fails:
            raise error(str(i))
        time.sleep(0.05)
        ended.append(i)

    before = BLAS and BLAS.get()
    with pytest.raises(error, match=str(fails)):
        threads.together(part, [0, 1, 2])
    assert sorted(ended) == [i for i in range(3) if i != fails]
    assert (BLAS and BLAS.get()) == before
    assert threads.together(lambda i: -i, [1, 2, 3]) == [-1, -2, -3]  # and goes on


@needs_openblas
def test_openblas_uses_one_thread_while_parts_run(three: None) -> None:
    assert BLAS is not None
    get, one = BLAS.get, threads.one_each
    assert threads.together(lambda _: (get(), one.threads()), [0, 1, 2]) == [(1, 3)] * 3
    assert get() == 3
    with one:
        with one:
            assert (get(), one.threads()) == (1, 3)
        assert get() == 1
    assert get() == 3


@needs_openblas
def test_several_callers_at_a_time(three: None) -> None:
    """Each has the right result, and the BLAS its threads again when the last is done."""
    assert BLAS is not None
    args, how = CASES["conv"]("float32")[0]
    right, found = kernels.conv(*args, **how), []

    def calls() -> None:
        for _ in range(20):
            found.append(np.array_equal(kernels.conv(*args, **how), right))

    callers = [threading.Thread(target=calls) for _ in range(4)]
    for c in callers:
        c.start()
    for c in callers:
        c.join(WAIT)
    assert found == [True] * 80
    assert BLAS.get() == 3


def test_floating_point_errors_are_handled_as_the_caller_says(three: None) -> None:
    def part(i: int) -> np.ndarray:
        return np.ones(3) / np.full(3, 0.0 if i == 2 else 1.0)

    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        threads.together(part, [0, 1, 2])
    with np.errstate(divide="ignore"):
        assert threads.together(part, [0, 1, 2])[2][0] == np.inf


def test_without_threads_the_caller_does_it_all(
    three: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(process: int) -> Any:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "pool", full)
    here = threading.get_ident()
    assert threads.together(lambda i: (i, threading.get_ident()), [0, 1]) == [(0, here), (1, here)]
    monkeypatch.undo()


IDLE = """
import os, pathlib, threading, time
import numpy as np
from backends.cpu import threads

threads.count = lambda: 2
blas = threads.openblas()
blas.set(2)
done = threads.rest_when_idle()
a = np.ones((512, 512), "float32")
def others():
    tasks = pathlib.Path("/proc/self/task").iterdir()
    states = {t.name: (t / "stat").read_text().rpartition(")")[2].split()[0] for t in tasks}
    return [s for t, s in states.items() if t != str(os.getpid())]
assert (a @ a == 512).all()
until = time.monotonic() + 20
while others() != ["S"] and time.monotonic() < until:  # it sleeps sooner or later
    time.sleep(0.001)
print(done, blas.get(), *others())
"""


@needs_openblas
@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="it looks at Linux's tasks")
@pytest.mark.parametrize("given", [None, "30"])
def test_openblas_goes_on_with_threads_that_sleep_when_idle(given: str | None) -> None:
    """How soon they do is the user's choice, if there is one."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "OMP_"))}
    if given is not None:
        env["OPENBLAS_THREAD_TIMEOUT"] = given  # about a third of a second
    run = [sys.executable, "-c", IDLE]
    out = subprocess.run(run, env=env, timeout=60, check=True, capture_output=True, text=True)
    assert out.stdout.split() == [str(given is None), "2", "S"]


FORKED = """
import os, sys, threading
import numpy as np
from backends.cpu import kernels, threads

threads.count, threads.LEAST = lambda: 2, 1e-9
x, w = np.ones((8, 2, 9, 9), "float32"), np.ones((3, 2, 3, 3), "float32")
conv = lambda: kernels.conv(x, w, None, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
right, one = conv(), threads.one_each
one.__enter__()  # as another thread, which the new process has not
one.lock.acquire()
child = os.fork()
if child == 0:
    blas = threads.openblas()
    good = np.array_equal(conv(), right) and (blas is None or blas.get() == one.before)
    os._exit(0 if good else 3)
one.lock.release()
one.__exit__()
assert np.array_equal(conv(), right)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own() -> None:
    run = [sys.executable, "-W", "ignore", "-c", FORKED]
    assert subprocess.run(run, timeout=60, check=False).returncode == 0
