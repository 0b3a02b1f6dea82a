"""What the functions that reduce axes ask of their arguments."""

from __future__ import annotations

import math
from typing import Any

from ..tensor import Tensor
from ._check import tensor
from ._shapes import axes as _axes
from ._shapes import axis as _axis

Axis = int | tuple[int, ...] | None


def over(x: Tensor, axis: Any, function: str) -> Axis:
    """The axes to reduce, counted from the front; None for all of them."""
    if axis is None:
        return None
    if isinstance(axis, (tuple, list)):
        return _axes(axis, x.shape, function)
    return _axis(axis, x.shape, function)


def real(x: Any, function: str, name: str = "x") -> Tensor:
    """x, if it is a Tensor of numbers with an order."""
    if tensor(x, function, name).dtype.kind in "bc":
        instead = "real, imag or abs" if x.dtype.kind == "c" else "any or all"
        raise TypeError(
            f"{function}: {name}: got dtype {x.dtype}, wanted real numbers, which have an order; "
            f"use backprop.{instead}"
        )
    return x


def something(x: Tensor, axis: Axis, function: str) -> None:
    """Raise if there is no element to choose from."""
    if x.size:
        return
    gone = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if math.prod(x.shape[a] for a in gone) == 0:
        which = "axis None, all axes" if axis is None else f"axis {axis}"
        raise ValueError(
            f"{function}: {which}: x has shape {x.shape}, so there is no element to choose from"
        )
