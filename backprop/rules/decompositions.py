"""Decompositions of matrices.

Many are defined up to a choice: eigenvectors and singular vectors up to a factor of modulus 1
each, and where eigenvalues or singular values repeat, up to a basis of a whole subspace. The
rules here are for functions of them that do not depend on that choice. Where values repeat,
vectors have no derivative: their rules divide by the zero difference.

Sources: M. Giles, "Collected matrix derivative results" (2008); M. Seeger et al.,
"Auto-differentiating linear algebra" (2017); the others stand at their rules.
"""

from __future__ import annotations

from typing import Any

from backends import is_complex

from ..primitive import Primitive
from ..rule import vjp, vjp_joint
from ._matrices import adjoint, as_column, as_row
from .diagonals import diagonal, fill_diagonal, put_diagonal
from .elementwise import conj, real
from .indexing import getitem
from .joining import concat
from .shapes import tril, triu
from .solving import solve

__all__ = [
    "cholesky", "eig", "eigh", "eigvals", "eigvalsh", "matrix_rank", "qr", "svd", "svdvals",
]  # fmt: skip


def _halve_diagonal(x: Any) -> Any:
    return x - put_diagonal(
        diagonal(x, offset=0) * 0.5, shape=tuple(int(n) for n in x.shape[-2:]), offset=0
    )


def _columns(x: Any, start: int, stop: int | None) -> Any:
    return getitem(x, index=(Ellipsis, slice(start, stop)))


def _rows(x: Any, start: int, stop: int | None) -> Any:
    return getitem(x, index=(Ellipsis, slice(start, stop), slice(None)))


# ------------------------------------------------------------------- Cholesky and QR

cholesky = Primitive("cholesky", "x")


def _cholesky_x(g: Any, out: Any) -> Any:
    """L^-H S L^-1, S the Hermitian part of L^H g, of which the lower triangle counts.

    The kernel reads the lower triangle alone; the gradient is spread over both, as in PyTorch.
    I. Murray, "Differentiation of the Cholesky decomposition" (2016).
    """
    upper = adjoint(out)
    lower = _halve_diagonal(tril(upper @ g, k=0))
    half = solve(upper, (lower + adjoint(lower)) * 0.5)
    return adjoint(solve(upper, adjoint(half)))


vjp(cholesky, _cholesky_x, conjugates=True)

qr = Primitive("qr", "x", outputs=2)


def _qr_x(g: Any, out: Any, mode: str) -> tuple[Any]:
    """S. Walter, L. Lehmann, "Algorithmic differentiation of linear algebra functions with
    application in optimum experimental design" (2010) for tall matrices; D. Roberts, L. Roberts,
    "QR and LQ decomposition matrix backpropagation algorithms for square, wide, and deep
    matrices" (2020) for wide ones."""
    (of_q, of_r), (q, r) = g, out
    m, n = q.shape[-2], r.shape[-1]
    if m > n and mode == "complete":
        raise NotImplementedError(
            f"qr: no derivative for mode='complete' and a tall matrix ({m}, {n}): the last "
            f"{m - n} columns of Q are an arbitrary basis; use mode='reduced'"
        )
    middle = None if of_r is None else of_r @ adjoint(r)
    if of_q is not None:
        turn = adjoint(q) @ of_q
        middle = -turn if middle is None else middle - turn
    if m >= n:
        upper = triu(middle, k=0)
        total = q @ _halve_diagonal(upper + adjoint(upper))
        total = total if of_q is None else total + of_q
        return (adjoint(solve(r, adjoint(total))),)
    lower = _halve_diagonal(tril(adjoint(middle) - middle, k=0))
    lead = adjoint(solve(_columns(r, 0, m), adjoint(lower)))
    if of_r is None:
        total = concat(lead, _columns(r, m, None) * 0.0, axis=-1)
    else:
        total = concat(lead + _columns(of_r, 0, m), _columns(of_r, m, None), axis=-1)
    return (q @ total,)


vjp_joint(qr, _qr_x)

# ------------------------------------------------------------------------ eigenvalues

eigvalsh = Primitive("eigvalsh", "x")
eigh = Primitive("eigh", "x", outputs=2)


def _eigvalsh_x(g: Any, x: Any) -> Any:
    _, vectors = eigh(x)
    return (vectors * as_row(g)) @ adjoint(vectors)


vjp(eigvalsh, _eigvalsh_x, conjugates=True)


