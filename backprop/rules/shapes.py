"""Changes of shape: the same elements in another arrangement."""

from __future__ import annotations

from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp, vjp_joint

__all__ = ["broadcast_to", "concat", "matrix_transpose", "permute_dims", "reshape"]


def _on_shape(name: str) -> Any:
    kernel = getattr(backends.kernels, name)

    def forward(x: Any, *, shape: tuple[int, ...]) -> Any:
        return kernel(x, shape)

    return forward


reshape = Primitive("reshape", "x", _on_shape("reshape"), views=True)
vjp(reshape, lambda g, shapes: reshape(g, shape=shapes[0]))

broadcast_to = Primitive("broadcast_to", "x", _on_shape("broadcast_to"), views=True)
vjp(broadcast_to, lambda g: g)  # the sweep sums a gradient to its variable's shape

matrix_transpose = Primitive("matrix_transpose", "x", views=True)
vjp(matrix_transpose, lambda g: matrix_transpose(g))


def _permute(x: Any, *, axes: tuple[int, ...]) -> Any:
    return backends.namespace(x).permute_dims(x, axes)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(axes)), key=[a % len(axes) for a in axes].__getitem__))


permute_dims = Primitive("permute_dims", "x", _permute, views=True)
vjp(permute_dims, lambda g, axes: permute_dims(g, axes=_inverse(axes)))


def _concat(*arrays: Any, axis: int) -> Any:
    return backends.namespace(arrays[0]).concat(arrays, axis=axis)


def _concat_parts(g: Any, shapes: Any, axis: int) -> tuple[Any, ...]:
    from .indexing import getitem

    axis, start, parts = axis % len(g.shape), 0, []
    for shape in shapes:
        stop = start + shape[axis]
        index = (slice(None),) * axis + (slice(start, stop), Ellipsis)
        parts.append(getitem(g, index=index))
        start = stop
    return tuple(parts)


concat = Primitive("concat", "arrays", _concat)
vjp_joint(concat, _concat_parts)
