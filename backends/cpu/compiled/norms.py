"""Norms as steps that loops and programs can do: `cpu/normalization.py`, by rows and by channels.

Whether values are centred first depends on them. So there is a number that says whether they are
far from 0 (one for each row, all the same), and the formulas go either way. Beside every formula
stands what it is tried against: the same by the functions of that file.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...record.entries import Op
from .. import normalization as plain
from ..plan.operands import Operand, in_order
from .formulas import Formula
from .lines import Term

if TYPE_CHECKING:
    from ..plan.build import Plan

Array = Any


def _levels(eps: float, mean: Array | None, var: Array, r: Array, minus: Array, far: Array) -> None:
    """r <- 1 / √(var + eps); far <- 1 if values are to be centred first, else 0; minus <- -mean r,
    or 0 if there is no mean to be taken off."""
    np.add(var, eps, r)
    np.sqrt(r, r)
    np.divide(1.0, r, r)
    far[...] = 0.0 if mean is None else plain._is_far(mean, r)
    if mean is None or far.flat[0]:
        minus[...] = 0.0
    else:
        np.multiply(mean, -r, minus)


def _if(far: Any, x: Any, y: Any) -> Any:
    """x where values are far from 0, else y."""
    if isinstance(far, Term):
        return far.lines.write("({1} if {0} != 0 else {2})", far, x, y)
    return np.where(far != 0, x, y)


def _centred(x: Any, mean: Any, far: Any) -> Any:
    return x if mean is None else _if(far, x - mean, x)


def _laid(left: Array, along: Array, x: Array) -> Array:
    """(left alongᵀ) x"""
    out = np.empty((left.size, along.size), x.dtype)
    left, along = left.reshape(-1), along.reshape(-1)
    plain._lay(left, along, np.zeros_like(left), np.zeros_like(along), out)
    return out.reshape(x.shape) * x


def _shifted(left: Array, along: Array, shift: Array, x: Array) -> Array:
    """x + left alongᵀ + 1 shiftᵀ"""
    out = np.empty((left.size, along.size), x.dtype)
    left = left.reshape(-1)
    plain._lay(left, along.reshape(-1), np.ones_like(left), shift.reshape(-1), out)
    return x + out.reshape(x.shape)


def _standardize(given: Any, mean: bool, bias: bool) -> Any:
    """r wᵀ x - mean r wᵀ + 1 biasᵀ"""
    x, r, w, *rest = given
    m, far, minus = (rest.pop(0), rest.pop(0), rest.pop(0)) if mean else (None, None, None)
    shift = rest.pop(0) if bias else None
    x = _centred(x, m, far)
    if isinstance(x, Term):
        out = (r * w + 0.0) * x
        if m is None:
            return out
        along = minus.fma(w, 0.0)
        moved = out + (along if shift is None else along + shift)
    else:
        out = _laid(r, w, x)
        if m is None:
            return out
        moved = _shifted(minus, w, np.zeros_like(w) if shift is None else shift, out)
    return moved if shift is not None else _if(far, out, moved)


def _products(given: Any, mean: bool) -> Any:
    """g x, of centred values if they are far from 0."""
    g, x, *rest = given
    return g * _centred(x, *(rest if mean else (None, None)))


def _less(given: Any) -> Any:
    """hx - mean h, unless values were centred."""
    far, hx, h, mean = given
    return _if(far, hx, hx - mean * h)


def _slope(given: Any, n: int) -> Any:
    """-hx r³ / n: the gradient by each row's values, of themselves."""
    hx, r = given
    return hx * r * r * r * (-1.0 / n)


def _constant(given: Any, n: int) -> Any:
    """The same number for each value of a row."""
    far, h, r, mean, of_x = given
    all_ = h * r * (-1.0 / n)
    return _if(far, all_, all_ - mean * of_x)


def _gradient(given: Any, mean: bool) -> Any:
    """r wᵀ g + x of_x + constant"""
    g, x, r, w, of_x, *rest = given
    constant = rest.pop() if mean else None
    x = _centred(x, *(rest if mean else (None, None)))
    out = (r * w + 0.0) * g if isinstance(x, Term) else _laid(r, w, g)
    out = out + x * of_x
    return out if constant is None else out + constant


def _total(given: Any) -> Any:
    """A sum, as NumPy adds it to the 0 it begins with."""
    return given[0] + 0.0


def _weight_gradient(given: Any) -> Any:
    far, total, less = given
    total = total + 0.0
    return _if(far, total, total - less)


def _affine(given: Any) -> Any:
    """x scale + shift, of centred values if they are far from 0."""
    x, mean, far, scale, shift = given
    return _centred(x, mean, far) * scale + shift


def _slopes(given: Any) -> Any:
    """x b + c + g a, likewise."""
    g, x, mean, far, a, b, c = given
    return _centred(x, mean, far) * b + c + g * a


def _formula(function: Any, rows: Any = None, **how: Any) -> Formula:
    def both(*given: Any, **how: Any) -> Any:
        return function(given, **how)

    return Formula(both, both, how, rows is None, rows)


# ----------------------------------------------------------------------------------- rows


