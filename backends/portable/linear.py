"""The linear layer, and results written into memory that is there."""

from __future__ import annotations

from typing import Any

from ..dispatch import writes
from ..registry import namespace

__all__ = ["linear", "matmul_into", "sum_into", "sum_of_squares"]

Array = Any


def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    """x weightᵀ + bias, with x (..., in), weight (out, in), bias (out,) or None."""
    xp = namespace(x)
    out = xp.matmul(x, xp.matrix_transpose(weight))
    return out if bias is None else out + bias


@writes("out")
def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    """out <- x y, in place."""
    out[...] = namespace(x).matmul(x, y)


@writes("out")
def sum_into(x: Array, out: Array, /) -> None:
    """out <- x summed over its leading axes, those that out has not, in place."""
    leading = tuple(range(len(x.shape) - len(out.shape)))
    out[...] = namespace(x).sum(x, axis=leading)


def sum_of_squares(x: Array, /) -> Array:
    """The sum of all x², a 0-d array."""
    return namespace(x).sum(x * x)
