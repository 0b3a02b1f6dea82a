"""Calls of kernels, and tables of them that `machine` can follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from . import machine
from .memory import OWN, Region


class Part(NamedTuple):
    """One call of a kernel.

    Attributes:
        kernel: its address.
        words: its arguments.
        light: whether it is no product that OpenBLAS would share.
    """

    kernel: int
    words: tuple[Any, ...]
    reads: tuple[Region, ...] = ()
    writes: tuple[Region, ...] = ()
    light: bool = True

    @property
    def own(self) -> int:
        """How much memory of the program's own it knows of, in bytes."""
        return max((r.stop for r in self.writes if r.kind == OWN), default=0)


Row = list[Part | None]
"""What each thread does."""


def table(rows: list[Row], threads: int) -> tuple[Any, Any, list[tuple[int, Any]]]:
    """Rows as a program: (its kernels and where their arguments are, these, which of the arguments
    are addresses within variables)."""
    words: list[int] = []
    slots: list[tuple[int, Any]] = []
    made = np.zeros((len(rows), threads, 2), np.int64)
    for i, row in enumerate(rows):
        for thread, part in enumerate(row):
            if part is None:
                continue
            made[i, thread] = part.kernel, len(words)
            for word in part.words:
                if not isinstance(word, int):
                    slots.append((len(words), word))
                    word = 0
                words.append(word)
    memory = np.array(words or [0], np.int64)
    calls = made[:, :, 0] > machine.BARRIER
    made[:, :, 1] = np.where(calls, memory.ctypes.data + 8 * made[:, :, 1], 0)
    return made, memory, slots


def run(rows: list[Row]) -> None:
    """Do rows at once, one part after another."""
    program, memory, slots = table(rows, max(map(len, rows)))
    own = np.empty(most(rows), np.uint8)
    for at, given in slots:
        memory[at] = own.ctypes.data + given.offset
    machine.alone(program)
    del memory, own  # not earlier


def most(rows: Sequence[Row]) -> int:
    """How much memory of their own rows need, in bytes."""
    return max((part.own for row in rows for part in row if part), default=0)
