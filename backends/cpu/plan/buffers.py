"""Places in one block of memory for buffers, by the time they are needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .operands import Buffer, Operand, Planned, Step, operands

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
    """Give every buffer its place; the size of the block that holds them all."""
    taken: list[Buffer] = []
    total = 0
    for buffer in sorted(buffers, key=lambda b: (-b.size, b.first)):
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


def allocate(steps: Sequence[Step | Any], planned: Sequence[Planned]) -> int:
    """Plan the memory of all steps and hand it out; its size in bytes."""
    lifetimes(steps)
    merge(steps)
    used = lifetimes(steps)
    size = place(used)
    block = np.empty(size + ALIGN, np.uint8)
    start = -block.ctypes.data % ALIGN
    block = block[start : start + size]
    for operand in planned:
        operand.block = block
    return size


def static(x: Any) -> bool:
    """Whether all operands among nested arguments are."""
    return all(o.static for o in operands(x))


__all__ = ["Operand", "allocate", "static"]
