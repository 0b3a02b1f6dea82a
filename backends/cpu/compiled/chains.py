"""Neighbouring elementwise steps of a plan as one compiled loop.

`matmul, add, maximum, matmul` becomes `matmul, loop, matmul`: what lies between the ends of a
chain never reaches memory. The loop does for every element what NumPy's functions would, in their
order, so the bits are the same; `_agrees` makes sure of it, on numbers that are easy to get wrong,
before a loop is used.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..plan.lower import clipped
from ..plan.operands import Derived, Held, Operand, Planned, Step, Variable
from . import store, ufuncs
from .formulas import Formula
from .lines import CALLED, EXACT, Lines, Term, text
from .threads import LONG, by_rows, count

CALL = 8
"""What an element costs of which a function is called, beside one where there is none, roughly."""


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
        if any(isinstance(a, Derived) and a.buffers & written for a in _given(step)):
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


class _Loop:
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
        shape, dtype, ordered = _about(x)
        if shape is None or not ordered or dtype not in (self.kind, np.dtype(bool)):
            return None
        usual = self.rows == _rows(self.shape)
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


def _about(x: Any) -> tuple[Any, Any, bool]:
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


def _fused(
    steps: Sequence[Any], start: int, n: int, needed: dict[Any, int]
) -> list[Step] | None:  # fmt: skip
    """A loop for these steps, and views that it needs; None where there is no such loop."""
    chosen = steps[start : start + n]
    kept = {id(s.out): s.out for s in chosen if needed[s.out.buffer] >= start + n}
    own = {r for s in chosen if (r := getattr(s.function, "rows", None)) is not None}
    if len(own) > 1:
        return None
    rows = own.pop() if own else _rows(chosen[0].out.shape)
    for once in (True, False):
        loop = _loop(chosen, kept.values(), rows, once)
        if loop is None:
            return None
        chain = Chain(loop, rows, frozenset(loop.arrays.index(o) for o in kept.values()))
        if _agrees(chain.loop, loop, chosen, list(kept.values()), rows):
            views: list[Step] = []
            args = [
                _shaped(a, f, rows, views) for a, f in zip(loop.arrays, loop.forms, strict=True)
            ]
            return [*views, Step(chain, tuple(args))]
        if not loop.lines.sums:
            return None
    return None


def _rows(shape: tuple[int, ...]) -> tuple[int, int]:
    """An array in order as rows and columns, if nothing is said."""
    return math.prod(shape[:-1]), shape[-1]


def _loop(
    chosen: Sequence[Any], kept: Collection[Planned], rows: tuple[int, int], once: bool
) -> _Loop | None:
    """The loop that writes what is kept of these steps' results."""
    kinds = {s.out.dtype for s in chosen} - {np.dtype(bool)}
    if len(kinds) != 1:
        return None
    loop = _Loop(chosen[0].out.shape, rows, kinds.pop(), once)
    for step in chosen:
        terms = [loop.read(a) for a in _given(step)]
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


def _given(step: Step) -> tuple[Any, ...]:
    """What a step computes with, without where it writes."""
    return step.args if step.kwargs else step.args[:-1]


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


def _shaped(x: Any, form: str, rows: tuple[int, int], views: list[Step]) -> Any:
    """The operand as the loop takes it; what makes views of variables is added to the steps."""
    wanted = rows if form == "full" else (math.prod(_about(x)[0]),)
    if not isinstance(x, Variable):
        return Derived(np.reshape, (x, wanted), {})
    if x.like[0] == wanted:
        return x
    name = "_".join([x.name, *map(str, wanted)])
    made = Variable(name, x.buffers, (wanted, x.like[1], True), x.fresh)
    views.append(Step(np.reshape, (x, wanted), results=(made,)))
    return made


