"""Changes of shape: the same elements in another arrangement."""

from __future__ import annotations

from functools import cache
from typing import Any

import backends

from ..graph import Box, mode
from ..primitive import Primitive
from ..rule import vjp, vjp_joint

__all__ = [
    "broadcast_to", "concat", "flip", "join", "matrix_transpose", "permute_dims", "repeat",
    "reshape", "roll", "split", "stack", "tile", "tril", "triu", "unstack",
]  # fmt: skip

Shape = tuple[int, ...]


def _on_shape(name: str) -> Any:
    kernel = getattr(backends.kernels, name)

    def forward(x: Any, *, shape: Shape) -> Any:
        return kernel(x, shape)

    return forward


reshape = Primitive("reshape", "x", _on_shape("reshape"))
vjp(reshape, lambda g, shapes: reshape(g, shape=shapes[0]))

broadcast_to = Primitive("broadcast_to", "x", _on_shape("broadcast_to"))
vjp(broadcast_to, lambda g: g)  # the sweep sums a gradient to its variable's shape

matrix_transpose = Primitive("matrix_transpose", "x")
vjp(matrix_transpose, lambda g: matrix_transpose(g))


def _permute(x: Any, *, axes: Shape) -> Any:
    return backends.namespace(x).permute_dims(x, axes)


def _inverse(axes: Shape) -> Shape:
    return tuple(sorted(range(len(axes)), key=[a % len(axes) for a in axes].__getitem__))


permute_dims = Primitive("permute_dims", "x", _permute)
vjp(permute_dims, lambda g, axes: permute_dims(g, axes=_inverse(axes)))


def _flip(x: Any, *, axis: Shape) -> Any:
    return backends.namespace(x).flip(x, axis=axis)


flip = Primitive("flip", "x", _flip)
vjp(flip, lambda g, axis: flip(g, axis=axis))


def _roll(x: Any, *, shift: Shape, axis: Shape) -> Any:
    return backends.namespace(x).roll(x, shift, axis=axis)


roll = Primitive("roll", "x", _roll)
vjp(roll, lambda g, shift, axis: roll(g, shift=tuple(-s for s in shift), axis=axis))


def _triangle(name: str) -> Any:
    def forward(x: Any, *, k: int) -> Any:
        return getattr(backends.namespace(x), name)(x, k=k)

    return forward


tril = Primitive("tril", "x", _triangle("tril"))
vjp(tril, lambda g, k: tril(g, k=k))

triu = Primitive("triu", "x", _triangle("triu"))
vjp(triu, lambda g, k: triu(g, k=k))

# ------------------------------------------------------------- copies side by side


def _sum_copies(g: Any, shape: Shape, copies: Shape, apart: Shape) -> Any:
    """What repeated an array of the shape, undone: g's axes are cut up as `copies` says, and the
    axes `apart`, which count the copies of an element, are summed over."""
    from .reductions import sum

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

# --------------------------------------------------------- joining and taking apart


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
    from .indexing import getitem

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
