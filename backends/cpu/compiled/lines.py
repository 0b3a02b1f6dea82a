"""The text of a loop over elements, growing line by line.

Most lines are what a processor computes exactly. What NumPy computes by loops of its own (exp,
tanh, ...) cuts the text into stages: the arguments of a block of elements go to scratch memory,
NumPy's loop runs over them there, and the next stage reads what it left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .ufuncs import SPACE

BLOCK = 512
"""Elements of a block: few enough for several rows of scratch memory to stay in the first cache."""

EXACT: dict[Any, str] = {
    np.add: "{} + {}", np.subtract: "{} - {}", np.multiply: "{} * {}",
    np.true_divide: "{} / {}", np.negative: "-{}", np.absolute: "abs({})",
    np.square: "{0} * {0}", np.sqrt: "np.sqrt({})",
    np.maximum: "({0} if {0} > {1} or {0} != {0} else {1})",
    np.minimum: "({0} if {0} < {1} or {0} != {0} else {1})",
    np.greater: "{} > {}", np.greater_equal: "{} >= {}", np.less: "{} < {}",
    np.less_equal: "{} <= {}", np.equal: "{} == {}", np.not_equal: "{} != {}",
}  # fmt: skip
"""The functions that a processor computes exactly, and what they are in a loop."""

TRUTHS = frozenset({
    np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal,
})  # fmt: skip
"""Those whose results are true or false."""

CALLED: frozenset[Any] = frozenset({
    np.exp, np.exp2, np.expm1, np.log, np.log1p, np.log2, np.log10, np.sin, np.cos, np.tan,
    np.arcsin, np.arccos, np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh,
})  # fmt: skip
"""Those that only NumPy knows to the last bit."""


class Term:
    """A value of an element, which computes as an array of them would.

    Attributes:
        text: its name, or an expression of arrays that are read, or a number.
        truth: whether it is true or false.
    """

    def __init__(self, lines: Lines, text: str, truth: bool = False) -> None:
        self.lines, self.text, self.truth = lines, text, truth

    def __add__(self, y: Any) -> Term:
        return self.lines.add(np.add, self, y)

    def __sub__(self, y: Any) -> Term:
        return self.lines.add(np.subtract, self, y)

    def __rsub__(self, y: Any) -> Term:
        return self.lines.add(np.subtract, y, self)

    def __mul__(self, y: Any) -> Term:
        return self.lines.add(np.multiply, self, y)

    def __truediv__(self, y: Any) -> Term:
        return self.lines.add(np.true_divide, self, y)

    def __rtruediv__(self, y: Any) -> Term:
        return self.lines.add(np.true_divide, y, self)

    def __neg__(self) -> Term:
        return self.lines.add(np.negative, self)

    def __abs__(self) -> Term:
        return self.lines.add(np.absolute, self)

    def __gt__(self, y: Any) -> Term:
        return self.lines.add(np.greater, self, y)

    def __ge__(self, y: Any) -> Term:
        return self.lines.add(np.greater_equal, self, y)

    def __lt__(self, y: Any) -> Term:
        return self.lines.add(np.less, self, y)

    def exp(self) -> Term:
        return self.lines.add(np.exp, self)

    def expm1(self) -> Term:
        return self.lines.add(np.expm1, self)

    def tanh(self) -> Term:
        return self.lines.add(np.tanh, self)

    def fma(self, y: Term, z: float) -> Term:
        """x y + z as BLAS adds a product to a sum."""
        self.lines.sums = True
        form = "fma({}, {}, {})" if self.lines.once else "{} * {} + {}"
        return self.lines.write(form, self, y, z)

    def clip(self, low: float, high: float) -> Term:
        x = self
        if low != -math.inf:
            x = self.lines.write("({1} if {0} < {1} else {0})", x, low)
        if high != math.inf:
            x = self.lines.write("({1} if {0} > {1} else {0})", x, high)
        return x


class _Line(NamedTuple):
    """A value's name, how it is computed of terms, or by which function that is called."""

    name: str
    form: str
    terms: tuple[Term, ...]
    truth: bool
    called: Any


class Stage(NamedTuple):
    """A loop over a block's elements, and the functions that are called when it is done: (the
    number of the function, the row of scratch memory)."""

    lines: list[str]
    calls: list[tuple[int, int]]