class _Rows:
    """The rows of an operation's values."""

    def __init__(self, plan: Plan, values: Any, eps: float) -> None:
        self.plan, self.dtype, self.eps = plan, values.dtype, eps
        self.n, self.rows = values.shape[-1], math.prod(values.shape[:-1])
        self.column = (*values.shape[:-1], 1)

    def levels(self, mean: Any, var: Any) -> tuple[Any, Any, Any]:
        """Numbers for each row: r, -mean r, and whether values are to be centred first."""
        key = _levels, id(mean), id(var), self.eps
        if key not in self.plan.notes:
            made = [self.plan.scratch(self.column, self.dtype) for _ in range(3)]
            self.plan.emit(partial(_levels, self.eps), mean, var, *made)
            self.plan.notes[key] = made
        r, minus, far = self.plan.notes[key]
        return r, minus, far

    def weight(self, given: Any) -> Any:
        return self.plan.held(np.ones(self.n, self.dtype)) if given is None else given

    def seen(self, x: Any, *shape: int) -> Operand:
        """An operand in another shape."""
        return self.plan.view(np.reshape, x, shape, like=(shape, self.dtype, True))


def _are_rows(values: Sequence[Any], how: Any) -> bool:
    """Whether it is over the last axis."""
    shape = values[0].shape
    return how["axes"] == (len(shape) - 1,) and plain._are_rows(shape, how["axes"], how["spread"])


def _standardize_rows(plan: Plan, op: Op, out: Any) -> bool:
    x, mean, var, w, bias = (plan.operand(a) for a in op.args)
    if mean is None and bias is not None:
        return False
    of = _Rows(plan, plan.value(op.args[0]), op.kwargs["eps"])
    r, minus, far = of.levels(mean, var)
    given = [x, r, of.weight(w)]
    if mean is not None:
        given += [mean, far, minus]
    if bias is not None:
        given.append(bias)
    formula = _formula(_standardize, mean=mean is not None, bias=bias is not None)
    plan.elementwise(formula, *given, out=out)
    return True


def _gradients_of_rows(plan: Plan, op: Op, dx: Any, by_weight: Any, by_bias: Any) -> bool:
    """The steps of `normalization._rows_grad`."""
    of = _Rows(plan, plan.value(op.args[1]), op.kwargs["eps"])
    if len(plain._parts(of.rows, of.n)) > 1:
        return False
    g, x, mean, var, w = (plan.operand(a) for a in op.args)
    w, kind, rows = of.weight(w), of.dtype, of.rows
    centred = mean is not None
    column_r, _, column_far = of.levels(mean, var)
    r, far = of.seen(column_r, rows), of.seen(column_far, rows)
    less = [mean, column_far] if centred else []
    plan.elementwise(_formula(_products, mean=centred), g, x, *less, out=dx)
    hx, h, of_x, constant = (plan.scratch((rows,), kind) for _ in range(4))
    total, off = (plan.scratch((of.n,), kind) for _ in range(2))
    of_g, products = of.seen(g, rows, of.n), of.seen(dx, rows, of.n)
    plan.emit(np.dot, r, products, total)
    plan.emit(np.matmul, products, w, hx)
    plan.emit(np.matmul, of_g, w, h)
    if centred:
        m, one = of.seen(mean, rows), plan.view(_first, far, like=((1,), kind, True))
        plan.elementwise(np.multiply, r, m, out=of_x)
        plan.emit(np.dot, of_x, of_g, off)
        plan.elementwise(_formula(_weight_gradient), one, total, off, out=by_weight)
        plan.elementwise(_formula(_less), far, hx, h, m, out=hx)
    else:
        plan.elementwise(_formula(_total), total, out=by_weight)
    plan.elementwise(_formula(_slope, n=of.n), hx, r, out=of_x)
    if centred:
        plan.elementwise(_formula(_constant, n=of.n), far, h, r, m, of_x, out=constant)
    plan.emit(np.dot, plan.held(np.ones(rows, kind)), of_g, off)
    plan.elementwise(_formula(_total), off, out=by_bias)
    given = [g, x, column_r, w, of.seen(of_x, *of.column)]
    if centred:
        given += [*less, of.seen(constant, *of.column)]
    plan.elementwise(_formula(_gradient, mean=centred), *given, out=dx)
    return True


def _first(x: Array) -> Array:
    return x[:1]


# ------------------------------------------------------------------------------- channels


class _Stretches:
    """Values as rows: a stretch of the last axes is one, with numbers of its own.

    Attributes:
        rows, size: how many, and how long.
    """

    def __init__(self, plan: Plan, values: Any, numbers: tuple[int, ...]) -> None:
        """Args: numbers: the shape of the numbers for each stretch."""
        self.plan, self.shape, self.dtype = plan, values.shape, values.dtype
        self.lead = plain._before_stretch(values.shape, numbers)
        self.size = math.prod(self.shape[self.lead :])
        self.rows = math.prod(self.shape[: self.lead])

    def fit(self) -> bool:
        return self.lead > 0 and self.size >= SHORT

    def numbers(self, n: int) -> list[Any]:
        """Memory for n numbers for each row, and one for all."""
        columns = [self.plan.scratch((self.rows, 1), self.dtype) for _ in range(n)]
        return [*columns, self.plan.scratch((1,), self.dtype)]

    def spread(self, numbers: Array, out: Array) -> None:
        """out <- (1 or samples, ...) numbers, one for each row."""
        flat = numbers.reshape(len(numbers), -1)
        out.reshape(self.shape[0], flat.shape[1])[...] = flat


