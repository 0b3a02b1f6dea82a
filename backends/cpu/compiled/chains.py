"""Neighbouring elementwise steps of a plan as one compiled loop.

`matmul, add, maximum, matmul` becomes `matmul, loop, matmul`: what lies between the ends of a
chain never reaches memory. The loop does for every element what NumPy's functions would, in their
order, so the bits are the same; `_agrees` makes sure of it, on numbers that are easy to get wrong,
before a loop is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import numpy as np

from ..plan.operands import Derived, Held, Operand, Planned, Step, Variable
from . import store
from .threads import LONG, by_rows, count

_INFIX = {
    np.add: "{} + {}", np.subtract: "{} - {}", np.multiply: "{} * {}",
    np.true_divide: "{} / {}", np.negative: "-{}", np.absolute: "abs({})",
    np.square: "{0} * {0}", np.sqrt: "np.sqrt({})",
    np.maximum: "({0} if {0} > {1} or {0} != {0} else {1})",
    np.minimum: "({0} if {0} < {1} or {0} != {0} else {1})",
    np.greater: "{} > {}", np.greater_equal: "{} >= {}", np.less: "{} < {}",
    np.less_equal: "{} <= {}", np.equal: "{} == {}", np.not_equal: "{} != {}",
}  # fmt: skip
"""The functions that a processor computes exactly, and what they are in a loop."""

_TRUTHS = frozenset({
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
})  # fmt: skip


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
            done.append(made)
            i += n
    return done


def _length(steps: Sequence[Any], start: int) -> int:
    """How many steps from here on are elementwise over one shape."""
    first = _out(steps[start])
    if first is None:
        return 0
    n = 1
    while start + n < len(steps):
        out = _out(steps[start + n])
        if out is None or out.shape != first.shape:
            break
        n += 1
    return n


def _out(step: Any) -> Planned | None:
    """What an elementwise step that a loop can do writes; None for any other step."""
    if not isinstance(step, Step) or step.out is None or not step.out.ordered:
        return None
    function = step.function
    name = getattr(function, "__name__", "")
    if function not in _INFIX and name != "clipped":
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
    """The text of a loop, growing."""

    def __init__(self, shape: tuple[int, ...], kind: Any) -> None:
        self.shape, self.kind = shape, kind
        self.arrays: list[Any] = []  # operands, in the order of the loop's parameters
        self.forms: list[str] = []  # how each is laid out: "full", "row", "column", "one"
        self.lines: list[str] = []
        self.known: dict[int, str] = {}  # the expression of an operand that was computed
        self.names: dict[int, str] = {}

    def read(self, x: Any) -> str | None:
        """The expression of an argument; None where a loop cannot have it."""
        if isinstance(x, (bool, int, float)):
            return _literal(x, self.kind)
        if id(x) in self.known:
            return self.known[id(x)]
        found = self._parameter(x)
        return found

    def _parameter(self, x: Any) -> str | None:
        if id(x) in self.names:
            return self.names[id(x)]
        shape, dtype, ordered = _about(x)
        if shape is None or not ordered or dtype not in (self.kind, np.dtype(bool)):
            return None
        form = _form(shape, self.shape)
        if form is None or (isinstance(x, Variable) and not _as_it_is(form, shape)):
            return None
        n = len(self.arrays)
        self.arrays.append(x)
        self.forms.append(form)
        text = {"full": f"a{n}_[j]", "row": f"a{n}_[j]", "column": f"a{n}[i]", "one": f"a{n}[0]"}
        self.names[id(x)] = text[form]
        return text[form]


def _about(x: Any) -> tuple[Any, Any, bool]:
    if isinstance(x, Planned):
        return x.shape, x.dtype, x.ordered
    if isinstance(x, Held):
        a = x.array()
        return a.shape, a.dtype, x.ordered
    if isinstance(x, Variable) and x.like is not None:
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


def _as_it_is(form: str, shape: tuple[int, ...]) -> bool:
    """Whether the loop can take an array of this shape without looking at it otherwise."""
    return len(shape) == (2 if form == "full" else 1)


def _literal(x: Any, kind: Any) -> str:
    if isinstance(x, float) and not math.isfinite(x):
        text = "np.nan" if x != x else ("np.inf" if x > 0 else "-np.inf")
    else:
        text = repr(float(x))
    return f"np.{np.dtype(kind).name}({text})"


def _fused(steps: Sequence[Any], start: int, n: int, needed: dict[Any, int]) -> Step | None:
    """One step for these, or None."""
    chosen = steps[start : start + n]
    kinds = {s.out.dtype for s in chosen} - {np.dtype(bool)}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    shape = chosen[0].out.shape
    loop = _Loop(shape, kind)
    written: dict[int, Planned] = {}
    for k, step in enumerate(chosen):
        if (step.out.dtype == np.bool_) != (step.function in _TRUTHS):
            return None
        args = step.args if step.kwargs else step.args[:-1]
        texts = [loop.read(a) for a in args]
        if any(t is None for t in texts):
            return None
        truths = [_is_truth(a) for a in args]
        if step.function not in _TRUTHS:
            texts = [_number(t, kind) if b else t for t, b in zip(texts, truths, strict=True)]
        if step.function in _CHOICES and not any(isinstance(a, (int, float)) for a in args):
            return None  # of zeros of both signs NumPy takes the one or the other
        form = _INFIX.get(step.function)
        if form is None:  # a clip at 0 from below
            form = "({1} if {0} < {1} else {0})"
            if args[2] != math.inf:
                return None
        name = f"t{k}"
        loop.lines.append(f"{name} = {form.format(*texts)}")
        loop.known[id(step.out)] = name
        written[id(step.out)] = step.out
    kept = [o for o in written.values() if needed[o.buffer] >= start + n]
    for o in kept:
        if id(o) in loop.names:  # it is read before: one array, in and out
            place = loop.names[id(o)]
        else:
            m = len(loop.arrays)
            loop.arrays.append(o)
            loop.forms.append("full")
            place = f"a{m}_[j]"
        loop.lines.append(f"{place} = {loop.known[id(o)]}")
    rows = (math.prod(shape[:-1]), shape[-1])
    chain = Chain(loop, rows, frozenset(map(loop.arrays.index, kept)))
    args = [_shaped(a, f, rows) for a, f in zip(loop.arrays, loop.forms, strict=True)]
    return Step(chain, tuple(args)) if _agrees(chain.loop, loop, chosen, kept, rows) else None


def _is_truth(x: Any) -> bool:
    return isinstance(x, Operand) and _about(x)[1] == np.dtype(bool)


def _number(text: str | None, kind: Any) -> str:
    return f"np.{np.dtype(kind).name}({text})"


def _shaped(x: Any, form: str, rows: tuple[int, int]) -> Any:
    """The operand as the loop takes it."""
    wanted: Any = rows if form == "full" else (-1,)
    if isinstance(x, Variable):
        return x
    return Derived(np.reshape, (x, wanted), {})


_TEXT = """\
import numpy as np
from numba import carray, cfunc, njit


