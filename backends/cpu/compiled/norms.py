"""Layer norm and RMS norm as steps that loops and programs can do: `cpu/normalization.py` by rows.

Whether values are centred first depends on them. So each row has a number that says whether it is
far from 0, the same for all rows, and the formulas go either way. Beside every formula stands what
it is tried against: the same by the functions of that file.
"""

from __future__ import annotations

import math
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


def _formula(function: Any, **how: Any) -> Formula:
    def both(*given: Any, **how: Any) -> Any:
        return function(given, **how)

    return Formula(both, both, how, whole=True)


# ------------------------------------------------------------------------------- lowering


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


def _fits(plan: Plan, op: Op, arrays: slice, outs: int) -> bool:
    """Whether it is over the last axis, of arrays in order and of one dtype."""
    given = [plan.value(a) for a in op.args]
    values = given[arrays]
    there = [v for v in given if v is not None]
    if op.live is not None or op.writes or len(op.outs) != outs or None in values:
        return False
    if len({v.dtype for v in there}) > 1 or there[0].dtype not in (np.float32, np.float64):
        return False
    shape, how = there[0].shape, op.kwargs
    last = how.get("axes") == (len(shape) - 1,)
    if not last or not plain._are_rows(shape, how["axes"], how["spread"]):
        return False
    return all(v.strides == in_order(v.shape, v.dtype.itemsize) for v in there)


class Standardize:
    """How `normalization.standardize` is done by steps."""

    @staticmethod
    def lower(plan: Plan, op: Op) -> bool:
        if len(op.args) != 5 or not _fits(plan, op, slice(0, 1), 1):
            return False
        x, mean, var, w, bias = (plan.operand(a) for a in op.args)
        out = plan.out(op)
        if out is None or (mean is None and bias is not None):
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


class StandardizeGrad:
    """How `normalization.standardize_grad` is done by steps."""

    @staticmethod
    def lower(plan: Plan, op: Op) -> bool:
        if len(op.args) != 5 or not _fits(plan, op, slice(0, 2), 3) or None in op.outs:
            return False
        of = _Rows(plan, plan.value(op.args[1]), op.kwargs["eps"])
        if len(plain._parts(of.rows, of.n)) > 1:
            return False
        outs = [plan.out(op, i) for i in range(3)]
        if None in outs:
            return False
        g, x, mean, var, w = (plan.operand(a) for a in op.args)
        _gradients(of, g, x, mean, var, of.weight(w), *outs)
        return True


def _gradients(
    of: _Rows, g: Any, x: Any, mean: Any, var: Any, w: Any, dx: Any, by_weight: Any, by_bias: Any
) -> None:
    """The steps of `normalization._rows_grad`."""
    plan, kind, rows = of.plan, of.dtype, of.rows
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


def _first(x: Array) -> Array:
    return x[:1]


FORMS: dict[Any, Any] = {
    plain.standardize: Standardize, plain.standardize_grad: StandardizeGrad,
}  # fmt: skip
"""How functions are done by steps."""