SHORT = 8
"""Numbers of a stretch, at least, that are worth a row of a loop."""


def _standardize_channels(plan: Plan, op: Op, out: Any) -> bool:
    x, mean, var, w, bias = (plan.operand(a) for a in op.args)
    spread, eps = op.kwargs["spread"], op.kwargs["eps"]
    v: Any = plan.value(op.args[0])
    if mean is None or not plain._before_stretch(v.shape, spread):
        return False
    shape = np.broadcast_shapes(plan.value(op.args[2]).shape, spread)
    of = _Stretches(plan, v, shape)
    if not of.fit():
        return False

    def numbers(
        mean: Array, var: Array, w: Array | None, bias: Array | None, scale: Array, shift: Array,
        centre: Array, far: Array,
    ) -> None:  # fmt: skip
        r = 1.0 / np.sqrt(var + eps)
        far[0], *made = plain._affine(mean, r, w, bias, spread)
        for a, to in zip((*made, mean), (scale, shift, centre), strict=True):
            of.spread(np.broadcast_to(a, shape), to)

    scale, shift, centre, far = made = of.numbers(3)
    plan.emit(numbers, mean, var, w, bias, *made)
    plan.elementwise(_formula(_affine, (of.rows, of.size)), x, centre, far, scale, shift, out=out)
    return True


def _gradients_of_channels(plan: Plan, op: Op, dx: Any, by_weight: Any, by_bias: Any) -> bool:
    g, x, mean, var, w = (plan.operand(a) for a in op.args)
    axes, spread, eps = (op.kwargs[name] for name in ("axes", "spread", "eps"))
    v: Any = plan.value(op.args[1])
    of = _Stretches(plan, v, spread)
    levels = plan.value(op.args[3]).shape
    if mean is None or not of.fit() or spread[0] != 1 or math.prod(levels[of.lead :]) != 1:
        return False

    def numbers(
        g: Array, x: Array, mean: Array, var: Array, w: Array | None, a: Array, b: Array, c: Array,
        centre: Array, far: Array, by_weight: Array, by_bias: Array,
    ) -> None:  # fmt: skip
        r = 1.0 / np.sqrt(var + eps)
        of.spread(np.broadcast_to(mean, (len(mean), *spread[1:])), centre)
        far[0] = plain._is_far(mean, r)
        if far[0]:
            x, mean = x - mean, np.zeros_like(mean)
        slopes, of_w, of_b = plain._slopes(g, x, mean, r, w, axes, of.lead)
        for made, to in zip(slopes, (a, b, c), strict=True):
            of.spread(made, to)
        by_weight[...], by_bias[...] = of_w.reshape(spread), of_b.reshape(spread)

    a, b, c, centre, far = made = of.numbers(4)
    plan.emit(numbers, g, x, mean, var, w, *made, by_weight, by_bias)
    formula = _formula(_slopes, (of.rows, of.size))
    plan.elementwise(formula, g, x, centre, far, a, b, c, out=dx)
    return True


# ------------------------------------------------------------------------------- lowering


def _values(plan: Plan, op: Op, outs: int) -> list[Any] | None:
    """What is known of the arrays, if they are in order and of one dtype."""
    given = [plan.value(a) for a in op.args]
    there = [v for v in given if v is not None]
    if len(given) != 5 or op.live is not None or op.writes or len(op.outs) != outs:
        return None
    if len({v.dtype for v in there}) > 1 or there[0].dtype not in (np.float32, np.float64):
        return None
    ordered = all(v.strides == in_order(v.shape, v.dtype.itemsize) for v in there)
    return there if ordered and 0 not in there[0].shape and None not in op.outs else None


class Standardize:
    """How `normalization.standardize` is done by steps."""

    @staticmethod
    def lower(plan: Plan, op: Op) -> bool:
        values, out = _values(plan, op, 1), plan.out(op)
        if values is None or out is None:
            return False
        rows = _are_rows(values, op.kwargs)
        return (_standardize_rows if rows else _standardize_channels)(plan, op, out)


class StandardizeGrad:
    """How `normalization.standardize_grad` is done by steps."""

    @staticmethod
    def lower(plan: Plan, op: Op) -> bool:
        values = _values(plan, op, 3)
        outs = [] if values is None else [plan.out(op, i) for i in range(3)]
        if values is None or None in outs:
            return False
        rows = _are_rows(values, op.kwargs)
        return (_gradients_of_rows if rows else _gradients_of_channels)(plan, op, *outs)


FORMS: dict[Any, Any] = {
    plain.standardize: Standardize, plain.standardize_grad: StandardizeGrad,
}  # fmt: skip
"""How functions are done by steps."""
