"""Calls of kernels as one call, which several threads do together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import literal_unroll, njit

from .. import threads as workers
from . import machine, memory, team
from .calls import Part, Row, most, table


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator,unused-ignore]
def _place(memory: Any, slots: Any, *arrays: Any) -> None:
    """Write arrays' addresses into kernels' arguments: (where, which, how far into it)."""
    i = 0  # Numba unrolls no loop over an enumeration
    for a in literal_unroll(arrays):
        for k in range(slots.shape[0]):
            if slots[k, 1] == i:
                memory[slots[k, 0]] = a.ctypes.data + slots[k, 2]
        i += 1  # noqa: SIM113


class Program:
    """A stretch of a plan.

    Attributes:
        variables: the names of its arguments, in order.
        own: bytes of memory that it needs while it runs.
        calls: (row, thread, kernel and the address of its arguments).
        light: whether it is for one thread, and OpenBLAS would use no more for any product.
    """

    def __init__(self, rows: list[Row], live: Sequence[Any], kept: Sequence[Any]) -> None:
        threads = max(_reach(row) for row in rows)
        full = _with_barriers([[*row, *[None] * threads][:threads] for row in rows], threads)
        self.calls, self.memory, slots = table(full, threads)
        self.own = most(rows)
        self.variables = list(dict.fromkeys(g.variable for _, g in slots if g[0] != memory.OWN))
        names = [*self.variables, memory.OWN]
        self.slots = np.array(
            [(at, names.index(g.variable), g.offset) for at, g in slots], np.int64
        ).reshape(-1, 3)
        self.live, self.kept = list(live), list(kept)
        self.light = threads == 1 and all(part.light for row in rows for part in row if part)

    def _own(self) -> Any:
        """Memory for one call: not held, so that what comes between the calls can have it."""
        whole = np.empty(self.own + workers.LINES, np.uint8)
        return whole[-whole.ctypes.data % workers.LINES :]

    @property
    def threads(self) -> int:
        return int(self.calls.shape[1])

    def __call__(self, *arrays: Any) -> None:
        for write in self.live:
            write()
        if self.own:
            arrays = (*arrays, self._own())
        if arrays:
            _place(self.memory, self.slots, *arrays)
        if self.light:
            machine.alone(self.calls)
        else:
            team.work(self.calls)


def _reach(row: Row) -> int:
    """How many threads have something to do."""
    return max((i + 1 for i, part in enumerate(row) if part is not None), default=1)


def _with_barriers(rows: Sequence[Row], threads: int) -> list[Row]:
    """The rows, with a barrier before each that touches what another thread has touched since the
    last, where one of both writes; and one at the end."""
    if threads == 1:
        return list(rows)
    barrier: Row = [Part(machine.BARRIER, ())] * threads
    done: list[Row] = []
    since: list[tuple[int, Part]] = []
    for row in rows:
        mine = [(i, part) for i, part in enumerate(row) if part is not None]
        if any(i != k and _clash(p, q) for i, p in mine for k, q in since):
            done.append(barrier)
            since = []
        done.append(row)
        since += mine
    return [*done, barrier]


def _clash(p: Part, q: Part) -> bool:
    return (
        any(x.meets(y) for x in p.writes for y in (*q.reads, *q.writes))
        or any(x.meets(y) for x in p.reads for y in q.writes)
    )  # fmt: skip
