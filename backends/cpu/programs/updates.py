"""Optimizers' steps in a program: every thread those numbers whose gradients it computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import carray, cfunc

from ..compiled import optimizers
from ..compiled.addresses import pointer
from .calls import Part, Row
from .memory import Matrix, Split, shares

LEAST = 1 << 13
"""Numbers that are worth another thread, where none is nearer to them than the others."""


@cache
def kernel(name: str, dtype: str) -> Any:
    """The kernel of a loop; arguments are rows, columns, bytes from row to row, the numbers'
    address, and the addresses of the arrays."""
    kind = np.dtype(dtype).type
    loop = optimizers.loops(dtype)[name]

    def sgd(at):  # type: ignore
        w = carray(pointer(at, np.int64), (7,))
        x, n = carray(pointer(w[3], np.float64), (8,)), w[1]
        for i in range(w[0]):
            o = i * w[2]
            loop(
                carray(pointer(w[4] + o, kind), (n,)), carray(pointer(w[5] + o, kind), (n,)),
                carray(pointer(w[6] + o, kind), (n,)),
                x[0], x[1], x[2], x[3], x[4] != 0, x[5] != 0, x[6] != 0, x[7] != 0,
            )  # fmt: skip

    def adam(at):  # type: ignore
        w = carray(pointer(at, np.int64), (9,))
        x, n = carray(pointer(w[3], np.float64), (10,)), w[1]
        for i in range(w[0]):
            o = i * w[2]
            loop(
                carray(pointer(w[4] + o, kind), (n,)), carray(pointer(w[5] + o, kind), (n,)),
                carray(pointer(w[6] + o, kind), (n,)), carray(pointer(w[7] + o, kind), (n,)),
                carray(pointer(w[8] + o, kind), (n,)),
                x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7], x[8] != 0, x[9] != 0,
            )  # fmt: skip

    return cfunc("void(int64)", cache=True)(sgd if name == "sgd" else adam)


class Kind(NamedTuple):
    """How an optimizer's step is made in a program.

    Attributes:
        loop: the name of its loop.
        numbers: what the loop takes after its arrays, from whether the last array is there and
            the optimizer's numbers.
        size: how many.
        optional: the place of the array that may be None; the values stand for it.
    """

    loop: str
    numbers: Callable[..., tuple[Any, ...]]
    size: int
    optional: int


KINDS: dict[Any, Kind] = {
    optimizers.sgd_step: Kind("sgd", optimizers.sgd_numbers, 8, 2),
    optimizers.adam_step: Kind("adam", optimizers.adam_numbers, 10, 4),
}


class Written(NamedTuple):
    """A matrix of gradients, and how it was shared."""

    matrix: Matrix
    split: Split


class Piece(NamedTuple):
    """Part of flat arrays, from an element on, seen as a matrix."""

    first: int
    rows: int
    columns: int
    split: Split


def pieces(grads: Matrix, written: Sequence[Written], threads: int) -> list[Piece]:
    """The gradients as they were written where that is known, the rest in equal parts."""
    size, length = grads.dtype.itemsize, grads.columns
    known: dict[int, Piece] = {}
    for m, split in written:
        first, n = (m.address - grads.address) // size, m.rows * m.columns
        whole = m.in_rows and (m.rows == 1 or m.down == m.columns)
        if m.kind == grads.kind and whole and 0 <= first <= length - n:
            known[first] = Piece(first, m.rows, m.columns, split)
    made: list[Piece] = []
    at = 0
    for piece in sorted(known.values()):
        if piece.first < at:
            continue
        made += [_even(at, piece.first, threads), piece]
        at = piece.first + piece.rows * piece.columns
    made.append(_even(at, length, threads))
    return [piece for piece in made if piece.columns]


def _even(start: int, stop: int, threads: int) -> Piece:
    parts = min(threads, max(1, (stop - start) // LEAST))
    return Piece(start, 1, stop - start, ("columns", parts))


def rows(
    kind: Kind, arrays: Sequence[Matrix], numbers: int, written: Sequence[Written], threads: int
) -> list[Row]:
    """The calls of an optimizer's step.

    Args:
        arrays: flat: values, gradients and the optimizer's own.
        numbers: the address of its numbers.
    """
    size = arrays[0].dtype.itemsize
    at = int(kernel(kind.loop, arrays[0].dtype.name).address)
    made: list[Row] = []
    for first, n, width, split in pieces(arrays[1], written, threads):
        here = [
            x._replace(address=x.address + first * size, rows=n, columns=width, down=width)
            for x in arrays
        ]
        row: Row = []
        for r, c in shares(n, width, split):
            lines, length = r[1] - r[0], c[1] - c[0]
            if not lines or not length:
                row.append(None)
                continue
            if length == width:  # as one line
                lines, length = 1, lines * length
            words = (lines, length, width * size, numbers, *[x.at(r[0], c[0]) for x in here])
            values, grads, *state = [x.region(r, c) for x in here]
            row.append(Part(at, words, (grads,), (values, *state)))
        made.append(row)
    return made
