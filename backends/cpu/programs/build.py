"""From the steps of a plan to programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..plan.lower import transposed
from ..plan.operands import Buffer, Held, Operand, Planned, Step, Variable, operands
from . import kernels, memory, team
from .calls import Row, most
from .forms import Maker, fits, prepare, written
from .program import Program

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
        if _is_view(step) and not any(step.args[0].name in _made(x) for x in late):
            done.append(step)
        elif fits(step):
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


def _made(step: Step) -> set[str]:
    """The variables that a step makes."""
    return {r.name for r in step.results if r is not None}


def _spoils(step: Step, late: Step) -> bool:
    """Whether a step writes what one that is put off has yet to read, or waits for it."""
    made = _made(late)
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


def warm(steps: Sequence[Any]) -> None:
    """Compile what programs for these steps need, where it is not yet."""
    if not kernels.available():
        return
    for step in steps:
        if isinstance(step, Step):
            prepare(step)
    team.warm(team.hands())


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
    maker = Maker(team.hands(), views, known)
    done: list[Any] = list(steps)
    run: list[tuple[int, list[Row]]] = []
    limit = max([_live(loose, i, i) for i in range(len(steps))], default=0)
    for i, step in enumerate([*steps, None]):
        if _is_view(step):
            continue  # of what is there before the program, which looks at it by itself
        rows = maker.rows(step) if fits(step) else None
        if rows is not None:
            size = max(most(r) for _, r in [*run, (i, rows)])
            if run and _live(loose, run[0][0], i) + size > max(limit, most(rows)):
                _close(run, maker, done, known)
                run = []
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


def _live(loose: Mapping[Buffer, Any], first: int, last: int) -> int:
    """Bytes of memory that comes and goes, as long as these steps are one."""
    return sum(b.size for b in loose if b.first <= last and b.last >= first)


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
