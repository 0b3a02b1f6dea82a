"""Places in one block of memory for buffers, by the time they are needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .operands import Buffer, Planned, Step, Variable, operands

ALIGN = 64
"""Bytes: a cache line, and NumPy's widest vector."""


def lifetimes(steps: Sequence[Step | Any]) -> list[Buffer]:
    """The buffers in use, with the numbers of their first and last steps."""
    found: dict[Buffer, None] = {}
    for i, step in enumerate(steps):
        if not isinstance(step, Step):
            continue
        for buffer in step.touches():
            buffer = buffer.find()
            if buffer not in found:
                found[buffer], buffer.first = None, i
            buffer.last = i
    return list(found)


def merge(steps: Sequence[Step | Any]) -> None:
    """Let elementwise steps write over an operand that nobody needs afterwards."""
    for i, step in enumerate(steps):
        if not isinstance(step, Step) or step.out is None:
            continue
        out = step.out
        mine = out.buffer.find()
        if mine.first != i:
            continue
        for o in operands(step.args):
            if (
                isinstance(o, Planned)
                and o is not out
                and o.buffer.find() is not mine
                and o.buffer.find().last == i
                and (o.shape, o.strides, o.dtype) == (out.shape, out.strides, out.dtype)
            ):
                other = o.buffer.find()
                mine.into = other
                other.last = max(other.last, mine.last)
                break


def place(buffers: Sequence[Buffer]) -> int:
    """Give every buffer its place; the size of the block that holds them all.

    Which buffer is placed first decides how well the others fit around it, and no one order is the
    best for all: of a few, the one with the smallest block is taken.
    """
    orders: list[Callable[[Buffer], Any]] = [
        lambda b: (-b.size, b.first),
        lambda b: (b.first - b.last, -b.size),
        lambda b: (b.first, -b.size),
        lambda b: (-b.size * (b.last - b.first + 1), b.first),
    ]
    sizes = [_place(sorted(buffers, key=order)) for order in orders]
    best = sizes.index(min(sizes))
    return _place(sorted(buffers, key=orders[best]))


def _place(buffers: Sequence[Buffer]) -> int:
    """Each buffer, in this order, at the lowest place that is free while it lives."""
    taken: list[Buffer] = []
    total = 0
    for buffer in buffers:
        start = 0
        near = sorted(
            (b for b in taken if b.first <= buffer.last and buffer.first <= b.last),
            key=lambda b: b.place,
        )
        for other in near:
            if start + buffer.size <= other.place:
                break
            start = max(start, _aligned(other.place + other.size))
        buffer.place = start
        taken.append(buffer)
        total = max(total, start + buffer.size)
    return total


def _aligned(n: int) -> int:
    return -(-n // ALIGN) * ALIGN


LARGE = 1 << 15
"""Bytes from which a buffer is worth memory of its own."""


def allocate(
    steps: Sequence[Step | Any], planned: Sequence[Planned]
) -> tuple[int, dict[Buffer, Planned]]:
    """Plan the memory of all steps: the size of the block, and the buffers that are not in it.

    The block is held all the time. Where functions of others' making return much, their memory
    comes beside it, though part of the block lies idle meanwhile. So if less is needed that way,
    large buffers get memory when they are first written, and give it back after their last use.
    """
    lives = [(b.first, b.last, b.size) for b in lifetimes(steps)]
    merge(steps)
    used = lifetimes(steps)
    owners = {o.buffer.find(): o for o in planned if o.ordered and o.buffer.size >= LARGE}
    loose = {b: owners[b] for b in used if b in owners}
    beside = _returned(steps)
    fixed = [b for b in used if b not in loose]
    whole, rest = place(used), place(fixed)
    written = _most([*beside, *lives])  # what the step takes as it is written, by and large
    if whole + _most(beside) <= written + ALIGN * (len(used) + len(beside)):
        loose, rest = {}, place(used)
    block = np.empty(rest + ALIGN, np.uint8)
    start = -block.ctypes.data % ALIGN
    block = block[start : start + rest]
    for operand in planned:
        operand.block = block
    return rest, loose


def _returned(steps: Sequence[Step | Any]) -> list[tuple[int, int, int]]:
    """(the step that returns it, the last that touches it, bytes) of each array in a variable, and
    of memory that a step needs meanwhile."""
    found: dict[str, tuple[int, int, int]] = {}
    for i, step in enumerate(steps):
        if not isinstance(step, Step):
            continue
        if scratch := getattr(step.function, "scratch", 0):
            found[f"{i}"] = (i, i, scratch)
        for v in step.results:
            if v is not None and v.like is not None and not v.buffers:
                shape, dtype, _ = v.like
                found[v.name] = (i, i, math.prod(shape) * dtype.itemsize)
        for o in operands((step.args, step.kwargs)):
            if isinstance(o, Variable) and o.name in found:
                first, _, size = found[o.name]
                found[o.name] = (first, i, size)
    return list(found.values())


def _most(lives: Sequence[tuple[int, int, int]]) -> int:
    """The most bytes at any step."""
    changes: dict[int, int] = {}
    for first, last, size in lives:
        changes[first] = changes.get(first, 0) + size
        changes[last + 1] = changes.get(last + 1, 0) - size
    now = most = 0
    for i in sorted(changes):
        now += changes[i]
        most = max(most, now)
    return most


def static(x: Any) -> bool:
    """Whether all operands among nested arguments are."""
    return all(o.static for o in operands(x))
