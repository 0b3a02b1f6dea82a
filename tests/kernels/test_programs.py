"""What programs are made of: memory, products in parts, barriers, and the threads."""

from __future__ import annotations

import itertools
import os
import threading
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.cpu.compiled import available

pytestmark = pytest.mark.skipif(not available(), reason="needs Numba")

if available():
    from backends.cpu.plan.operands import Held
    from backends.cpu.programs import (
        calls,
        kernels,
        machine,
        memory,
        products,
        program,
        team,
        updates,
    )

    if not kernels.available():
        pytest.skip("NumPy's BLAS has no CBLAS that can be called", allow_module_level=True)


def bits(a: Any) -> Any:
    a = np.ascontiguousarray(a)
    return a.view(f"u{a.itemsize}")


def as_matrix(a: np.ndarray) -> Any:
    found = memory.matrix(Held(a), {})
    assert found is not None
    return found


# ------------------------------------------------------------------------------- memory


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_regions_meet_where_they_share_bytes(data: Any) -> None:
    """Against the elements themselves: never missed; told apart where columns or rows are."""
    whole = np.zeros(400, np.float32)
    numbers = np.arange(400)

    def some() -> Any:
        rows, columns = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
        pitch = data.draw(st.integers(columns, 8))
        start = data.draw(st.integers(0, 40))
        shape = np.lib.stride_tricks.as_strided
        a = shape(whole[start:], (rows, columns), (4 * pitch, 4))
        of = shape(numbers[start:], (rows, columns), (8 * pitch, 8))
        if data.draw(st.booleans()):
            a, of, rows, columns = a.T, of.T, columns, rows
        r0, c0 = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
        r1, c1 = data.draw(st.integers(r0 + 1, rows)), data.draw(st.integers(c0 + 1, columns))
        m = as_matrix(a)
        assert m.at(r0, c0) == a[r0:, c0:].ctypes.data
        return m.region((r0, r1), (c0, c1)), set(of[r0:r1, c0:c1].ravel().tolist())

    (one, mine), (other, its) = some(), some()
    assert one.meets(other) == other.meets(one)
    if mine & its:
        assert one.meets(other)
    if max(mine) < min(its):
        assert not one.meets(other)


def test_parts_of_one_matrix_are_apart() -> None:
    m = as_matrix(np.zeros((96, 112), np.float32))
    for split in (("rows", 3), ("columns", 3)):
        shares = memory.shares(96, 112, split)
        regions = [m.region(r, c) for r, c in shares]
        assert not any(a.meets(b) for a in regions for b in regions if a is not b)
        again = [m.T.region(c, r) for r, c in shares]
        assert [a.meets(b) for a in regions for b in again] == [
            i == k for i in range(3) for k in range(3)
        ]


def test_an_argument_may_be_what_somebody_holds() -> None:
    given = memory.Matrix("x0", 0, 4, 4, 4, 1, np.dtype("float32")).region()
    held = as_matrix(np.zeros((4, 4), np.float32)).region()
    planned = held._replace(kind="planned")
    other = given._replace(kind="x1")
    assert given.meets(held)
    assert not given.meets(planned)
    assert not given.meets(other)
    assert not held.meets(planned)


@pytest.mark.parametrize("n", [1, 15, 16, 17, 100, 784])
@pytest.mark.parametrize("parts", [1, 2, 3, 8])
def test_bounds_cover_everything_once(n: int, parts: int) -> None:
    found = memory.bounds(n, parts)
    assert len(found) == parts
    assert [i for a, b in found for i in range(a, b)] == list(range(n))
    assert all(a % 16 == 0 for a, b in found if a < b)


# ----------------------------------------------------------------------------- products


