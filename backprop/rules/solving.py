"""Inverses, linear systems and determinants.

The formulas are M. Giles's, "Collected matrix derivative results for forward and reverse mode
algorithmic differentiation" (2008), unless a comment says otherwise.
"""

from __future__ import annotations

from typing import Any

import backends
from backends import is_complex

from ..primitive import Primitive
from ..rule import vjp, vjp_joint
from ._matrices import adjoint, as_column, as_row, per_matrix
from .elementwise import conj, imag
from .indexing import getitem
from .joining import concat
from .shapes import matrix_transpose, reshape

__all__ = ["cofactor", "det", "inv", "pinv", "slogdet", "solve"]

inv = Primitive("inv", "x")


def _inv_x(g: Any, out: Any) -> Any:
    transposed = matrix_transpose(out)
    return -(transposed @ g @ transposed)


vjp(inv, _inv_x)

solve = Primitive("solve", "x1 x2")


def _solve_inputs(g: Any, out: Any, x1: Any, shapes: Any) -> tuple[Any, Any]:
    """With x1 out = x2: x1^-H g for x2, and minus that times out^H for x1.

    One joint rule, since both want the same solution.
    """
    if len(shapes[1]) > 1:
        of_x2 = solve(adjoint(x1), g)
        return -(of_x2 @ adjoint(out)), of_x2
    of_x2 = reshape(solve(adjoint(x1), as_column(g)), shape=tuple(g.shape))  # x2 is a vector
    return -as_column(of_x2) * as_row(conj(out) if is_complex(out.dtype) else out), of_x2


vjp_joint(solve, _solve_inputs)

det = Primitive("det", "x")
cofactor = Primitive("cofactor", "x directions")
vjp(det, lambda g, x: per_matrix(g) * cofactor(x, None))

# cofactor(x, [h1, ..., hk]) is the (k + 1)st derivative of det, a form that is linear and
# symmetric in its directions. So one more direction gives its derivative by x, and g in the place
# of a direction gives that by the direction.


def _cofactor_x(g: Any, x: Any, directions: Any) -> Any:
    one = reshape(g, shape=(1, *g.shape))
    return cofactor(x, one if directions is None else concat(directions, one, axis=0))


def _cofactor_directions(g: Any, x: Any, directions: Any) -> Any:
    one = reshape(g, shape=(1, *g.shape))
    parts = []
    for i in range(directions.shape[0]):
        before = getitem(directions, index=(slice(0, i), ...))
        after = getitem(directions, index=(slice(i + 1, None), ...))
        of_h = cofactor(x, concat(before, one, after, axis=0))
        parts.append(reshape(of_h, shape=(1, *of_h.shape)))
    return concat(*parts, axis=0)


vjp(cofactor, _cofactor_x, _cofactor_directions)

slogdet = Primitive("slogdet", "x", outputs=2)


def _slogdet_x(g: Any, out: Any, x: Any) -> tuple[Any]:
    """d log det x = tr(x^-1 dx): its real part moves logabsdet, its imaginary part turns sign."""
    (of_sign, of_log), (sign, _) = g, out
    if is_complex(x.dtype) and of_sign is not None:
        turn = imag(conj(sign) * of_sign) * 1j
        of_log = turn if of_log is None else of_log + turn
    if of_log is None:
        return (None,)  # a real sign does not move
    return (per_matrix(of_log) * adjoint(inv(x)),)


vjp_joint(slogdet, _slogdet_x)


def _pinv(x: Any, rtol: Any) -> Any:
    return backends.namespace(x).linalg.pinv(x, rtol=rtol)


pinv = Primitive("pinv", "x rtol", _pinv)


def _pinv_x(g: Any, out: Any, x: Any) -> Any:
    """-P^H g P^H + (I - x P) g^H P P^H + P^H P g^H (I - P x) with P = pinv(x), as long as the rank
    stays the same.

    G. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares
    problems whose variables separate" (1973).
    """
    p, gh = adjoint(out), adjoint(g)
    left, right = gh @ (out @ p), (p @ out) @ gh
    return left - x @ (out @ left) + right - (right @ out) @ x - p @ g @ p


vjp(pinv, _pinv_x, None, conjugates=True)
