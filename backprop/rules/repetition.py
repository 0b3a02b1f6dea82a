"""Copies side by side: each element, or the whole, several times."""

from __future__ import annotations

from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp
from .reductions import sum
from .shapes import reshape

__all__ = ["repeat", "tile"]

Shape = tuple[int, ...]


def _sum_copies(g: Any, shape: Shape, copies: Shape, apart: Shape) -> Any:
    """What repeated an array of the shape, undone: g's axes are cut up as `copies` says, and the
    axes `apart`, which count the copies of an element, are summed over."""
    return reshape(sum(reshape(g, shape=copies), axis=apart, keepdims=False), shape=shape)


def _repeat(x: Any, *, repeats: int, axis: int) -> Any:
    return backends.namespace(x).repeat(x, repeats, axis=axis)


def _repeat_x(g: Any, shapes: tuple[Shape], repeats: int, axis: int) -> Any:
    (shape,) = shapes
    copies = (*shape[: axis + 1], repeats, *shape[axis + 1 :])
    return _sum_copies(g, shape, copies, (axis + 1,))


repeat = Primitive("repeat", "x", _repeat)  # each element, several times; the axis is not negative
vjp(repeat, _repeat_x)


def _tile(x: Any, *, repetitions: Shape) -> Any:
    return backends.namespace(x).tile(x, repetitions)


def _tile_x(g: Any, shapes: tuple[Shape], repetitions: Shape) -> Any:
    (shape,) = shapes
    copies = [n for pair in zip(repetitions, shape, strict=True) for n in pair]
    return _sum_copies(g, shape, tuple(copies), tuple(range(0, len(copies), 2)))


tile = Primitive("tile", "x", _tile)  # the whole, several times along each of its axes
vjp(tile, _tile_x)
