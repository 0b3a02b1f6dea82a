"""Activations as formulas, for loops: what `cpu/activations.py` does in passes over arrays.

Each computes what the function there computes, in its order.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ...record.entries import Op
from .. import activations as plain
from .lines import Term

if TYPE_CHECKING:
    from ..plan.build import Plan

Array = Any


class Formula:
    """A function with a formula, into a given array.

    Attributes:
        term: the formula, of terms.
        whole: whether it is to be tried on as many rows and columns as there are: the function
            makes products, whose bits depend on that.
        rows: how many rows and columns there are, where they are not the last axis and the others.
    """

    def __init__(
        self, function: Callable[..., Any], term: Callable[..., Any], how: Any,
        whole: bool = False, rows: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        self.function, self.term, self.how = function, partial(term, **how), how
        self.whole, self.rows = whole, rows

    def __call__(self, *given: Array) -> None:
        *args, out = given
        if self.rows is not None and out.ndim != 2:
            args = [a.reshape(self.rows) if a.shape == out.shape else a for a in args]
        out[...] = self.function(*args, **self.how).reshape(out.shape)


class _Known:
    """A function of arrays of one dtype that has a formula."""

    def __init__(
        self, function: Callable[..., Any], term: Callable[..., Any],
        covers: Callable[..., bool] | None,
    ) -> None:  # fmt: skip
        self.function, self.term, self.covers = function, term, covers

    def lower(self, plan: Plan, op: Op) -> bool:
        """Make a step of an operation, if the formula is for it."""
        dtypes = {v.dtype for a in op.args if (v := plan.value(a)) is not None}
        if op.live is not None or op.writes or op.many or len(op.reads) != len(op.args):
            return False
        if len(dtypes) != 1 or not dtypes <= {np.dtype("float32"), np.dtype("float64")}:
            return False
        if self.covers is not None and not self.covers(dtypes.pop(), **op.kwargs):
            return False
        out = plan.out(op)
        if out is None:
            return False
        formula = Formula(self.function, self.term, op.kwargs)
        plan.elementwise(formula, *plan.operand(op.args), out=out)
        return True


FORMS: dict[Any, Any] = {}
"""How functions become steps that loops can do."""


def _of(function: Callable[..., Any], covers: Callable[..., bool] | None = None) -> Any:
    def note(term: Callable[..., Any]) -> Any:
        FORMS[function] = _Known(function, term, covers)
        return term

    return note


@_of(plain.sigmoid)
def _sigmoid(x: Term) -> Term:
    return 1 / ((-x).exp() + 1)


@_of(plain.silu)
def _silu(x: Term) -> Term:
    return x / ((-x).exp() + 1)


@_of(plain.silu_grad)
def _silu_grad(g: Term, x: Term) -> Term:
    s = _sigmoid(x)
    return ((1 - s) * x + 1) * s * g


@_of(plain.mish)
def _mish(x: Term) -> Term:
    e = x.clip(-math.inf, 20).exp()
    n = (e + 2) * e
    return n / (n + 2) * x


@_of(plain.mish_grad)
def _mish_grad(g: Term, x: Term) -> Term:
    low = x.clip(-math.inf, 20)
    e = low.exp()
    n = (e + 2) * e
    m = n + 2
    return ((n - e) * low / m * 4 + n) / m * g


@_of(plain.elu)
def _elu(x: Term, alpha: float) -> Term:
    low = x.clip(-math.inf, 0).expm1()
    return (low * alpha if alpha != 1 else low) + x.clip(0, math.inf)


@_of(plain.elu_grad, lambda dtype, alpha: alpha == 1)
def _elu_grad(g: Term, out: Term, alpha: float) -> Term:
    return (out.clip(-math.inf, 0) + 1) * g


@_of(plain.leaky_relu_grad, lambda dtype, slope: 0 <= slope <= 1)
def _leaky_relu_grad(g: Term, x: Term, slope: float) -> Term:
    return (x > 0).clip(slope, 1) * g


@_of(plain.hardswish)
def _hardswish(x: Term) -> Term:
    return (x + 3).clip(0, 6) * (1 / 6) * x


def _inverse_cdf(x: Term) -> Term:
    square = (x * x).clip(0, 30.25)
    y = square * plain._LOGIT[0]
    for c in plain._LOGIT[1:-1]:
        y = (y + c) * square
    return ((y + plain._LOGIT[-1]) * x).exp() + 1


def _tanh_part(x: Term) -> Term:
    return ((x * x * (math.sqrt(2 / math.pi) * 0.044715) + math.sqrt(2 / math.pi)) * x).tanh()


def _in_float32(dtype: Any, approximate: str) -> bool:
    return approximate != "none" or dtype == np.float32


@_of(plain.gelu, _in_float32)
def _gelu(x: Term, approximate: str) -> Term:
    if approximate == "none":
        return x / _inverse_cdf(x)
    return (_tanh_part(x) * 0.5 + 0.5) * x


@_of(plain.gelu_grad, _in_float32)
def _gelu_grad(g: Term, x: Term, approximate: str) -> Term:
    if approximate == "none":
        cdf = 1 / _inverse_cdf(x)
        e = (x * x * -0.5).exp() * (1 / math.sqrt(2 * math.pi)) * x
        return (e + cdf) * g
    t = _tanh_part(x)
    root = math.sqrt(2 / math.pi)
    e = (x * x * (3 * 0.044715 * 0.5 * root) + 0.5 * root) * x * (1 - t * t)
    return (e + (t * 0.5 + 0.5)) * g
