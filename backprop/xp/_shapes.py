"""Sizes, shapes and axes as users give them, checked and as plain integers."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

Shape = tuple[int, ...]


def integer(value: Any, function: str, name: str) -> int:
    """The value as Python's integer: NumPy's and 0-d Tensors of integers are taken too."""
    try:
        return index(value)
    except (TypeError, ValueError):
        got = type(value).__name__ if hasattr(value, "shape") else repr(value)
        raise TypeError(f"{function}: {name}: got {got}, wanted an integer") from None


def integers(value: Any, function: str, name: str) -> Shape:
    """An integer, or a sequence of them, as a tuple."""
    if type(value) is tuple and all(type(v) is int for v in value):
        return value
    if isinstance(value, (tuple, list)):
        return tuple(integer(v, function, name) for v in value)
    try:
        return (integer(value, function, name),)
    except TypeError as error:
        raise TypeError(str(error) + " or a tuple of integers") from None


def sizes(value: Any, function: str, name: str = "shape") -> Shape:
    """A shape whose sizes are 0 or more."""
    out = integers(value, function, name)
    if any(n < 0 for n in out):
        raise ValueError(f"{function}: {name}: got {value}, wanted sizes of 0 or more")
    return out


def axis(value: Any, shape: Shape, function: str, name: str = "axis", new: int = 0) -> int:
    """The axis counted from the front. `new` axes are being added to those of the shape."""
    at, ndim = integer(value, function, name), len(shape) + new
    if not -ndim <= at < ndim:
        wanted = f"wanted {-ndim} .. {ndim - 1}" if ndim else "but there is none"
        for_new = " with the new axis" if new == 1 else f" with the {new} new axes" if new else ""
        raise np.exceptions.AxisError(
            f"{function}: {name}: got {at}, {wanted} for shape {tuple(shape)}{for_new}"
        )
    return at + ndim if at < 0 else at


def axes(value: Any, shape: Shape, function: str, name: str = "axis", new: bool = False) -> Shape:
    """Axes counted from the front, all different; all of them for None."""
    if value is None:
        return tuple(range(len(shape)))
    given = integers(value, function, name)
    extra = len(given) if new else 0
    out = tuple(axis(a, shape, function, name, extra) for a in given)
    if len(set(out)) < len(out):
        raise ValueError(f"{function}: {name}: got {value}, wanted each axis once")
    return out
