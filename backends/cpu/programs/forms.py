"""Which steps of a plan a program can do, and by which calls of kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..compiled.loops import Chain
from ..compiled.threads import LONG
from ..plan.convolutions import Convolution, OfWeight, Transposed
from ..plan.losses import EntropyGrad
from ..plan.operands import Buffer, Derived, Held, Operand, Planned, Step, Variable, operands
from . import convolutions, kernels, updates
from .calls import Part, Row, run
from .memory import WHOLE, Loose, Matrix, Split, array, matrix, shares
from .products import Product, agreeing
from .shared import Shared

LARGE = 1 << 14
"""Elements from which an elementwise step is shared, where none of its arrays is yet."""
_FLOATS = ("float32", "float64")


class Maker:
    """Turns the steps of a plan into calls, one by one.

    Attributes:
        threads: how many there are.
        views: the steps that look at arguments in another way, by the variable they make.
        loose: the memory that comes and goes.
        shared: how each matrix was shared by the step that wrote it last.
        written: the gradients among them.
        live: functions to be called before a program: they write optimizers' numbers.
    """

    def __init__(
        self, threads: int, views: Mapping[str, Step], loose: Mapping[Buffer, Loose]
    ) -> None:
        self.threads, self.views, self.loose = threads, views, loose
        self.shared: dict[Any, Split] = {}
        self.written: list[updates.Written] = []
        self.live: list[Callable[[], None]] = []
        self.kept: list[Any] = []
        self._known: dict[Any, Any] = {}

    def rows(self, step: Step) -> list[Row] | None:
        """The calls that do a step; None where there are none."""
        form = _form(step)
        return form(self, step) if form is not None else None

    def matrix(self, x: Any) -> Matrix | None:
        return matrix(x, self.views, self.loose)

    def split(self, *among: Matrix) -> Split:
        """How to share a step over these matrices of one shape."""
        for m in among:
            if (known := self.shared.get(m.key())) is not None:
                return known
        rows, columns = among[0].rows, among[0].columns
        if rows * columns < LARGE:
            return WHOLE
        wide = columns >= 32 * self.threads
        return ("columns" if wide else "rows"), self.threads

    def wrote(self, m: Matrix, split: Split) -> None:
        """Note how a matrix was shared."""
        self.shared[m.key()] = split
        if m.kind == "held":
            self.written.append(updates.Written(m if m.in_rows else m.T, split))

    def shape(self, x: Any) -> tuple[int, ...]:
        """The shape of an operand that is a matrix, or one row."""
        if not isinstance(x, Variable):
            return tuple(array(x, self.loose).shape)
        if x.name not in self.views:
            return tuple(x.like[0])
        m = self.matrix(x)
        assert m is not None
        return m.rows, m.columns

    # ------------------------------------------------------------------ kinds of steps

    def product(self, step: Step) -> list[Row] | None:
        a, b, out = (self.matrix(x) for x in step.args)
        if a is None or b is None or out is None:
            return None
        if a.dtype != b.dtype or a.dtype != out.dtype or a.dtype.name not in _FLOATS:
            return None
        if (a.kind, a.address) == (b.kind, b.address):
            return None  # NumPy computes half of it, if it is symmetric
        if (b.rows, out.rows) == (1, 1) != (a.rows, a.columns) and b.columns == a.columns:
            b, out = b.T, out.T  # a matrix and a vector
        if not out.in_rows:
            a, b, out = b.T, a.T, out.T
        if (a.rows, a.columns, b.columns) != (out.rows, b.rows, out.columns):
            return None
        product = Product(a, b, out)
        shapes = [self.shape(x) for x in step.args]
        turned = self.matrix(step.args[0]) != a

        def want(x: Any, y: Any, z: Any) -> None:
            if turned:
                x, y, z = y.T, x.T, z.T
            step.function(*[v.reshape(s) for v, s in zip((x, y, z), shapes, strict=True)])

        made = self.shared.get(a.key())
        if made is not None and not a.in_rows:
            made = ("rows" if made[0] == "columns" else "columns"), made[1]
        best = product.split(self.threads, made if out.kind == "held" else None)
        for split in dict.fromkeys([best, WHOLE]):
            layout = [(m.rows, m.columns, m.down, m.along) for m in product]
            key = (step.function, a.dtype, *layout, *map(tuple, shapes), split)
            if key not in self._known:
                self._known[key] = agreeing(product, split, want, run)
            if self._known[key] is not None:
                self.wrote(out, split)
                return product.rows(split, self._known[key])
        return None

    def chain(self, step: Step) -> list[Row] | None:
        chain: Any = step.function
        rows, columns = chain.shape
        found = []
        for x, form, dtype in zip(step.args, chain.forms, chain.dtypes, strict=True):
            m = self.matrix(x)
            if m is None or m.dtype != dtype:
                return None
            m = _laid(m, form, chain.shape)
            if m is None:
                return None
            found.append(m)
        full = [m for m, form in zip(found, chain.forms, strict=True) if form == "full"]
        split = self.split(*full)
        row: Row = []
        for r, c in shares(rows, columns, split):
            if r[0] == r[1] or c[0] == c[1]:
                row.append(None)
                continue
            parts = {
                "full": (r, c), "row": ((0, 1), c), "column": ((0, 1), r), "one": ((0, 1), (0, 1)),
            }  # fmt: skip
            regions = [m.region(*parts[f]) for m, f in zip(found, chain.forms, strict=True)]
            writes = [x for k, x in enumerate(regions) if k in chain.written]
            words = (*r, *c, rows, columns, *[m.at() for m in found], *chain.functions)
            kernel, light = int(chain.kernel.address), chain.cost < LONG
            row.append(Part(kernel, words, tuple(regions), tuple(writes), light))
        for k in chain.written:
            self.wrote(found[k], split)
        return [row]

    def entropy_grad(self, step: Step) -> list[Row] | None:
        g, probs, target, out = (self.matrix(x) for x in step.args)
        spread = g is None  # one number for all
        if spread and isinstance(step.args[0], Operand) and step.args[0].static:
            g = self.matrix(_one(step.args[0], array(step.args[0], self.loose)))
        if g is None or probs is None or target is None or out is None:
            return None
        n, classes = probs.rows, probs.columns
        if target.dtype != np.int64 or probs.dtype.name not in _FLOATS:
            return None
        if g.dtype != probs.dtype or out.dtype != probs.dtype:
            return None
        if (g.rows, g.columns, target.rows, target.columns) != (1, 1 if spread else n, 1, n):
            return None
        if not target.in_rows or any(not m.in_rows or m.down != classes for m in (probs, out)):
            return None
        split = ("rows", self.threads if n * classes >= LARGE else 1)
        kernel = kernels.address("entropy_grad", probs.dtype.name)
        row: Row = []
        for r, c in shares(n, classes, split):
            if r[0] == r[1]:
                row.append(None)
                continue
            of_g = (0, 1) if spread else r
            reads = (g.region(None, of_g), probs.region(r, c), target.region(None, r))
            words = (r[1] - r[0], classes, g.at(0, of_g[0]), probs.at(r[0]), target.at(0, r[0]),
                     out.at(r[0]), 0 if spread else g.along)  # fmt: skip
            row.append(Part(kernel, words, reads, (out.region(r, c),)))
        self.wrote(out, split)
        return [row]

    def convolution(self, step: Step) -> list[Row] | None:
        function: Any = step.function
        how = function.how
        given = [None if a is None else self.images(a) for a in step.args]
        missing = [x is None for x in given] != [a is None for a in step.args]
        if how["groups"] != 1 or missing:
            return None
        dtypes = {_dtype(a) for a in step.args if a is not None}
        if len(dtypes) != 1 or not dtypes <= {*_FLOATS}:
            return None
        make = convolutions.Convolutions(self.threads, self.kept)
        ways: dict[Any, list[Any]] = {
            Convolution: [make.convolution], Transposed: [make.transposed],
            OfWeight: [
                partial(make.of_weight, turned=turned, apart=apart)
                for turned, apart in ((False, False), (False, True), (True, True), (True, False))
            ],
        }  # fmt: skip

        shapes = [None if a is None else self.shape(a) for a in step.args]
        layout = [x.matrix.dtype if isinstance(x, convolutions.Images) else None for x in given]
        key = (type(function), *sorted(how.items()), *shapes, *layout)
        if key not in self._known:
            tried = (
                k
                for k, way in enumerate(ways[type(function)])
                if convolutions.agrees(partial(way, how=how), given, function, run)
            )
            self._known[key] = next(tried, None)
        chosen = self._known[key]
        return None if chosen is None else ways[type(function)][chosen](*given, how=how)

    def images(self, x: Any) -> Any:
        """An operand of four axes, or a row of numbers; None where its memory is not known."""
        shape = self.shape(x)
        if len(shape) == 1:
            m = self.matrix(x)
            return m if m is not None and m.in_rows else None
        if not isinstance(x, Variable):
            if not array(x, self.loose).flags.c_contiguous:
                return None
            x = Derived(np.reshape, (x, (-1, shape[-1] if shape else 1)), {})
        return convolutions.images(self.matrix(x), shape)

    def update(self, step: Step) -> list[Row] | None:
        kind = updates.KINDS[step.function]
        given = step.args[kind.optional] if len(step.args) > kind.optional else None
        arrays = [self.matrix(step.args[0] if x is None else x) for x in step.args]
        while len(arrays) <= kind.optional:
            arrays.append(arrays[0])
        flat = [m for m in arrays if m is not None and m.rows == 1 and m.in_rows]
        if len(flat) != len(arrays) or len({(m.columns, m.dtype) for m in flat}) != 1:
            return None
        if flat[0].dtype.name not in _FLOATS or any(m.kind != "held" for m in flat):
            return None
        numbers = np.zeros(kind.size)
        self.kept.append(numbers)
        live, numbers_of, there = step.live, kind.numbers, given is not None

        def write() -> None:
            numbers[:] = numbers_of(there, **live())

        self.live.append(write)
        return updates.rows(kind, flat, numbers.ctypes.data, self.written, self.threads)


def _one(x: Operand, a: Any) -> Operand | None:
    """The number that an array repeats, if it lies in memory but once."""
    return Derived(_first, (x,), {}) if a.ndim == 1 and a.size and a.strides == (0,) else None


def _first(a: Any) -> Any:
    return a[:1]


def _laid(m: Matrix, form: str, shape: tuple[int, int]) -> Matrix | None:
    """An array of a chain, checked: all of it, or one row of as many numbers as needed."""
    if not m.in_rows or (m.rows > 1 and m.down != m.columns):
        return None
    n = {"full": shape[0] * shape[1], "row": shape[1], "column": shape[0], "one": 1}[form]
    if m.rows * m.columns != n:
        return None
    rows, columns = shape if form == "full" else (1, n)
    return m._replace(rows=rows, columns=columns, down=columns, along=1)


def _form(step: Step) -> Callable[[Maker, Step], list[Row] | None] | None:
    function = step.function
    if step.kwargs or step.results or (step.live is None) != (function not in updates.KINDS):
        return None
    if function in (np.dot, np.matmul):
        return Maker.product
    if isinstance(function, Chain):
        return Maker.chain
    if isinstance(function, EntropyGrad):
        return Maker.entropy_grad
    if isinstance(function, Convolution):
        return Maker.convolution
    return Maker.update if function in updates.KINDS else None


def fits(step: Any) -> bool:
    """Whether a step is of a kind that a program may do."""
    return isinstance(step, Step) and _form(step) is not None


def prepare(step: Step) -> None:
    """Compile the kernels that a step is likely to need, if it is of a kind that needs any."""
    function = step.function
    if isinstance(function, Chain):
        _ = function.kernel
        return
    if not fits(step) and not isinstance(function, Shared):
        return
    dtypes = {_dtype(x) for x in operands(step.args)} & {*_FLOATS}
    for dtype in dtypes:
        if isinstance(function, Shared):
            function.prepare(dtype)
            continue
        if function in updates.KINDS:
            updates.kernel(updates.KINDS[function].loop, dtype)
        elif isinstance(function, EntropyGrad):
            kernels.kernel("entropy_grad", dtype)
        elif isinstance(function, Convolution):
            names = {Transposed: ["convolve", "reorder"], OfWeight: ["weigh", "total"]}
            for name in names.get(type(function), ["convolve"]):
                kernels.copied("conv_kernels", name, dtype)
        else:
            kernels.kernel("gemm", dtype)
            kernels.kernel("gemv", dtype)  # of a bias's gradient


def _dtype(x: Any) -> str:
    """The dtype's name, of an operand whose memory there may not be yet; "" if it is not known."""
    if isinstance(x, Derived):
        found = operands(x.args)
        return _dtype(found[0]) if found else ""
    if isinstance(x, Variable):
        return "" if x.like is None else np.dtype(x.like[1]).name
    if isinstance(x, Held):
        return str(x.array().dtype)
    return str(x.dtype) if isinstance(x, Planned) else ""


def written(step: Step) -> list[Any]:
    """The operands that a step writes which a program may do."""
    if isinstance(step.function, Chain):
        return [step.args[k] for k in step.function.written]
    if step.function in updates.KINDS:
        return [x for k, x in enumerate(step.args) if k != 1 and x is not None]
    return [step.args[-1]]
