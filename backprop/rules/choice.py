"""Choices between operands."""

from __future__ import annotations

from typing import Any

from backends import kernels

from ..primitive import Primitive
from ..rule import vjp
from .operands import REAL, either, of_kinds

__all__ = ["clip", "maximum", "minimum", "where"]

where = Primitive("where", "condition x y")
vjp(
    where,
    None,
    lambda g, condition: where(condition, g, 0.0),
    lambda g, condition: where(condition, 0.0, g),
)

maximum = Primitive("maximum", "x y", of_kinds("biuf", "maximum", REAL, either("maximum")))
minimum = Primitive("minimum", "x y", of_kinds("biuf", "minimum", REAL, either("minimum")))


def _share(loses: Any, ties: Any, g: Any) -> Any:
    """None of g where this operand loses, half of it at a tie (as in PyTorch)."""
    return where(loses, 0.0, where(ties, g * 0.5, g))


vjp(
    maximum,
    lambda g, x, y: _share(x < y, x == y, g),
    lambda g, x, y: _share(y < x, x == y, g),
)
vjp(
    minimum,
    lambda g, x, y: _share(x > y, x == y, g),
    lambda g, x, y: _share(y > x, x == y, g),
)

clip = Primitive("clip", "x min max", of_kinds("biuf", "clip", REAL, kernels.clip))


def _clip_x(g: Any, x: Any, min: Any, max: Any) -> Any:
    """g inside the bounds and on them, 0 outside."""
    if min is not None:
        g = where(x >= min, g, 0.0)
    return g if max is None else where(x <= max, g, 0.0)


def _clip_min(g: Any, x: Any, min: Any, max: Any) -> Any:
    """g where x is below min, unless max, which then wins, is below it too."""
    g = where(x < min, g, 0.0)
    return g if max is None else where(min < max, g, 0.0)


def _clip_max(g: Any, x: Any, min: Any, max: Any) -> Any:
    """g where x, or min in its place, is above max."""
    above = where(x > max, g, 0.0)
    return above if min is None else where(max < min, g, above)


vjp(clip, _clip_x, _clip_min, _clip_max)  # as in PyTorch, crossed bounds and all