@njit(nogil=True, error_model="numpy", cache=True)
def loop(i0, i1, j0, j1, {names}):
    for i in range(i0, i1):
        {rows}
        for j in range(j1 - j0):
            {lines}
"""

_KERNEL = """

from backends.cpu.programs.machine import pointer


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), ({words},))
    rows, columns = w[4], w[5]
    {arrays}
    loop(w[0], w[1], w[2], w[3], {names})
"""


class Chain:
    """A compiled loop in the place of steps.

    Attributes:
        forms: how each array is spread over the rows and columns: all of it ("full"), or the same
            for each row ("row"), each column ("column") or element ("one").
        dtypes: of each array.
        shape: rows and columns.
        written: which arrays it writes.
        loop: the loop over some rows and columns: (from, to, from, to, arrays).
    """

    def __init__(self, text: _Loop, shape: tuple[int, int], written: frozenset[int]) -> None:
        self.forms, self.shape, self.written = tuple(text.forms), shape, written
        self.dtypes = [np.dtype(_about(x)[1]) for x in text.arrays]
        self.names = [f"a{k}" for k in range(len(text.arrays))]
        cut = {"full": "{0}_ = {0}[i, j0:j1]", "row": "{0}_ = {0}[j0:j1]"}
        rows = [cut[f].format(a) for a, f in zip(self.names, self.forms, strict=True) if f in cut]
        self.text = _TEXT.format(
            names=", ".join(self.names), rows="\n        ".join(rows),
            lines="\n            ".join(text.lines),
        )  # fmt: skip
        self.loop = store.function(self.text, "loop")
        self.run: Any = partial(self.loop, 0, shape[0], 0, shape[1])
        if math.prod(shape) >= LONG and shape[0] >= 2 * count():
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
        arrays' addresses)."""
        shapes = {"full": "(rows, columns)", "row": "(columns,)", "column": "(rows,)", "one": "1"}
        arrays = [
            f"{a} = carray(pointer(w[{6 + k}], np.{_of_numba(dtype)}), {shapes[form]})"
            for k, (a, form, dtype) in enumerate(
                zip(self.names, self.forms, self.dtypes, strict=True)
            )
        ]
        text = _KERNEL.format(
            words=6 + len(arrays), arrays="\n    ".join(arrays), names=", ".join(self.names)
        )
        return store.function(self.text + text, "kernel")


def _of_numba(dtype: Any) -> str:
    return "bool_" if dtype == np.bool_ else str(dtype.name)


_HARD = (
    0.0, -0.0, 0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan, 1e-42, -1e-42, 3e38, 0.1, -7.5,
)  # fmt: skip


def _agrees(
    run: Any, loop: _Loop, steps: Sequence[Step], kept: Sequence[Planned],
    rows: tuple[int, int],
) -> bool:  # fmt: skip
    """Whether the loop gives NumPy's bits, on numbers of all sorts."""
    rng = np.random.default_rng(0)
    shape = (25, min(rows[1], 37))
    sizes: dict[str, Any] = {
        "full": shape, "row": (shape[1],), "column": (shape[0],), "one": (1,),
    }  # fmt: skip
    values: dict[int, Any] = {}
    for x, form in zip(loop.arrays, loop.forms, strict=True):
        dtype = _about(x)[1]
        a = rng.choice(_HARD, size=sizes[form]).astype(loop.kind)
        a = np.where(rng.random(a.shape) < 0.5, rng.normal(size=a.shape).astype(loop.kind), a)
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
            args = step.args if step.kwargs else step.args[:-1]
            plain = [known[id(a)] if isinstance(a, Operand) else a for a in args]
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
