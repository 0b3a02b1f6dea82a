"""Where matrices are, which memory a call touches, and how work over a matrix is shared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from ..plan.operands import Buffer, Derived, Operand, Part, Planned, Step, Variable
from ..threads import LINES

Pair = tuple[int, int]
Split = tuple[str, int]
"""Along which axis a matrix is cut ("rows" or "columns"), and in how many parts."""

WHOLE: Split = ("rows", 1)


class Given(NamedTuple):
    """An address that is another at every call: so many bytes into an argument."""

    variable: str
    offset: int


OWN = "own"
"""The memory that a program has while it runs, as if it were an argument."""


def own(start: int, dtype: Any, sizes: Sequence[int]) -> tuple[list[Given], Region]:
    """Memory of a program's own from a place on, for so many numbers each, and all of that."""
    found, at = [], start
    for n in sizes:
        found.append(Given(OWN, at))
        at += -(-n * dtype.itemsize // LINES) * LINES
    return found, Region(OWN, start, start, at, at - start, 0, at - start)


class Region(NamedTuple):
    """Memory that a call touches: the lines of a matrix, or parts of them; in bytes.

    Attributes:
        kind: "planned", "held", or the name of an argument: memory that comes and goes (m0, m1,
            ...), OWN, or what others gave (only read; it may be what somebody holds).
        origin: where the matrix begins; within an argument, from its beginning on.
        start, stop: the first byte, and the one behind the last, counted likewise.
        pitch: from one line of the matrix to the next.
        low, high: which bytes of each line.
    """

    kind: str
    origin: int
    start: int
    stop: int
    pitch: int
    low: int
    high: int

    def meets(self, other: Region) -> bool:
        """Whether both may be the same memory."""
        if self.kind != other.kind:
            return "held" in (self.kind, other.kind) and _outside(self.kind, other.kind)
        if self.stop <= other.start or other.stop <= self.start:
            return False
        apart = self.high <= other.low or other.high <= self.low
        return not (apart and (self.origin, self.pitch) == (other.origin, other.pitch))


def _outside(*kinds: str) -> bool:
    """Whether one of them is an argument that others gave, which may be what somebody holds."""
    return any(kind not in ("planned", "held", OWN) and kind[0] != "m" for kind in kinds)


class Matrix(NamedTuple):
    """A matrix in memory.

    Attributes:
        kind: see Region.
        address: of its first element; within an argument, from its beginning on.
        down, along: from a row to the next, from a column to the next, in elements.
    """

    kind: str
    address: int
    rows: int
    columns: int
    down: int
    along: int
    dtype: Any

    @property
    def T(self) -> Matrix:
        return self._replace(rows=self.columns, columns=self.rows, down=self.along, along=self.down)

    @property
    def in_rows(self) -> bool:
        """Whether each row lies in one piece."""
        return self.along == 1

    def at(self, row: int = 0, column: int = 0) -> Any:
        """The address of an element, as a word of a kernel's arguments."""
        address = self.address + (row * self.down + column * self.along) * self.dtype.itemsize
        return address if self.kind in ("planned", "held") else Given(self.kind, address)

    def region(self, rows: Pair | None = None, columns: Pair | None = None) -> Region:
        """The memory of some rows and columns, or of all."""
        lines, across = rows or (0, self.rows), columns or (0, self.columns)
        pitch, step = self.down, self.along
        if pitch < step:
            lines, across, pitch, step = across, lines, step, pitch
        size = self.dtype.itemsize
        low, high = across[0] * step * size, ((across[1] - 1) * step + 1) * size
        start = self.address + lines[0] * pitch * size
        stop = start + (lines[1] - 1 - lines[0]) * pitch * size + high
        return Region(self.kind, self.address, start + low, stop, pitch * size, low, high)

    def key(self) -> Any:
        """The same for the same memory, seen as itself or transposed."""
        sides = sorted([(self.rows, self.down), (self.columns, self.along)])
        return self.kind, self.address, *sides


class Loose(NamedTuple):
    """Memory that comes and goes: an argument of programs.

    Attributes:
        name: of the variable that has it.
        like: an array of its shape and strides, not to be read.
    """

    name: str
    like: Any


def loose(name: str, of: Planned) -> Loose:
    """The memory of a planned array, by this name."""
    like = np.lib.stride_tricks.as_strided(np.empty(1, of.dtype), of.shape, of.strides)
    return Loose(name, like)


def array(x: Any, known: Mapping[Buffer, Loose]) -> Any:
    """A static operand's array, or one like it where its memory comes and goes."""
    if isinstance(x, Planned):
        found = known.get(x.buffer.find())
        return x.array() if found is None else found.like
    if isinstance(x, Part):
        return array(x.whole, known)[x.index]
    if isinstance(x, Derived) and lying(x, known):
        return x.function(*[array(a, known) for a in x.args], **x.kwargs)
    return x.array() if isinstance(x, Operand) else x


def lying(x: Any, known: Mapping[Buffer, Loose]) -> Loose | None:
    """The memory an operand lies in, if it comes and goes."""
    return next((known[b.find()] for b in x.buffers if b.find() in known), None)


def matrix(
    x: Any, views: Mapping[str, Step], known: Mapping[Buffer, Loose] = MappingProxyType({})
) -> Matrix | None:
    """What an operand of one or two axes is as a matrix (one axis is a row); None where its memory
    is not known, or neither its rows nor its columns lie in one piece each."""
    base = 0
    if isinstance(x, Variable):
        return _variable(x, views)
    if isinstance(x, np.ndarray):
        a, kind = x, "held"
    elif isinstance(x, Operand) and x.static:
        a, kind = array(x, known), "planned" if x.buffers else "held"
        if (found := lying(x, known)) is not None:
            kind, base = found.name, found.like.__array_interface__["data"][0]
    else:
        return None
    if a.ndim not in (1, 2) or 0 in a.shape or not a.flags.aligned:
        return None
    sizes = [n if n % a.itemsize else n // a.itemsize for n in a.strides]
    rows, columns = (1, *a.shape)[-2:]
    down, along = (0, *sizes)[-2:]
    address = a.__array_interface__["data"][0] - base
    return _plain(Matrix(kind, address, rows, columns, down, along, a.dtype))


def _plain(m: Matrix) -> Matrix | None:
    """With usual strides for axes of length 1; None where elements lie apart."""
    along = 1 if m.columns == 1 else m.along
    down = m.down if m.rows > 1 else (m.columns if along == 1 else 1)
    whole = (along == 1 and down >= m.columns) or (down == 1 and along >= m.rows)
    return m._replace(down=down, along=along) if whole else None


def _variable(x: Variable, views: Mapping[str, Step]) -> Matrix | None:
    made = views.get(x.name)
    if made is not None:
        of = matrix(made.args[0], views)
        if of is None or made.function is not np.reshape:
            return of if of is None else of.T
        if not made.args[1]:
            return None
        rows, columns = math.prod(made.args[1][:-1]), made.args[1][-1]
        ordered = of.in_rows and of.down == of.columns and of.rows * of.columns == rows * columns
        return of._replace(rows=rows, columns=columns, down=columns) if ordered else None
    if x.like is None or x.buffers:
        return None
    shape, dtype, ordered = x.like
    if not ordered or not shape or 0 in shape:
        return None
    rows, columns = math.prod(shape[:-1]), shape[-1]
    return Matrix(x.name, 0, rows, columns, columns, 1, np.dtype(dtype))


def bounds(n: int, parts: int) -> list[Pair]:
    """[0, n) in so many parts, each but the last a multiple of 16; some may be empty."""
    each = -(-n // (16 * parts)) * 16
    return [(min(i * each, n), min((i + 1) * each, n)) for i in range(parts)]


def shares(rows: int, columns: int, split: Split) -> list[tuple[Pair, Pair]]:
    """(rows, columns) of each thread's part of a matrix."""
    along, parts = split
    if along == "rows":
        return [(b, (0, columns)) for b in bounds(rows, parts)]
    return [((0, rows), b) for b in bounds(columns, parts)]
