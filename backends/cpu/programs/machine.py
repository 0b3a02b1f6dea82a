"""How threads meet: atomic numbers, barriers, and programs that they follow.

Numba compiles these where they are used. A kernel is a C function of one number, the address of
its arguments: 64-bit words, in an order that the kernel knows.
"""

from __future__ import annotations

import platform
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, njit, types

from ..compiled.addresses import WORD, call, called, intrinsic, pointer
from ..threads import LINES


def _at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, WORD.as_pointer())


@intrinsic
def load(context: Any, address: Any) -> Any:
    """The word at an address, and all that its writer had written before."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load_atomic(_at(builder, args[0]), "seq_cst", 8)

    return types.int64(types.int64), code


@intrinsic
def store(context: Any, address: Any, word: Any) -> Any:
    """Write a word that other threads look at."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store_atomic(args[1], _at(builder, args[0]), "seq_cst", 8)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), code


@intrinsic
def add(context: Any, address: Any, word: Any) -> Any:
    """Add to a word that other threads add to; what it was."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("add", _at(builder, args[0]), args[1], "seq_cst")

    return types.int64(types.int64, types.int64), code


@intrinsic
def swap(context: Any, address: Any, word: Any) -> Any:
    """Write a word; what it was."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.atomic_rmw("xchg", _at(builder, args[0]), args[1], "seq_cst")

    return types.int64(types.int64, types.int64), code


_PAUSE = {
    "x86_64": ("llvm.x86.sse2.pause", ()), "aarch64": ("llvm.aarch64.hint", (1,)),
}  # fmt: skip
_PAUSE |= {"AMD64": _PAUSE["x86_64"], "arm64": _PAUSE["aarch64"]}


@intrinsic
def pause(context: Any) -> Any:
    """Tell the processor that this thread looks at a word again and again."""
    known = _PAUSE.get(platform.machine())

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        if known is not None:
            name, numbers = known
            number = ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [number] * len(numbers))
            function = builder.module.declare_intrinsic(name, fnty=kind)
            builder.call(function, [ir.Constant(number, n) for n in numbers])
        return context.get_dummy_value()

    return types.void(), code


@intrinsic
def give_way(context: Any, function: Any) -> Any:
    """Call a function of nothing, such as the system's sched_yield."""

    def code(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        called(builder, args[0], ir.IntType(32), [], [])
        return context.get_dummy_value()

    return types.void(types.int64), code


# ------------------------------------------------------------------ a program's threads

LINE = LINES // 8
"""Words between two that different threads write."""
TICKET, PROGRAM, BASE, ARRIVED, ASLEEP = (LINE * i for i in range(5))
"""Where in a team's words: the number of the last job; what to do; what ARRIVED was before it; how
often threads have arrived at a barrier; from here on, for each thread, whether it sleeps, and
whether it is to be woken."""
ORDERED = PROGRAM + 2
"""Whether a program has been ordered, but waits for threads to be woken."""

_BEFORE_YIELDING = 1 << 13
"""Looks at a word before a thread lets others run: where there are more threads than cores, the
one it waits for may be among them."""


@njit(nogil=True, cache=True)
def wait(address: int, wanted: int, yielding: int) -> None:
    """Wait until a word has reached a number."""
    looks = 0
    while load(address) < wanted:
        pause()
        looks += 1
        if looks > _BEFORE_YIELDING and yielding != 0:
            give_way(yielding)


@njit(nogil=True, cache=True)
def follow(words: int, program: Any, thread: int, threads: int, yielding: int) -> None:
    """One thread's part of a program: its calls, and the barriers of all."""
    target: Any = load(words + 8 * BASE)
    arrived = words + 8 * ARRIVED
    for i in range(program.shape[0]):
        kernel = program[i, thread, 0]
        if kernel == BARRIER:
            target += threads
            add(arrived, 1)
            wait(arrived, target, yielding)
        elif kernel != NOTHING:
            call(kernel, program[i, thread, 1])


NOTHING, BARRIER = 0, 1
"""In the place of a kernel's address."""


@njit(nogil=True, cache=True)
def alone(program: Any) -> None:
    """All threads' parts of a program, one after another."""
    for i in range(program.shape[0]):
        for thread in range(program.shape[1]):
            if program[i, thread, 0] > BARRIER:
                call(program[i, thread, 0], program[i, thread, 1])


@njit(nogil=True, cache=True)
def work(words: Any, program: Any, yielding: int) -> None:
    """The first thread's part of a program, and the others' by those who wait for it. If threads
    are to be woken first, only the order is given, and ORDERED says so."""
    at = words.ctypes.data
    threads = program.shape[1]
    words[PROGRAM], words[PROGRAM + 1] = program.ctypes.data, program.shape[0]
    words[BASE] = load(at + 8 * ARRIVED)
    add(at + 8 * TICKET, 1)
    asleep = 0
    for thread in range(1, threads):
        flag = at + 8 * (ASLEEP + LINE * thread)
        if load(flag) != 0 and swap(flag, 0) != 0:
            words[ASLEEP + LINE * thread + 1] = 1  # to be woken
            asleep += 1
    words[ORDERED] = asleep
    if asleep == 0:
        follow(at, program, 0, threads, yielding)


@njit(nogil=True, cache=True)
def serve(words: Any, thread: int, threads: int, seen: int, patience: int, yielding: int) -> int:
    """Another thread's part of every program after the one of number `seen`; the number of the
    last, when none has come for a while or the team is dissolved."""
    at = words.ctypes.data
    ticket, flag = at + 8 * TICKET, at + 8 * (ASLEEP + LINE * thread)
    while True:
        looks = 0
        while load(ticket) == seen:
            pause()
            looks += 1
            if looks > patience:
                store(flag, 1)
                if load(ticket) == seen or swap(flag, 0) == 0:
                    return seen  # whoever gives the next order sees the flag, or has
                break
        seen = load(ticket)
        if seen < 0:
            return seen
        shape = (words[PROGRAM + 1], threads, 2)
        follow(at, carray(pointer(words[PROGRAM], np.int64), shape), thread, threads, yielding)


@njit(nogil=True, cache=True)
def dissolve(words: Any) -> None:
    """Tell those who wait for programs that there will be none."""
    store(words.ctypes.data + 8 * TICKET, -1)
