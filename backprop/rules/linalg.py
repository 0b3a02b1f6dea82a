"""Products of vectors, matrices and tensors."""

from __future__ import annotations

import math
from typing import Any

from backends import kernels

from ..primitive import Primitive
from ..rule import Into, vjp
from .elementwise import conj
from .reductions import sum_to
from .shapes import matrix_transpose, permute_dims, reshape

__all__ = ["cross", "linear", "matmul", "tensordot", "vecdot"]

Shape = tuple[int, ...]
matmul_into, sum_into = kernels.matmul_into, kernels.sum_into

matmul = Primitive("matmul", "x1 x2")


def _as_matrices(g: Any, shapes: tuple[Shape, Shape]) -> tuple[Any, Shape, Shape]:
    """The gradient and the operands' shapes with the axes that matmul gives to vectors."""
    x, y = shapes
    shape = tuple(g.shape)
    if len(x) == 1:
        x, shape = (1, *x), (*shape[:-1], 1, *shape[-1:]) if len(y) > 1 else (*shape, 1)
    if len(y) == 1:
        y, shape = (*y, 1), (*shape, 1)
    return (g if shape == tuple(g.shape) else reshape(g, shape=shape)), x, y


def _matmul_x1(g: Any, x2: Any, shapes: tuple[Shape, Shape]) -> Any:
    if len(shapes[0]) >= 2 == len(shapes[1]):
        return _product(g, matrix_transpose(x2))
    g, x_shape, y_shape = _as_matrices(g, shapes)
    out = matmul(g, matrix_transpose(reshape(x2, shape=y_shape)))
    return reshape(sum_to(out, shape=x_shape), shape=shapes[0])


def _matmul_x2(g: Any, x1: Any, shapes: tuple[Shape, Shape]) -> Any:
    if len(shapes[0]) >= 2 == len(shapes[1]):
        return matmul(matrix_transpose(_rows(x1)), _rows(g))
    g, x_shape, y_shape = _as_matrices(g, shapes)
    out = matmul(matrix_transpose(reshape(x1, shape=x_shape)), g)
    return reshape(sum_to(out, shape=y_shape), shape=shapes[1])


vjp(matmul, _matmul_x1, _matmul_x2)


def _free(ndim: int, axes: tuple[int, ...]) -> tuple[int, ...]:
    """The axes that are not summed over."""
    return tuple(i for i in range(ndim) if i not in axes)


def _back(g: Any, order: tuple[int, ...]) -> Any:
    """g, whose axis i belongs at place order[i], with its axes in their places."""
    return permute_dims(g, axes=tuple(sorted(range(len(order)), key=order.__getitem__)))


def _tensordot_x1(g: Any, x2: Any, shapes: Any, axes: Any) -> Any:
    one, two = axes
    kept, others = _free(len(shapes[0]), one), _free(len(shapes[1]), two)
    last = tuple(range(len(kept), len(g.shape)))
    out = tensordot(g, x2, axes=(last, others))  # x2's summed axes come last, in its order
    return _back(out, kept + tuple(i for _, i in sorted(zip(two, one, strict=True))))


def _tensordot_x2(g: Any, x1: Any, shapes: Any, axes: Any) -> Any:
    one, two = axes
    kept, others = _free(len(shapes[1]), two), _free(len(shapes[0]), one)
    first = tuple(range(len(others)))
    out = tensordot(x1, g, axes=(others, first))  # x1's summed axes come first, in its order
    return _back(out, tuple(i for _, i in sorted(zip(one, two, strict=True))) + kept)


tensordot = Primitive("tensordot", "x1 x2")  # axes: two tuples, counted from the front
vjp(tensordot, _tensordot_x1, _tensordot_x2)


def _with_axis(g: Any, axis: int) -> Any:
    """g with an axis of length 1 where vecdot summed one (the axis counts from the back)."""
    shape = list(g.shape)
    shape.insert(len(shape) + 1 + axis, 1)
    return reshape(g, shape=tuple(shape))


vecdot = Primitive("vecdot", "x1 x2")  # conjugates x1
vjp(
    vecdot,
    lambda g, x2, axis: conj(_with_axis(g, axis)) * x2,
    lambda g, x1, axis: _with_axis(g, axis) * x1,
    conjugates=True,
)

cross = Primitive("cross", "x1 x2")
vjp(
    cross,
    lambda g, x2, axis: cross(x2, g, axis=axis),
    lambda g, x1, axis: cross(g, x1, axis=axis),
)


def _rows(x: Any) -> Any:
    """(..., n) as (N, n)."""
    shape = tuple(x.shape)
    return x if len(shape) == 2 else reshape(x, shape=(math.prod(shape[:-1]), shape[-1]))


def _product(g: Any, weight: Any) -> Any:
    """g weight, as one product of all rows."""
    if len(g.shape) == 2:
        return g @ weight
    return reshape(_rows(g) @ weight, shape=(*g.shape[:-1], weight.shape[1]))


def _product_into(g: Any, x: Any, out: Any) -> None:
    matmul_into(_rows(g).mT, _rows(x), out)


linear = Primitive("linear", "x weight bias")
vjp(
    linear,
    _product,
    Into(lambda g, x: _rows(g).mT @ _rows(x), _product_into),
    Into(lambda g: g, lambda g, out: sum_into(g, out)),  # the sweep sums g over the batch
)
