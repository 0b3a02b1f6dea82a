"""Choices between operands."""

from __future__ import annotations

import numpy as np

from .. import rules
from ..tensor import Tensor
from ._check import tensor
from ._operands import operand, pair

__all__ = ["clip", "maximum", "minimum", "where"]

Operand = Tensor | int | float | complex | bool
Real = Tensor | int | float


def maximum(x1: Real, x2: Real, /) -> Tensor:
    """The larger of two, element by element, or NaN if one is; their shapes broadcast.

    The gradient passes to the larger; a tie gives each half of it. (The largest element of one
    array: `max`.)

    >>> import backprop as bp
    >>> bp.maximum(bp.asarray([-1.0, 2.0]), 0.0)
    tensor([0., 2.])
    """
    return rules.maximum(*pair("maximum", x1, x2))


def minimum(x1: Real, x2: Real, /) -> Tensor:
    """The smaller of two, element by element, or NaN if one is; see `maximum`."""
    return rules.minimum(*pair("minimum", x1, x2))


def clip(x: Tensor, /, min: Real | None = None, max: Real | None = None) -> Tensor:
    """min(max(x, min), max): x held between the bounds, in the dtype of x.

    The gradient passes to x inside the bounds and on them, beyond one it passes to that bound.
    A bound is a Python number, a Tensor whose shape broadcasts with that of x, or None for none.
    Where the bounds are crossed, max wins.

    >>> import backprop as bp
    >>> x = bp.asarray([-2.0, 0.5, 3.0], requires_grad=True)
    >>> top = bp.asarray(1.0, requires_grad=True)
    >>> y = bp.clip(x, -1.0, top)
    >>> y.sum().backward()
    >>> y.tolist(), x.grad.tolist(), top.grad.item()
    ([-1.0, 0.5, 1.0], [0.0, 1.0, 0.0], 1.0)
    """
    dtype = tensor(x, "clip").dtype
    for name, bound in (("min", min), ("max", max)):
        if bound is not None:
            operand("clip", name, bound)
    if dtype.kind in "iu":  # a bound that no number of the dtype crosses need not fit it
        if type(min) is int and min <= np.iinfo(dtype).min:
            min = None
        if type(max) is int and max >= np.iinfo(dtype).max:
            max = None
    return rules.clip(x, min, max)


def where(condition: Tensor, x1: Operand, x2: Operand, /) -> Tensor:
    """x1 where the condition holds, else x2; the shapes of the three broadcast.

    The gradient passes to the one that was chosen. What was not chosen gets 0, but its own
    derivative is still taken: where that is infinite or NaN, 0 times it is NaN. So guard the
    argument, not the result:

    >>> import backprop as bp
    >>> x = bp.asarray([0.0, 4.0], requires_grad=True)
    >>> bp.where(x > 0, bp.sqrt(bp.where(x > 0, x, 1.0)), 0.0).sum().backward()
    >>> x.grad.tolist()
    [0.0, 0.25]
    """
    if tensor(condition, "where", "condition").dtype.kind != "b":
        raise TypeError(
            f"where: condition has dtype {condition.dtype}, wanted truth values; "
            "compare first: where(condition != 0, x1, x2)"
        )
    return rules.where(condition, *pair("where", x1, x2))