def _eigh_x(g: Any, out: Any) -> tuple[Any]:
    """V (diag(g_values) + skew(V^H g_vectors) / (lambda_j - lambda_i)) V^H.

    The kernel reads the lower triangle alone; the gradient is spread over both, as in PyTorch.
    """
    (of_values, of_vectors), (values, vectors) = g, out
    back = adjoint(vectors)
    if of_vectors is None:
        return ((vectors * as_row(of_values)) @ back,)
    turn = back @ of_vectors
    turn = (turn - adjoint(turn)) * 0.5
    gaps = as_row(values) - as_column(values)
    middle = fill_diagonal(turn, value=0.0) / fill_diagonal(gaps, value=1.0)
    if of_values is not None:
        n = int(values.shape[-1])
        middle = middle + put_diagonal(of_values, shape=(n, n), offset=0)
    return (vectors @ middle @ back,)


vjp_joint(eigh, _eigh_x)

eigvals = Primitive("eigvals", "x")
eig = Primitive("eig", "x", outputs=2)


def _eigvals_x(g: Any, x: Any) -> Any:
    _, vectors = eig(x)
    back = adjoint(vectors)
    return solve(back, as_column(g) * back)


vjp(eigvals, _eigvals_x, conjugates=True)


def _eig_x(g: Any, out: Any) -> tuple[Any]:
    """V^-H (diag(g_values) + (V^H g_vectors - V^H V diag(Re V^H g_vectors)) / conj(gaps)) V^H,
    gaps_ij = lambda_j - lambda_i: the columns of V have norm 1, whatever their phases.

    C. Boeddeker et al., "On the computation of complex-valued gradients with application to
    statistically optimum beamforming" (2017).
    """
    (of_values, of_vectors), (values, vectors) = g, out
    back = adjoint(vectors)
    if of_vectors is None:
        return (solve(back, as_column(of_values) * back),)
    turn = back @ of_vectors
    along = real(diagonal(turn, offset=0))
    gaps = as_row(values) - as_column(values)
    middle = turn - (back @ vectors) * as_row(along)
    middle = fill_diagonal(middle, value=0.0) / conj(fill_diagonal(gaps, value=1.0))
    if of_values is not None:
        n = int(values.shape[-1])
        middle = middle + put_diagonal(of_values, shape=(n, n), offset=0)
    return (solve(back, middle @ back),)


vjp_joint(eig, _eig_x)

# --------------------------------------------------------------------- singular values

svdvals = Primitive("svdvals", "x")
svd = Primitive("svd", "x", outputs=3)


def _svdvals_x(g: Any, x: Any) -> Any:
    u, _, vh = svd(x, full_matrices=False)
    return (u * as_row(g)) @ vh


vjp(svdvals, _svdvals_x, conjugates=True)


def _svd_x(g: Any, out: Any, full_matrices: bool) -> tuple[Any]:
    """U diag(g_s) V^H and what U and V add; V is the U of x^H."""
    (of_u, of_s, of_vh), (u, s, vh) = g, out
    k = int(s.shape[-1])
    parts = []
    if of_s is not None:
        parts.append((_columns(u, 0, k) * as_row(of_s)) @ _rows(vh, 0, k))
    if of_u is not None:
        parts.append(_svd_vectors(of_u, u, s, vh))
    if of_vh is not None:
        parts.append(adjoint(_svd_vectors(adjoint(of_vh), adjoint(vh), s, adjoint(u))))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return (total,)


def _svd_vectors(g: Any, u: Any, s: Any, vh: Any) -> Any:
    """What the gradient g of U adds to that of U S V^H.

    Z. Wan, S. Zhang, "Automatic differentiation for complex valued SVD" (2019); J. Townsend,
    "Differentiating the singular value decomposition" (2016) for matrices that are not square.

    Columns of U beyond the singular values are any basis of what is left over. A function that
    does not depend on which one, such as the projector on them, gets its derivative.
    """
    k, rows = int(s.shape[-1]), u.shape[-2]
    u1, g1, vh1 = _columns(u, 0, k), _columns(g, 0, k), _rows(vh, 0, k)
    along = adjoint(u1) @ g1
    turn, squares = along - adjoint(along), s * s
    gaps = fill_diagonal(as_row(squares) - as_column(squares), value=1.0)
    middle = fill_diagonal(turn, value=0.0) / gaps * as_row(s)
    if is_complex(u.dtype):  # u_i and v_i turn together: each side gives half of their phase
        phase = diagonal(turn, offset=0) * 0.25 / s
        middle = middle + put_diagonal(phase, shape=(k, k), offset=0)
    if rows == k:
        return u1 @ middle @ vh1
    beyond = g1 - u1 @ along
    if u.shape[-1] > k:
        rest, of_rest = _columns(u, k, None), _columns(g, k, None)
        beyond = beyond - rest @ (adjoint(of_rest) @ u1)
    return (u1 @ middle + beyond / as_row(s)) @ vh1


vjp_joint(svd, _svd_x)

# No derivative: the result is a whole number.
matrix_rank = Primitive("matrix_rank", "x rtol")