def layouts(rng: Any, rows: int, columns: int, dtype: str) -> list[np.ndarray]:
    """A matrix of these numbers, in memory in three ways."""
    a = rng.standard_normal((rows, columns)).astype(dtype)
    wide = np.zeros((rows, columns + 3), dtype)
    wide[:, :columns] = a
    return [a, np.asfortranarray(a), wide[:, :columns]]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("m", "k", "n"),
    [(1, 1, 1), (1, 5, 1), (1, 7, 40), (40, 7, 1), (6, 1, 9), (3, 4, 5), (64, 100, 96),
     (130, 784, 70), (33, 2000, 65)],
)  # fmt: skip
def test_products_in_parts_have_the_bits_of_the_whole(m: int, k: int, n: int, dtype: str) -> None:
    rng = np.random.default_rng(m * k * n)
    done = 0
    for a in layouts(rng, m, k, dtype):
        for b in layouts(rng, k, n, dtype):
            product = products.Product(*map(as_matrix, (a, b, np.empty((m, n), dtype))))
            for split in (memory.WHOLE, ("rows", 2), ("columns", 3)):
                way = products.agreeing(product, split, np.dot, calls.run)
                if way is None:
                    assert split != memory.WHOLE  # what NumPy itself does is always found
                    continue
                out = np.full((m, n), np.nan, dtype)
                here = products.Product(product.a, product.b, as_matrix(out))
                with team.one_each:
                    calls.run(here.rows(split, way))
                np.testing.assert_array_equal(bits(out), bits(np.dot(a, b)))
                done += 1
    assert done >= 9


def test_a_product_that_does_not_agree_is_not_taken() -> None:
    a, b, out = (np.ones((64, 64), np.float32) for _ in range(3))
    product = products.Product(*map(as_matrix, (a, b, out)))

    def other(x: Any, y: Any, out: Any) -> None:
        np.dot(x, y, out)
        out[3, 5] = np.nextafter(out[3, 5], np.float32(9))

    assert products.agreeing(product, ("columns", 2), other, calls.run) is None


def test_a_long_sum_is_cut_as_openblas_cuts_it() -> None:
    cut = [b - a for a, b in products._stretches(784, 448)]
    assert cut == [392, 392]
    assert [b - a for a, b in products._stretches(1000, 448)] == [448, 276, 276]
    assert list(products._stretches(300, 448)) == [(0, 300)]
    assert list(products._stretches(300, 0)) == [(0, 300)]


# ------------------------------------------------------------------------ optimizers' parts


def test_gradients_are_updated_by_whoever_computed_them() -> None:
    grads = np.zeros(1000, np.float32)
    w = updates.Written(as_matrix(grads[100 : 100 + 640].reshape(20, 32)), ("rows", 2))
    b = updates.Written(as_matrix(grads[752:768]), ("columns", 1))
    found = updates.pieces(as_matrix(grads), [w, b], 2)
    assert [(p.first, p.rows, p.columns, p.split) for p in found] == [
        (0, 1, 100, ("columns", 1)), (100, 20, 32, ("rows", 2)), (740, 1, 12, ("columns", 1)),
        (752, 1, 16, ("columns", 1)), (768, 1, 232, ("columns", 1)),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9), st.integers(1, 12)), max_size=6))
@settings(deadline=None, max_examples=200)
def test_pieces_cover_every_number_once(places: list[tuple[int, int, int]]) -> None:
    grads = np.zeros(200, np.float32)
    written = [
        updates.Written(as_matrix(grads[a : a + r * c].reshape(r, c)), ("columns", 2))
        for a, r, c in places
    ]
    seen = np.zeros(200, int)
    for first, rows, columns, _ in updates.pieces(as_matrix(grads), written, 2):
        seen[first : first + rows * columns] += 1
    assert (seen == 1).all()


# ------------------------------------------------------------------------------ barriers


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 4), st.booleans()),
                         min_size=3, max_size=3), max_size=12))  # fmt: skip
@settings(deadline=None, max_examples=300)
def test_between_barriers_no_thread_touches_what_another_writes(steps: Any) -> None:
    """Against sets of elements, for three threads that each read or write a stretch."""
    rows = []
    for step in steps:
        row = []
        for start, length, writes in step:
            region = memory.Region("held", 0, 4 * start, 4 * (start + length), 64, 0, 64)
            row.append(calls.Part(99, (), () if writes else (region,), (region,) if writes else ()))
        rows.append(row)
    # a step whose own parts clash would be wrong to begin with
    apart = itertools.combinations
    rows = [r for r in rows if not any(program._clash(p, q) for p, q in apart(r, 2))]
    full = program._with_barriers(rows, 3)
    assert [r for r in full if r[0].kernel != machine.BARRIER] == rows
    assert full[-1][0].kernel == machine.BARRIER
    since: list[tuple[int, set[int], bool]] = []
    for row in full:
        if row[0].kernel == machine.BARRIER:
            since = []
            continue
        for thread, part in enumerate(row):
            for region, writes in [(r, False) for r in part.reads] + [
                (r, True) for r in part.writes
            ]:
                mine = set(range(region.start, region.stop))
                for other, its, wrote in since:
                    if other != thread and (writes or wrote):
                        assert not mine & its
        for thread, part in enumerate(row):
            since += [(thread, set(range(r.start, r.stop)), False) for r in part.reads]
            since += [(thread, set(range(r.start, r.stop)), True) for r in part.writes]