class Lines:
    """What is computed of each element, in numbers of one kind.

    Attributes:
        called: the functions that are called.
        once: whether BLAS rounds a product and the sum it is added to once, or each.
        sums: whether it makes a difference.
    """

    def __init__(self, kind: Any, once: bool = False) -> None:
        self.kind, self.once, self.sums = np.dtype(kind), once, False
        self.called: list[Any] = []
        self._lines: list[_Line] = []

    def term(self, x: Any) -> Term:
        """A number as a term."""
        if isinstance(x, Term):
            return x
        text = repr(float(x))
        if not math.isfinite(x):
            text = "np.nan" if x != x else text.replace("inf", "np.inf")
        return Term(self, f"np.{self.kind.name}({text})")

    def add(self, function: Any, *terms: Any) -> Term:
        """A function of terms and numbers."""
        if function in EXACT:
            return self.write(EXACT[function], *terms, truth=function in TRUTHS)
        if function not in self.called:
            self.called.append(function)
        return self._add("{}", terms, False, function)

    def write(self, form: str, *terms: Any, truth: bool = False) -> Term:
        """An expression of terms and numbers."""
        given = [self.term(x) for x in terms]
        if not truth:
            given = [self._number(t) if t.truth else t for t in given]
        return self._add(form, given, truth, None)

    def _number(self, t: Term) -> Term:
        return self._add(f"np.{self.kind.name}({{}})", [t], False, None)

    def _add(self, form: str, terms: Sequence[Any], truth: bool, called: Any) -> Term:
        name = f"t{len(self._lines)}"
        self._lines.append(_Line(name, form, tuple(map(self.term, terms)), truth, called))
        return Term(self, name, truth)

    def stages(self, outputs: Sequence[tuple[str, Term]]) -> tuple[list[Stage], int]:
        """The loops that compute all and write outputs where they belong; and how many rows of
        scratch memory they need."""
        there: dict[str, int] = {}  # the stage from which on a value is known
        made: dict[str, int] = {}  # and in which it is computed
        for line in self._lines:
            begins = max([there.get(t.text, 0) for t in line.terms], default=0)
            made[line.name], there[line.name] = begins, begins + (line.called is not None)
        last = max(there.values(), default=0)
        asked = [(t.text, made[line.name]) for line in self._lines for t in line.terms]
        asked += [(t.text, last) for _, t in outputs]
        kept = {name for name, stage in asked if name in made and stage > made[name]}
        rows = {name: i for i, name in enumerate(sorted(kept, key=lambda n: int(n[1:])))}

        def text(t: Term, stage: int) -> str:
            if t.text not in rows or made[t.text] == stage:
                return t.text
            at = f"s{rows[t.text]}[j]"
            return f"({at} != 0)" if t.truth else at

        stages = [Stage([], []) for _ in range(last + 1)]
        for line in self._lines:
            stage = stages[made[line.name]]
            value = line.form.format(*[text(t, made[line.name]) for t in line.terms])
            if line.called is None:
                stage.lines.append(f"{line.name} = {value}")
                value = f"np.{self.kind.name}({line.name})" if line.truth else line.name
            elif line.name in rows:
                stage.calls.append((self.called.index(line.called), rows[line.name]))
            if line.name in rows:
                stage.lines.append(f"s{rows[line.name]}[j] = {value}")
        stages[-1].lines.extend(f"{place} = {text(t, last)}" for place, t in outputs)
        return stages, len(rows)


_TEXT = """\
import numpy as np
from numba import carray, cfunc

from backends.cpu.compiled.addresses import fma, pointer
from backends.cpu.compiled.ufuncs import apply


def kernel(at):
    w = carray(pointer(at, np.int64), ({words},))
    i0, i1, j0, j1, rows, columns = w[0], w[1], w[2], w[3], w[4], w[5]
    {flat}
    {arrays}
    {scratch}
    for i in range(i0, i1):
        for b in range(j0, j1, {block}):
            n = min(j1 - b, {block})
            {rows}
            {stages}


def made():
    return cfunc("void(int64)", error_model="numpy", cache=True)(kernel)
"""

_FLAT = """\
if j0 == 0 and j1 == columns:  # whole rows: one after another they are one
        i0, i1, j0, j1 = 0, 1, i0 * columns, i1 * columns
        rows, columns = 1, rows * columns"""

_WHOLE = 1 << 62
"""A block of all elements, where no function is called in between."""


def text(
    lines: Lines, forms: Sequence[str], dtypes: Sequence[Any], outputs: Sequence[tuple[str, Term]]
) -> str:
    """A module whose `made` gives a kernel of a program: (rows from and to, columns from and to,
    rows, columns, the arrays' addresses, two words for each function that is called).

    Args:
        forms: how each array is spread over rows and columns; see `Chain`.
        outputs: (place, term) of what is written. Array k is a{k}, its part of a row a{k}_.
    """
    stages, count = lines.stages(outputs)
    shapes = {"full": "(rows, columns)", "row": "(columns,)", "column": "(rows,)", "one": "(1,)"}
    names = [f"a{k}" for k in range(len(forms))]
    arrays = [
        f"{a} = carray(pointer(w[{6 + k}], np.{_of_numba(dtype)}), {shapes[form]})"
        for k, (a, form, dtype) in enumerate(zip(names, forms, dtypes, strict=True))
    ]
    scratch = []
    first = 6 + len(names)
    if lines.called:
        scratch = [
            f"scratch = np.empty(({max(count, 1)}, {BLOCK}), np.{lines.kind.name})",
            f"space = np.empty({SPACE}, np.int64)",
            *[f"s{k} = scratch[{k}]" for k in range(count)],
        ]
    parts = []
    for stage in stages:
        if stage.lines:
            parts.append("for j in range(n):\n    " + "\n    ".join(stage.lines))
        for k, row in stage.calls:
            at, function = f"s{row}.ctypes.data", f"w[{first + 2 * k}], w[{first + 2 * k + 1}]"
            size = lines.kind.itemsize
            parts.append(f"apply({function}, {at}, {at}, n, {size}, space.ctypes.data)")
    cut = {"full": "{0}_ = {0}[i, b : b + n]", "row": "{0}_ = {0}[b : b + n]"}
    here = [cut[f].format(a) for a, f in zip(names, forms, strict=True) if f in cut]
    return _TEXT.format(
        words=first + 2 * len(lines.called), block=BLOCK if lines.called else _WHOLE,
        flat=_FLAT if all(f in ("full", "one") for f in forms) else "",
        arrays="\n    ".join(arrays), scratch="\n    ".join(scratch),
        rows="\n            ".join(here),
        stages="\n".join(parts).replace("\n", "\n            "),
    )  # fmt: skip


def _of_numba(dtype: Any) -> str:
    return "bool_" if dtype == np.bool_ else str(dtype.name)
