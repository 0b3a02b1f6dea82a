"""Changes of shape: the same elements in another arrangement."""

from __future__ import annotations

from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp

__all__ = [
    "broadcast_to", "flip", "matrix_transpose", "permute_dims", "reshape", "roll", "tril", "triu",
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


def _inverse(axes: Shape) -> Shape:
    return tuple(sorted(range(len(axes)), key=[a % len(axes) for a in axes].__getitem__))


permute_dims = Primitive("permute_dims", "x")
vjp(permute_dims, lambda g, axes: permute_dims(g, axes=_inverse(axes)))


flip = Primitive("flip", "x")
vjp(flip, lambda g, axis: flip(g, axis=axis))


def _roll(x: Any, *, shift: Shape, axis: Shape) -> Any:
    return backends.namespace(x).roll(x, shift, axis=axis)


roll = Primitive("roll", "x", _roll)
vjp(roll, lambda g, shift, axis: roll(g, shift=tuple(-s for s in shift), axis=axis))


tril = Primitive("tril", "x")
vjp(tril, lambda g, k: tril(g, k=k))

triu = Primitive("triu", "x")
vjp(triu, lambda g, k: triu(g, k=k))
