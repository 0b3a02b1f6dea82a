"""Threads that wait for programs, and work on each together.

They look for the next program for a while before they sleep: a training step asks for several in
a millisecond, and the system takes a twentieth of that to wake a thread.
"""

from __future__ import annotations

import atexit
import ctypes
import os
import threading
from functools import cache
from typing import Any

import numpy as np

from ..threads import MOST, count, one_each, rest_when_idle
from . import machine

PATIENCE = 1 << 13
"""How often an idle thread looks for work before it sleeps: a quarter of a millisecond, which is
more than Python takes between two programs, and not so long that other work misses the core."""


@cache
def yielding() -> int:
    """The address of the system's function that lets other threads run; 0 where there is none."""
    try:
        function = ctypes.CDLL(None).sched_yield
    except (OSError, TypeError, AttributeError):  # Windows
        return 0
    return ctypes.cast(function, ctypes.c_void_p).value or 0


class Team:
    """So many threads, the caller's among them, for one program at a time."""

    def __init__(self, threads: int) -> None:
        self.threads, self.lock, self.process = threads, threading.Lock(), os.getpid()
        memory = np.zeros((machine.ASLEEP // machine.LINE + threads + 1) * machine.LINE, np.int64)
        start = -memory.ctypes.data % (8 * machine.LINE) // 8
        self.words = memory[start : start + (len(memory) // machine.LINE - 1) * machine.LINE]
        self.bells = [threading.Semaphore(0) for _ in range(threads)]
        self.closed = False
        machine.dissolve(self.words)
        self._serve(0)  # compiled here, where an error is seen
        self.words[machine.TICKET] = 0
        self.others: list[threading.Thread] = []
        try:
            for i in range(1, threads):
                thread = threading.Thread(
                    target=self._serve, args=(i,), name="backprop-program", daemon=True
                )
                thread.start()
                self.others.append(thread)
        except RuntimeError:  # the system has no more threads
            self.close()

    def _serve(self, i: int) -> None:
        seen, bell, how = 0, self.bells[i], yielding()
        while (seen := machine.serve(self.words, i, self.threads, seen, PATIENCE, how)) >= 0:
            bell.acquire()

    def work(self, program: Any) -> None:
        """Do a program for so many threads. If they are busy with another thread's, or will work
        no more, this thread does all of it."""
        if self.closed or not self.lock.acquire(blocking=False):
            machine.alone(program)
            return
        try:
            machine.work(self.words, program, yielding())
        finally:  # an interrupt may come before we know that some had to be woken
            if self.words[machine.ORDERED]:
                self._woken(program)
            self.lock.release()

    def _woken(self, program: Any) -> None:
        """Do a program of which nothing has been done, for threads were asleep."""
        for i in range(1, self.threads):
            flag = machine.ASLEEP + machine.LINE * i + 1
            if self.words[flag]:
                self.words[flag] = 0
                self.bells[i].release()
        self.words[machine.ORDERED] = 0
        machine.follow(self.words.ctypes.data, program, 0, self.threads, yielding())

    def close(self) -> None:
        """Let the threads end. In a fork there are none, and nobody to open the lock."""
        if os.getpid() != self.process:
            return
        with self.lock:
            self.closed = True
            machine.dissolve(self.words)
            for bell in self.bells:
                bell.release()


@cache
def team(process: int, threads: int) -> Team:
    """The team of a process: a fork has none of its parent's threads."""
    rest_when_idle()
    made = Team(threads)
    atexit.register(made.close)
    return made


def work(program: Any) -> None:
    """Do a program, by as many threads as it is for; OpenBLAS uses one for each product."""
    with one_each:
        if program.shape[1] == 1:
            machine.alone(program)
        else:
            team(os.getpid(), program.shape[1]).work(program)


def hands() -> int:
    """How many threads a program may be for."""
    return min(count(), one_each.threads() or 1, MOST)


def warm(threads: int) -> None:
    """Have a team ready, and what it needs compiled."""
    nothing = np.full((1, max(threads, 1), 2), machine.NOTHING)
    machine.alone(nothing)
    if threads > 1:
        nothing[:] = machine.BARRIER
        team(os.getpid(), threads).work(nothing)
