"""From the steps of a plan to programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numba import literal_unroll, njit

from .. import threads as workers
from ..plan.lower import transposed
from ..plan.operands import Buffer, Held, Operand, Planned, Step, Variable, operands
from . import kernels, machine, memory, team
from .calls import Part, Row, most, table
from .forms import Maker, fits, prepare, written

LEAST = 3
"""Steps that make a program worth its call, if none of them is a large product."""
SMALL = 1 << 16
"""Bytes that a step may read which is put off."""


def gathered(steps: Sequence[Any], inputs: Sequence[Variable]) -> list[Any]:
    """The steps in an order in which more of what programs can do stands together: views of
    arguments come first, and what only makes results that nobody waits for comes later."""
    if not kernels.available():
        return list(steps)
    names = {v.name for v in inputs}
    first = [s for s in steps if _is_view(s) and s.args[0].name in names]
    done: list[Any] = []
    late: list[Step] = []
    for step in steps:
        if step in first:
            continue
        if fits(step):
            if any(_spoils(step, x) for x in late):
                done += late
                late = []
            done.append(step)
        elif _can_wait(step):
            late.append(step)
        else:
            done += [*late, step]
            late = []
    return [*first, *done, *late]


def _is_view(step: Any) -> bool:
    """Whether it looks at a variable in another way."""
    return (
        isinstance(step, Step) and step.function in (transposed, np.reshape)
        and len(step.results) == 1 and isinstance(step.args[0], Variable)
    )  # fmt: skip


def _can_wait(step: Any) -> bool:
    """Whether it does nothing but make new arrays from little memory that the plan knows."""
    if not isinstance(step, Step) or not step.pure:
        return False
    size = 0
    for o in operands((step.args, step.kwargs)):
        if isinstance(o, Variable):
            if o.like is None or o.buffers:
                return False
        elif not isinstance(o, (Planned, Held)):
            return False
        else:
            size += o.buffer.size if isinstance(o, Planned) else o.array().nbytes
    return size <= SMALL


def _spoils(step: Step, late: Step) -> bool:
    """Whether a step writes what one that is put off has yet to read, or waits for it."""
    made = {r.name for r in late.results if r is not None}
    if any(isinstance(o, Variable) and o.name in made for o in operands(step.args)):
        return True
    for o in operands((late.args, late.kwargs)):
        for m in written(step):
            if isinstance(o, Variable) and not o.fresh and not m.buffers:
                return True  # it may be what somebody holds
            if o.buffers & m.buffers:
                return True
            held = not (o.buffers or m.buffers) and o.static and m.static
            if held and np.may_share_memory(o.array(), m.array()):
                return True
    return False


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


def hands() -> int:
    """How many threads a program may be for."""
    return min(workers.count(), workers.one_each.threads() or 1, workers.MOST)


def warm(steps: Sequence[Any]) -> None:
    """Compile what programs for these steps need, where it is not yet."""
    if not kernels.available():
        return
    for step in steps:
        if fits(step):
            prepare(step)
    team.warm(hands())


def programs(
    steps: Sequence[Any], outputs: Sequence[Operand], loose: Mapping[Buffer, Planned]
) -> list[Any]:
    """The steps with programs in the place of stretches that programs can do; None in the place
    of what is no step any more, for steps keep their numbers.

    Args:
        loose: memory that comes and goes.
    """
    if not kernels.available():
        return list(steps)
    views = {s.results[0].name: s for s in steps if _is_view(s)}
    known = {b: memory.loose(f"m{i}", of) for i, (b, of) in enumerate(loose.items())}
    maker = Maker(hands(), views, known)
    done: list[Any] = list(steps)
    run: list[tuple[int, list[Row]]] = []
    for i, step in enumerate([*steps, None]):
        rows = None
        if fits(step):
            rows = maker.rows(step)
        if rows is not None:
            run.append((i, rows))
        elif run:
            _close(run, maker, done, known)
            run = []
    read = [*outputs, *[s.args for s in done if isinstance(s, Step)],
            *[s.kwargs for s in done if isinstance(s, Step)]]  # fmt: skip
    used = {o.name for o in operands(read) if isinstance(o, Variable)}
    for i, step in enumerate(done):
        if _is_view(step) and step.results[0].name not in used:
            done[i] = None
    return done


def _close(
    run: list[tuple[int, list[Row]]], maker: Maker, done: list[Any], loose: Mapping[Buffer, Any]
) -> None:
    """Put a program in the place of a run of steps, if that is worth it."""
    live, maker.live = maker.live, []
    light = all(part.light for _, rows in run for row in rows for part in row if part)
    if len(run) < LEAST and light:
        return
    kept = [*maker.kept, *[done[i] for i, _ in run]]
    program = Program([row for _, rows in run for row in rows], live, kept)
    for i, _ in run:
        for buffer in done[i].touches():
            if buffer.find() in loose:  # it must be there when the program begins
                buffer.find().first = min(buffer.find().first, run[0][0])
        done[i] = None
    done[run[0][0]] = Step(program, tuple(Variable(name) for name in program.variables))
