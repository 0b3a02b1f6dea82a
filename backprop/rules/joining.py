"""Joining arrays, and taking one apart."""

from __future__ import annotations

from functools import cache
from typing import Any

import backends

from ..graph import Box, mode
from ..primitive import Primitive
from ..rule import vjp_joint
from .indexing import getitem

__all__ = ["concat", "join", "split", "stack", "unstack"]

Shape = tuple[int, ...]


def _concat(*arrays: Any, axis: int) -> Any:
    return backends.namespace(arrays[0]).concat(arrays, axis=axis)


def _concat_parts(g: Any, shapes: Any, axis: int) -> tuple[Any, ...]:
    axis %= len(g.shape)
    return split(g, axis=axis, lengths=tuple([shape[axis] for shape in shapes]))


concat = Primitive("concat", "arrays", _concat)
vjp_joint(concat, _concat_parts)


def _stack(*arrays: Any, axis: int) -> Any:
    return backends.namespace(arrays[0]).stack(arrays, axis=axis)


stack = Primitive("stack", "arrays", _stack)
vjp_joint(stack, lambda g, axis: unstack(g, axis=axis % len(g.shape)))


def split(x: Any, *, axis: int, lengths: Shape) -> tuple[Any, ...]:
    """Neighbouring parts of these lengths along an axis (counted from the front)."""
    return _take_apart(x, axis, lengths, len(lengths))


def unstack(x: Any, *, axis: int) -> tuple[Any, ...]:
    """What stands at each index of an axis (counted from the front)."""
    return _take_apart(x, axis, None, x.shape[axis])


def _take_apart(x: Any, axis: int, lengths: Shape | None, n: int) -> tuple[Any, ...]:
    """All parts at once, as one node: one for each part would in the backward pass make a whole
    array of zeros for each. Where nothing is recorded they are views, as slices are."""
    if isinstance(x, Box) and x.node is not None and mode.recording and n > 1:
        return _taking_apart(n)(x, axis=axis, lengths=lengths)
    places = _places(axis, lengths, n)
    if isinstance(x, Box) and x.node is None:
        return tuple([Box.make(x.data[i], None) for i in places])
    return tuple([getitem(x, index=i) for i in places])


def _places(axis: int, lengths: Shape | None, n: int) -> list[Any]:
    """The index of each part."""
    before, places, start = (slice(None),) * axis, [], 0
    for i in range(n):
        stop = start + (1 if lengths is None else lengths[i])
        places.append((*before, start if lengths is None else slice(start, stop), Ellipsis))
        start = stop
    return places


def _parts(x: Any, *, axis: int, lengths: Shape | None) -> tuple[Any, ...]:
    xp = backends.namespace(x)
    n = x.shape[axis] if lengths is None else len(lengths)
    return tuple([xp.asarray(x[i], copy=True) for i in _places(axis, lengths, n)])


@cache
def _taking_apart(n: int) -> Primitive:
    """The primitive that takes an array apart into n parts."""
    primitive = Primitive("unstack", "x", _parts, outputs=n)
    vjp_joint(primitive, _join_gradients)
    return primitive


def _join_gradients(g: Any, shapes: tuple[Shape], axis: int, lengths: Shape | None) -> tuple[Any]:
    return (join(*g, shape=shapes[0], axis=axis, lengths=lengths),)


def _join(*parts: Any, shape: Shape, axis: int, lengths: Shape | None) -> Any:
    first = next(p for p in parts if p is not None)
    xp, kw = backends.namespace(first), {"dtype": first.dtype, "device": first.device}
    filled = []
    for i, part in enumerate(parts):
        if part is None:
            middle = () if lengths is None else (lengths[i],)
            part = xp.zeros((*shape[:axis], *middle, *shape[axis + 1 :]), **kw)
        filled.append(part)
    return xp.stack(filled, axis=axis) if lengths is None else xp.concat(filled, axis=axis)


def _join_parts(g: Any, axis: int, lengths: Shape | None) -> tuple[Any, ...]:
    n = g.shape[axis] if lengths is None else len(lengths)
    return _take_apart(g, axis, lengths, n)


join = Primitive("join", "parts", _join)  # the transpose of taking apart: zeros for None
vjp_joint(join, _join_parts)