# ------------------------------------------------------------------------------ the team


class Counter:
    """A program of three threads that add to numbers, each what the one before it had made."""

    def __init__(self, rounds: int = 40) -> None:
        rows: list[Any] = []
        self.one, start = np.ones((1, 1)), np.ones((1, 4))
        self.kept = [start]
        one, before = as_matrix(self.one), as_matrix(start)
        for i in range(rounds):
            out = np.zeros((1, 4))
            self.kept.append(out)
            m = as_matrix(out)
            (row,) = products.Product(one, before, m).rows(memory.WHOLE, ("outer", 0))
            rows.append([None] * (i % 3) + row)
            before = m
        self.last = self.kept[-1]
        self.program = program.Program(rows, [], [])
        assert self.program.threads == 3

    def check(self) -> None:
        for a in self.kept[1:]:
            a[...] = 0
        team.team(os.getpid(), 3).work(self.program.calls)
        np.testing.assert_array_equal(self.last, np.ones((1, 4)))


def test_threads_wait_for_one_another() -> None:
    counter = Counter()
    for _ in range(50):
        counter.check()


def test_threads_that_sleep_are_woken() -> None:
    counter = Counter()
    counter.check()
    words = team.team(os.getpid(), 3).words
    flags = words[machine.ASLEEP + machine.LINE :: machine.LINE][:2]
    for _ in range(3):
        end = time.monotonic() + 60
        while not flags.all() and time.monotonic() < end:
            time.sleep(0.01)
        assert flags.all(), "they look for work for ever"
        counter.check()


def test_a_busy_team_leaves_the_program_to_who_asks() -> None:
    counter = Counter()
    busy = team.team(os.getpid(), 3)
    with busy.lock:
        before = int(busy.words[machine.TICKET])
        counter.check()
        assert busy.words[machine.TICKET] == before
    counter.check()
    assert busy.words[machine.TICKET] == before + 1


def test_several_threads_of_the_users() -> None:
    counters = [Counter() for _ in range(4)]
    errors: list[BaseException] = []

    def run(counter: Counter) -> None:
        try:
            for _ in range(30):
                counter.check()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(c,)) for c in counters]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors


def test_an_interrupt_before_threads_were_woken_leaves_the_team_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counter = Counter()
    counter.check()
    mine = team.team(os.getpid(), 3)
    end = time.monotonic() + 60
    while not mine.words[machine.ASLEEP + machine.LINE] and time.monotonic() < end:
        time.sleep(0.01)
    work = machine.work

    def interrupted(*args: Any) -> int:
        work(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(machine, "work", interrupted)
    with pytest.raises(KeyboardInterrupt):
        counter.check()
    monkeypatch.undo()
    np.testing.assert_array_equal(counter.last, np.ones((1, 4)))  # and it was done
    assert not mine.lock.locked()
    counter.check()


def test_a_team_that_is_dissolved() -> None:
    mine = team.Team(2)
    rows = np.full((1, 2, 2), machine.BARRIER)
    mine.work(rows)
    mine.close()
    for t in mine.others:
        t.join(30)
        assert not t.is_alive()
    mine.work(rows)  # alone


def test_a_fork_leaves_its_parents_team_alone() -> None:
    """Its lock may have been taken by a thread that the fork has not."""
    mine = team.Team(2)
    mine.process += 1
    with mine.lock:
        mine.close()
    assert not mine.closed
    mine.process -= 1
    mine.close()


def test_where_the_system_has_no_more_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", none)
    alone = team.Team(2)
    assert alone.closed
    alone.work(np.full((1, 2, 2), machine.BARRIER))