_KERNEL = """

from backends.cpu.compiled.addresses import pointer


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), ({words},))
    rows, columns = w[4], w[5]
    {arrays}
    loop({functions}w[0], w[1], w[2], w[3], {names})
"""


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
        loop: the loop over some rows and columns: (from, to, from, to, arrays).
    """

    def __init__(self, of: _Loop, shape: tuple[int, int], written: frozenset[int]) -> None:
        self.forms, self.shape, self.written = tuple(of.forms), shape, written
        self.dtypes = [np.dtype(_about(x)[1]) for x in of.arrays]
        self.names = [f"a{k}" for k in range(len(of.arrays))]
        self.text = text(of.lines, self.names, self.forms, of.outputs)
        called = [ufuncs.loop(f.__name__, of.kind.name) for f in of.lines.called]
        self.functions = [word for found in called if found is not None for word in found]
        self.cost = math.prod(shape) * (1 + CALL * len(called))
        self.loop = partial(store.function(self.text, "loop"), *self.functions)
        self.run: Any = partial(self.loop, 0, shape[0], 0, shape[1])
        if self.cost >= LONG and shape[0] >= 2 * count():
            self.run = by_rows(self._rows, self.forms, shape[0])

    def _rows(self, *arrays: Any) -> None:
        """The loop over arrays of fewer rows."""
        rows = next(len(a) for a, f in zip(arrays, self.forms, strict=True) if f == "full")
        self.loop(0, rows, 0, self.shape[1], *arrays)

    def __call__(self, *arrays: Any) -> None:
        self.run(*arrays)

    @cached_property
    def kernel(self) -> Any:
        """The loop as a kernel of a program: (from row, to, from column, to, rows, columns, the
        arrays' addresses, the functions')."""
        shapes = {"full": "(rows, columns)", "row": "(columns,)", "column": "(rows,)", "one": "1"}
        arrays = [
            f"{a} = carray(pointer(w[{6 + k}], np.{_of_numba(dtype)}), {shapes[form]})"
            for k, (a, form, dtype) in enumerate(
                zip(self.names, self.forms, self.dtypes, strict=True)
            )
        ]
        count = 6 + len(arrays)
        functions = "".join(f"w[{count + k}], " for k in range(len(self.functions)))
        made = _KERNEL.format(
            words=count + len(self.functions), arrays="\n    ".join(arrays),
            names=", ".join(self.names), functions=functions,
        )  # fmt: skip
        return store.function(self.text + made, "kernel")


def _of_numba(dtype: Any) -> str:
    return "bool_" if dtype == np.bool_ else str(dtype.name)


_HARD = (
    0.0, -0.0, 0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-42, -1e-42, 3e38, 0.1, -7.5,
)  # fmt: skip


_TRIALS = 3


def _agrees(
    run: Any, loop: _Loop, steps: Sequence[Step], kept: Sequence[Planned], rows: tuple[int, int]
) -> bool:
    """Whether the loop gives NumPy's bits, on numbers of all sorts."""
    whole = any(getattr(step.function, "whole", False) for step in steps)
    shape = rows if whole else (25, min(rows[1], 37))
    return all(_same(run, loop, steps, kept, shape, seed) for seed in range(_TRIALS))


def _same(
    run: Any, loop: _Loop, steps: Sequence[Step], kept: Sequence[Planned], shape: tuple[int, int],
    seed: int,
) -> bool:  # fmt: skip
    rng = np.random.default_rng(seed)
    sizes: dict[str, Any] = {
        "full": shape, "row": (shape[1],), "column": (shape[0],), "one": (1,),
    }  # fmt: skip
    values: dict[int, Any] = {}
    for x, form in zip(loop.arrays, loop.forms, strict=True):
        dtype = _about(x)[1]
        a = rng.choice(_HARD, size=sizes[form]).astype(loop.kind)
        a = np.where(rng.random(a.shape) < 0.5, rng.normal(size=a.shape).astype(loop.kind), a)
        if form == "one" and seed == 0:
            a[:] = 0  # which some formulas take for a no
        values[id(x)] = (a > 0) if dtype == np.dtype(bool) else a
    mine = [values[id(x)].copy() for x in loop.arrays]
    spread = {"full": shape, "row": (1, shape[1]), "column": (shape[0], 1), "one": (1, 1)}
    known = {
        id(x): values[id(x)].reshape(spread[f])
        for x, f in zip(loop.arrays, loop.forms, strict=True)
    }
    with np.errstate(all="ignore"):
        run(0, shape[0], 0, shape[1], *mine)
        for step in steps:
            assert step.out is not None  # or it would be in no chain
            out = np.empty(shape, step.out.dtype)
            plain = [known[id(a)] if isinstance(a, Operand) else a for a in _given(step)]
            if step.kwargs:
                step.function(*plain, out=out)
            else:
                step.function(*plain, out)
            known[id(step.out)] = out
    for o in kept:
        got = mine[[id(x) for x in loop.arrays].index(id(o))]
        want = known[id(o)]
        bits = f"u{got.itemsize}"
        same = (got.view(bits) == want.view(bits)) | ((got != got) & (want != want))
        if not same.all():
            return False
    return True


__all__ = ["fuse"]
