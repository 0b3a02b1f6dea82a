"""Diagonals of matrices: taking, putting, overwriting them."""

from __future__ import annotations

from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp

__all__ = ["diagonal", "fill_diagonal", "put_diagonal"]


def _diagonal(x: Any, *, offset: int) -> Any:
    return backends.namespace(x).linalg.diagonal(x, offset=offset)


diagonal = Primitive("diagonal", "x", _diagonal)
put_diagonal = Primitive("put_diagonal", "x")
vjp(
    diagonal,
    lambda g, shapes, offset: put_diagonal(g, shape=tuple(shapes[0][-2:]), offset=offset),
)
vjp(put_diagonal, lambda g, offset: diagonal(g, offset=offset))

fill_diagonal = Primitive("fill_diagonal", "x")
vjp(fill_diagonal, lambda g: fill_diagonal(g, value=0.0))
