"""Neighbouring elementwise steps of a plan as one compiled loop.

`matmul, add, maximum, matmul` becomes `matmul, loop, matmul`: what lies between the ends of a
chain never reaches memory. The loop does for every element what NumPy's functions would, in their
order, so the bits are the same; `agrees` makes sure of it, on numbers that are easy to get wrong,
before a loop is used.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from ..plan.lower import clipped
from ..plan.operands import Derived, Operand, Planned, Step
from . import ufuncs
from .formulas import Formula
from .lines import CALLED, EXACT, Lines, Term
from .loops import Chain, Loop, as_rows, shaped
from .trials import agrees, given


def fuse(steps: Sequence[Any], outputs: Sequence[Operand], least: int = 2) -> list[Any]:
    """The steps with each chain of so many or more as one call of a compiled loop."""
    needed = _needed_after(steps, outputs)
    done: list[Any] = []
    i = 0
    while i < len(steps):
        n = _length(steps, i)
        made = _fused(steps, i, n, needed) if n >= least else None
        if made is None:
            done.append(steps[i])
            i += 1
        else:
            done += made
            i += n
    return done


def _length(steps: Sequence[Any], start: int) -> int:
    """How many steps from here on are elementwise over one shape."""
    first = _out(steps[start])
    if first is None:
        return 0
    written = set(first.buffers)
    n = 1
    while start + n < len(steps):
        step = steps[start + n]
        out = _out(step)
        if out is None or out.shape != first.shape:
            break
        if any(isinstance(a, Derived) and a.buffers & written for a in given(step)):
            break  # a view of what the loop would not have written yet
        written |= out.buffers
        n += 1
    return n


def _out(step: Any) -> Planned | None:
    """What an elementwise step that a loop can do writes; None for any other step."""
    if not isinstance(step, Step) or step.out is None or not step.out.ordered:
        return None
    function = step.function
    if not (function in EXACT or function in CALLED or function is clipped
            or isinstance(function, Formula)):  # fmt: skip
        return None
    kind = step.out.dtype
    if kind not in (np.float32, np.float64, np.bool_):
        return None
    if not step.out.shape or not math.prod(step.out.shape):
        return None
    return step.out


def _needed_after(steps: Sequence[Any], outputs: Sequence[Operand]) -> dict[Any, int]:
    """The last step that touches each buffer."""
    last: dict[Any, int] = {}
    for i, step in enumerate(steps):
        if isinstance(step, Step):
            for buffer in step.touches():
                last[buffer] = i
    for o in outputs:
        for buffer in o.buffers:
            last[buffer] = len(steps)
    return last


_CHOICES = frozenset({np.maximum, np.minimum})


def _fused(
    steps: Sequence[Any], start: int, n: int, needed: dict[Any, int]
) -> list[Step] | None:  # fmt: skip
    """A loop for these steps, and views that it needs; None where there is no such loop."""
    chosen = steps[start : start + n]
    kept = {id(s.out): s.out for s in chosen if needed[s.out.buffer] >= start + n}
    own = {r for s in chosen if (r := getattr(s.function, "rows", None)) is not None}
    if len(own) > 1:
        return None
    rows = own.pop() if own else as_rows(chosen[0].out.shape)
    for once in (True, False):
        loop = _loop(chosen, kept.values(), rows, once)
        if loop is None:
            return None
        chain = Chain(loop, rows, frozenset(loop.arrays.index(o) for o in kept.values()))
        if agrees(chain, loop, chosen, list(kept.values()), rows):
            views: list[Step] = []
            args = [shaped(a, f, rows, views) for a, f in zip(loop.arrays, loop.forms, strict=True)]
            return [*views, Step(chain, tuple(args))]
        if not loop.lines.sums:
            return None
    return None


def _loop(
    chosen: Sequence[Any], kept: Collection[Planned], rows: tuple[int, int], once: bool
) -> Loop | None:
    """The loop that writes what is kept of these steps' results."""
    kinds = {s.out.dtype for s in chosen} - {np.dtype(bool)}
    if len(kinds) != 1:
        return None
    loop = Loop(chosen[0].out.shape, rows, kinds.pop(), once)
    for step in chosen:
        terms = [loop.read(a) for a in given(step)]
        if any(t is None for t in terms):
            return None
        term = _term(loop.lines, step.function, terms)
        if term is None or term.truth != (step.out.dtype == np.bool_):
            return None
        loop.known[id(step.out)] = term
    if any(ufuncs.loop(f.__name__, loop.kind.name) is None for f in loop.lines.called):
        return None
    for o in kept:
        loop.write(o)
    return None if loop.overlaps(kept) else loop


def _term(lines: Lines, function: Any, terms: Sequence[Any]) -> Term | None:
    """What a step makes of an element, or None."""
    if isinstance(function, Formula):
        return function.term(*terms)
    if function is clipped:
        x, low, high = terms
        return x.clip(low, high) if (low, high) == (0, math.inf) else None
    if function in _CHOICES and all(isinstance(t, Term) for t in terms):
        return None  # of zeros of both signs NumPy takes the one or the other
    return lines.add(function, *terms)
