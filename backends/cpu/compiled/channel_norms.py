"""Batch, group and instance norm as steps: `cpu/normalization.py` by channels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ...record.entries import Op
from .. import normalization as plain
from .norm_formulas import centred, formula

if TYPE_CHECKING:
    from ..plan.build import Plan

Array = Any


def _affine(given: Any) -> Any:
    """x scale + shift, of centred values if they are far from 0."""
    x, mean, far, scale, shift = given
    return centred(x, mean, far) * scale + shift


def _slopes(given: Any) -> Any:
    """x b + c + g a, likewise."""
    g, x, mean, far, a, b, c = given
    return centred(x, mean, far) * b + c + g * a


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


def lower(plan: Plan, op: Op, out: Any) -> bool:
    x, mean, var, w, bias = (plan.operand(a) for a in op.args)
    spread, eps = op.kwargs["spread"], op.kwargs["eps"]
    v: Any = plan.value(op.args[0])
    if mean is None or not plain._before_stretch(v.shape, spread):
        return False
    levels: Any = plan.value(op.args[2])
    shape = np.broadcast_shapes(levels.shape, spread)
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
    plan.elementwise(formula(_affine, (of.rows, of.size)), x, centre, far, scale, shift, out=out)
    return True


def lower_grad(plan: Plan, op: Op, dx: Any, by_weight: Any, by_bias: Any) -> bool:
    g, x, mean, var, w = (plan.operand(a) for a in op.args)
    axes, spread, eps = (op.kwargs[name] for name in ("axes", "spread", "eps"))
    v: Any = plan.value(op.args[1])
    of = _Stretches(plan, v, spread)
    levels: Any = plan.value(op.args[3])
    if mean is None or not of.fit() or spread[0] != 1 or math.prod(levels.shape[of.lead :]) != 1:
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
    slopes = formula(_slopes, (of.rows, of.size))
    plan.elementwise(slopes, g, x, centre, far, a, b, c, out=dx)
    return True
