"""Layer norm and RMS norm as steps: `cpu/normalization.py` by rows."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...record.entries import Op
from .. import normalization as plain
from ..plan.operands import Operand
from .lines import Term
from .norm_formulas import centred, either, formula

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


# ------------------------------------------------------------------------------ formulas


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
    levels: Any = (rest.pop(0), rest.pop(0), rest.pop(0)) if mean else (None, None, None)
    m, far, minus = levels
    shift = rest.pop(0) if bias else None
    x = centred(x, m, far)
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
    return moved if shift is not None else either(far, out, moved)


def _products(given: Any, mean: bool) -> Any:
    """g x, of centred values if they are far from 0."""
    g, x, *rest = given
    return g * centred(x, *(rest if mean else (None, None)))


def _less(given: Any) -> Any:
    """hx - mean h, unless values were centred."""
    far, hx, h, mean = given
    return either(far, hx, hx - mean * h)


def _slope(given: Any, n: int) -> Any:
    """-hx r³ / n: the gradient by each row's values, of themselves."""
    hx, r = given
    return hx * r * r * r * (-1.0 / n)


def _constant(given: Any, n: int) -> Any:
    """The same number for each value of a row."""
    far, h, r, mean, of_x = given
    all_ = h * r * (-1.0 / n)
    return either(far, all_, all_ - mean * of_x)


def _gradient(given: Any, mean: bool) -> Any:
    """r wᵀ g + x of_x + constant"""
    g, x, r, w, of_x, *rest = given
    constant = rest.pop() if mean else None
    x = centred(x, *(rest if mean else (None, None)))
    out = (r * w + 0.0) * g if isinstance(x, Term) else _laid(r, w, g)
    out = out + x * of_x
    return out if constant is None else out + constant


def _total(given: Any) -> Any:
    """A sum, as NumPy adds it to the 0 it begins with."""
    return given[0] + 0.0


def _weight_gradient(given: Any) -> Any:
    far, total, less = given
    total = total + 0.0
    return either(far, total, total - less)


# --------------------------------------------------------------------------------- steps


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


def lower(plan: Plan, op: Op, out: Any) -> bool:
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
    whole = formula(_standardize, mean=mean is not None, bias=bias is not None)
    plan.elementwise(whole, *given, out=out)
    return True


def lower_grad(plan: Plan, op: Op, dx: Any, by_weight: Any, by_bias: Any) -> bool:
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
    plan.elementwise(formula(_products, mean=centred), g, x, *less, out=dx)
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
        plan.elementwise(formula(_weight_gradient), one, total, off, out=by_weight)
        plan.elementwise(formula(_less), far, hx, h, m, out=hx)
    else:
        plan.elementwise(formula(_total), total, out=by_weight)
    plan.elementwise(formula(_slope, n=of.n), hx, r, out=of_x)
    if centred:
        plan.elementwise(formula(_constant, n=of.n), far, h, r, m, of_x, out=constant)
    plan.emit(np.dot, plan.held(np.ones(rows, kind)), of_g, off)
    plan.elementwise(formula(_total), off, out=by_bias)
    given = [g, x, column_r, w, of.seen(of_x, *of.column)]
    if centred:
        given += [*less, of.seen(constant, *of.column)]
    plan.elementwise(formula(_gradient, mean=centred), *given, out=dx)
    return True


def _first(x: Array) -> Array:
    return x[:1]
