"""Compiled loops over the elements of arrays, as rows and columns."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..plan.operands import Derived, Held, Operand, Planned, Step, Variable
from . import store, ufuncs
from .addresses import invoke
from .lines import Lines, Term, text
from .threads import LONG, in_threads, row_parts

CALL = 8
"""What an element costs of which a function is called, beside one where there is none, roughly."""


def as_rows(shape: tuple[int, ...]) -> tuple[int, int]:
    """An array in order as rows and columns, if nothing is said."""
    return math.prod(shape[:-1]), shape[-1]


class Loop:
    """What a loop computes of which operands, growing."""

    def __init__(
        self, shape: tuple[int, ...], rows: tuple[int, int], kind: Any, once: bool
    ) -> None:
        self.shape, self.rows, self.kind, self.lines = shape, rows, kind, Lines(kind, once)
        self.arrays: list[Any] = []  # operands, in the order of the loop's parameters
        self.forms: list[str] = []  # how each is laid out: "full", "row", "column", "one"
        self.outputs: list[tuple[str, Term]] = []
        self.known: dict[int, Term] = {}  # what was computed for an operand
        self.places: dict[int, Term] = {}

    def read(self, x: Any) -> Any:
        """An argument as a term, or a number; None where a loop cannot have it."""
        if isinstance(x, (bool, int, float)):
            return x
        return self.known.get(id(x)) or self._parameter(x)

    def _parameter(self, x: Any) -> Term | None:
        if id(x) in self.places:
            return self.places[id(x)]
        shape, dtype, ordered = about(x)
        if shape is None or not ordered or dtype not in (self.kind, np.dtype(bool)):
            return None
        usual = self.rows == as_rows(self.shape)
        form = "full" if shape == self.shape else _form(shape, self.shape if usual else self.rows)
        if form is None:
            return None
        term = Term(self.lines, self._place(x, form), dtype == np.dtype(bool))
        self.places[id(x)] = term
        return term

    def _place(self, x: Any, form: str) -> str:
        """Where the loop reads or writes an array."""
        n = len(self.arrays)
        self.arrays.append(x)
        self.forms.append(form)
        return {"full": f"a{n}_[j]", "row": f"a{n}_[j]", "column": f"a{n}[i]", "one": f"a{n}[0]"}[
            form
        ]

    def overlaps(self, written: Collection[Planned]) -> bool:
        """Whether it may write over what it has yet to read: a view of planned memory that is
        spread over rows or columns, where that memory also is all of an array."""
        spread, whole = (
            frozenset().union(*[x.buffers for x, f in zip(self.arrays, self.forms, strict=True)
                                if (f == "full") == full and isinstance(x, Operand)])
            for full in (False, True)
        )  # fmt: skip
        return bool(spread & whole.union(*[o.buffers for o in written]))

    def write(self, out: Planned) -> None:
        """Let the loop write what was computed for an operand."""
        known = self.places.get(id(out))  # it is read before: one array, in and out
        place = self._place(out, "full") if known is None else known.text
        self.outputs.append((place, self.known[id(out)]))


def about(x: Any) -> tuple[Any, Any, bool]:
    """An operand's shape, its dtype (None: not known), and whether it lies in order."""
    if isinstance(x, Planned):
        return x.shape, x.dtype, x.ordered
    if isinstance(x, Held):
        a = x.array()
        return a.shape, a.dtype, x.ordered
    if isinstance(x, (Variable, Derived)) and x.like is not None:
        shape, dtype, ordered = x.like
        return shape, dtype, ordered
    return None, None, False


def _form(shape: tuple[int, ...], whole: tuple[int, ...]) -> str | None:
    """How an array of this shape is spread over the whole one, seen as rows and columns."""
    if shape == whole:
        return "full"
    if math.prod(shape) == 1:
        return "one"
    core = shape
    while core and core[0] == 1:
        core = core[1:]
    if len(whole) >= 1 and core == whole[len(whole) - len(core) :] and len(core) < len(whole):
        return "row" if math.prod(core) == whole[-1] and len(core) == 1 else None
    if len(shape) == len(whole) and shape == (*whole[:-1], 1):
        return "column"
    return None


def shaped(x: Any, form: str, rows: tuple[int, int], views: list[Step]) -> Any:
    """The operand as the loop takes it; what makes views of variables is added to the steps."""
    wanted = rows if form == "full" else (math.prod(about(x)[0]),)
    if not isinstance(x, Variable):
        return Derived(np.reshape, (x, wanted), {})
    if x.like[0] == wanted:
        return x
    name = "_".join([x.name, *map(str, wanted)])
    made = Variable(name, x.buffers, (wanted, x.like[1], True), x.fresh)
    views.append(Step(np.reshape, (x, wanted), results=(made,)))
    return made


class Chain:
    """A compiled loop in the place of steps.

    Attributes:
        forms: how each array is spread over the rows and columns: all of it ("full"), or the same
            for each row ("row"), each column ("column") or element ("one").
        dtypes: of each array.
        shape: rows and columns.
        written: which arrays it writes.
        functions: words for the functions that it calls.
        cost: so many additions take as long, roughly.
    """

    def __init__(self, of: Loop, shape: tuple[int, int], written: frozenset[int]) -> None:
        self.forms, self.shape, self.written = tuple(of.forms), shape, written
        self.dtypes = [np.dtype(about(x)[1]) for x in of.arrays]
        self.text = text(of.lines, self.forms, self.dtypes, of.outputs)
        called = [ufuncs.loop(f.__name__, of.kind.name) for f in of.lines.called]
        self.functions = [word for found in called if found is not None for word in found]
        self.cost = math.prod(shape) * (1 + CALL * len(called))
        self.parts = row_parts(shape[0]) if self.cost >= LONG else []

    @cached_property
    def kernel(self) -> Any:
        """The loop as a kernel of a program; see `lines.text` for its arguments."""
        return store.function(self.text, "made")()

    def __call__(self, *arrays: Any) -> None:
        if len(self.parts) > 1:
            in_threads([partial(self.run, self.shape, part, arrays) for part in self.parts])
        else:
            self.run(self.shape, (0, self.shape[0]), arrays)

    def run(self, shape: tuple[int, int], part: tuple[int, int], arrays: Sequence[Any]) -> None:
        """The loop over some of the rows of arrays of this shape."""
        at = [a.__array_interface__["data"][0] for a in arrays]
        words = np.array([*part, 0, shape[1], *shape, *at, *self.functions])
        invoke(self.kernel.address, words)
