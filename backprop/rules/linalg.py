"""Matrix products."""

from __future__ import annotations

import math
from typing import Any

from backends import kernels

from ..primitive import Primitive
from ..rule import Into, vjp
from .reductions import sum_to
from .shapes import matrix_transpose, reshape

__all__ = ["linear", "matmul"]

Shape = tuple[int, ...]
matmul_into, sum_into = kernels.matmul_into, kernels.sum_into

matmul = Primitive("matmul", "x y")


def _as_matrices(g: Any, shapes: tuple[Shape, Shape]) -> tuple[Any, Shape, Shape]:
    """The gradient and the operands' shapes with the axes that matmul gives to vectors."""
    x, y = shapes
    shape = tuple(g.shape)
    if len(x) == 1:
        x, shape = (1, *x), (*shape[:-1], 1, *shape[-1:]) if len(y) > 1 else (*shape, 1)
    if len(y) == 1:
        y, shape = (*y, 1), (*shape, 1)
    return (g if shape == tuple(g.shape) else reshape(g, shape=shape)), x, y


def _matmul_x(g: Any, y: Any, shapes: tuple[Shape, Shape]) -> Any:
    if len(shapes[0]) == 2 == len(shapes[1]):
        return matmul(g, matrix_transpose(y))
    g, x_shape, y_shape = _as_matrices(g, shapes)
    out = matmul(g, matrix_transpose(reshape(y, shape=y_shape)))
    return reshape(sum_to(out, shape=x_shape), shape=shapes[0])


def _matmul_y(g: Any, x: Any, shapes: tuple[Shape, Shape]) -> Any:
    if len(shapes[0]) == 2 == len(shapes[1]):
        return matmul(matrix_transpose(x), g)
    g, x_shape, y_shape = _as_matrices(g, shapes)
    out = matmul(matrix_transpose(reshape(x, shape=x_shape)), g)
    return reshape(sum_to(out, shape=y_shape), shape=shapes[1])


vjp(matmul, _matmul_x, _matmul_y)


def _rows(x: Any) -> Any:
    """(..., n) as (N, n)."""
    shape = tuple(x.shape)
    return x if len(shape) == 2 else reshape(x, shape=(math.prod(shape[:-1]), shape[-1]))


def _product_into(g: Any, x: Any, out: Any) -> None:
    matmul_into(_rows(g).mT, _rows(x), out)


linear = Primitive("linear", "x weight bias")
vjp(
    linear,
    lambda g, weight: g @ weight,
    Into(lambda g, x: _rows(g).mT @ _rows(x), _product_into),
    Into(lambda g: g, lambda g, out: sum_into(g, out)),  # the sweep sums g over the batch
)
