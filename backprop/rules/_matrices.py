"""What several rules of linear algebra say about matrices (..., M, N)."""

from __future__ import annotations

from typing import Any

from backends import is_complex

from .elementwise import conj
from .shapes import matrix_transpose, reshape

__all__ = ["adjoint", "as_column", "as_row", "per_matrix"]


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return conj(matrix_transpose(x)) if is_complex(x.dtype) else matrix_transpose(x)


def as_row(x: Any) -> Any:
    """Vectors (..., N) as matrices (..., 1, N)."""
    *stack, n = x.shape
    return reshape(x, shape=(*stack, 1, n))


def as_column(x: Any) -> Any:
    """Vectors (..., N) as matrices (..., N, 1)."""
    return reshape(x, shape=(*x.shape, 1))


def per_matrix(x: Any) -> Any:
    """Numbers (...), one for each matrix, in a shape that matrices can be multiplied by."""
    return reshape(x, shape=(*x.shape, 1, 1))
