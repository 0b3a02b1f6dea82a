"""Linear algebra: the Array API standard's extension, and `norm`.

Functions of matrices take stacks of them: the last two axes are the matrix, all others count
through the stack. Everything is differentiable at every order, for real and complex numbers, but
for `matrix_rank`, which is a whole number.

Eigenvectors and singular vectors are defined up to a factor of modulus 1 each (a sign, for real
ones). Gradients are those of functions that do not depend on it, such as a projector v v^H.
"""

from __future__ import annotations

import math
from numbers import Real
from operator import index
from typing import Any, Literal, NamedTuple

from .. import rules
from ..tensor import Tensor, zeros_like
from . import _shapes
from ._check import tensor
from ._matrices import (
    axis_from_the_back,
    floating,
    matrices,
    others_together,
    square,
    together,
)
from .linear_algebra import matmul, matrix_transpose, tensordot, vecdot

__all__ = [
    "EigResult", "EighResult", "QRResult", "SVDResult", "SlogdetResult", "cholesky", "cross",
    "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv", "matmul", "matrix_norm",
    "matrix_power", "matrix_rank", "matrix_transpose", "norm", "outer", "pinv", "qr", "slogdet",
    "solve", "svd", "svdvals", "tensordot", "trace", "vecdot", "vector_norm",
]  # fmt: skip

Axis = int | tuple[int, ...] | None


class EighResult(NamedTuple):
    """What `eigh` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class EigResult(NamedTuple):
    """What `eig` returns."""

    eigenvalues: Tensor
    eigenvectors: Tensor


class QRResult(NamedTuple):
    """What `qr` returns."""

    Q: Tensor
    R: Tensor


class SlogdetResult(NamedTuple):
    """What `slogdet` returns."""

    sign: Tensor
    logabsdet: Tensor


class SVDResult(NamedTuple):
    """What `svd` returns."""

    U: Tensor
    S: Tensor
    Vh: Tensor


# ------------------------------------------------------------- products and diagonals


def cross(x1: Tensor, x2: Tensor, /, *, axis: int = -1) -> Tensor:
    """The cross product of vectors of 3 elements along an axis; the other axes broadcast.

    Args:
        x1, x2: vectors of 3 elements along the axis.
        axis: counted from the back, -1 or less.
    """
    x1, x2 = tensor(x1, "cross", "x1"), tensor(x2, "cross", "x2")
    axis = axis_from_the_back(axis, x1, x2, "cross")
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(
            f"cross: x1 has shape {x1.shape}, x2 {x2.shape}: wanted 3 elements along axis {axis}"
        )
    others_together(x1, x2, axis, "cross")
    return rules.cross(x1, x2, axis=axis)


def outer(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The outer product of vectors (N,) and (M,): the matrix (N, M) of x1_i x2_j."""
    x1, x2 = tensor(x1, "outer", "x1"), tensor(x2, "outer", "x2")
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer: x1 has shape {x1.shape}, x2 {x2.shape}: wanted one axis each")
    return rules.multiply(rules.reshape(x1, shape=(x1.shape[0], 1)), x2)


def diagonal(x: Tensor, /, *, offset: int = 0) -> Tensor:
    """A diagonal of matrices (..., M, N).

    Args:
        x: the matrices.
        offset: 0 is the main diagonal, 1 the one above it, -1 the one below it. A diagonal outside
            the matrix is empty.
    """
    x = matrices(x, "diagonal")
    rows, columns = x.shape[-2:]
    offset = max(-rows, min(_shapes.integer(offset, "diagonal", "offset"), columns))
    return rules.diagonal(x, offset=offset)


def trace(x: Tensor, /, *, offset: int = 0, dtype: Any = None) -> Tensor:
    """The sum of a diagonal of matrices (..., M, N), in the given dtype.

    See `diagonal` for the offset, and `sum` for the dtype: None keeps it, but integers are summed
    as the default integer dtype.
    """
    on = diagonal(matrices(x, "trace"), offset=offset)
    if dtype is None:
        return rules.sum(on, axis=-1, keepdims=False)
    return rules.sum(on.astype(dtype), axis=-1, keepdims=False).astype(dtype)


# ------------------------------------------------------------------- systems, inverses


def inv(x: Tensor, /) -> Tensor:
    """The inverse of square matrices (..., M, M).

    Raises:
        numpy.linalg.LinAlgError: a matrix is exactly singular (on the CPU).

    >>> import backprop as bp
    >>> inv(bp.asarray([[2.0, 0.0], [0.0, 4.0]]))
    tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    return rules.inv(square(x, "inv"))


def solve(x1: Tensor, x2: Tensor, /) -> Tensor:
    """The solution x of x1 x = x2.

    Args:
        x1: square matrices (..., M, M).
        x2: one vector (M,), or matrices (..., M, K) of K right sides each, whose leading axes
            broadcast with those of x1.

    Raises:
        numpy.linalg.LinAlgError: a matrix is exactly singular (on the CPU).

    >>> import backprop as bp
    >>> solve(bp.asarray([[2.0, 0.0], [0.0, 4.0]]), bp.asarray([1.0, 1.0]))
    tensor([0.5 , 0.25])
    """
    x1, x2 = square(x1, "solve", "x1"), floating(x2, "solve", "x2")
    if x2.ndim == 0:
        raise ValueError("solve: x2 has shape (), wanted a vector (M,) or matrices (..., M, K)")
    given = x2.shape[0] if x2.ndim == 1 else x2.shape[-2]
    if given != x1.shape[-1]:
        raise ValueError(
            f"solve: x1 has shape {x1.shape}, x2 {x2.shape}: wanted {x1.shape[-1]} rows in x2"
        )
    if x2.ndim > 1 and not together(x1.shape[:-2], x2.shape[:-2]):
        raise ValueError(
            f"solve: x1 has shape {x1.shape}, x2 {x2.shape}: wanted the leading axes to broadcast"
        )
    return rules.solve(x1, x2)


def pinv(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """The Moore-Penrose pseudo-inverse of matrices (..., M, N): (..., N, M).

    Args:
        x: the matrices.
        rtol: singular values up to rtol times the largest count as 0: a number, or one for each
            matrix; by default max(M, N) times the dtype's epsilon. Nothing is differentiated by it.

    The gradient is that of changes that keep the rank; where the rank changes, the pseudo-inverse
    jumps.
    """
    x = matrices(floating(x, "pinv"), "pinv")
    return rules.pinv(x, _rtol(rtol, "pinv"))


def _rtol(rtol: Any, function: str) -> Any:
    if rtol is None or isinstance(rtol, Tensor):
        return rtol
    if isinstance(rtol, Real) and not isinstance(rtol, bool):
        return float(rtol)
    raise TypeError(f"{function}: rtol: got {rtol!r}, wanted a number or a Tensor")


def matrix_power(x: Tensor, n: int, /) -> Tensor:
    """x multiplied by itself n times, for square matrices (..., M, M).

    n = 0 gives the identity, and n < 0 the power -n of the inverse.
    """
    x = square(x, "matrix_power")
    try:
        left = index(n)
    except TypeError:
        raise TypeError(f"matrix_power: n: got {n!r}, wanted an integer") from None
    if left == 0:
        return rules.fill_diagonal(zeros_like(x), value=1.0)
    if left < 0:
        x, left = rules.inv(x), -left
    out: Tensor | None = None  # by squares: x^13 = x^8 x^4 x
    while True:
        if left & 1:
            out = rules.identity(x) if out is None else rules.matmul(out, x)
        left >>= 1
        if not left:
            return out  # type: ignore[return-value]
        x = rules.matmul(x, x)


def matrix_rank(x: Tensor, /, *, rtol: float | Tensor | None = None) -> Tensor:
    """How many singular values of matrices (..., M, N) are not 0; passes no gradient.

    Args:
        x: the matrices.
        rtol: as in `pinv`.
    """
    x = matrices(floating(x, "matrix_rank"), "matrix_rank")
    return rules.matrix_rank(x, _rtol(rtol, "matrix_rank"))


# ----------------------------------------------------------------------- determinants


def det(x: Tensor, /) -> Tensor:
    """The determinant of square matrices (..., M, M).

    Its gradient is the matrix of cofactors, at singular matrices too. For large matrices
    determinants overflow: take `slogdet`.

    >>> import backprop as bp
    >>> bp.grad(det)(bp.asarray([[1.0, 2.0], [2.0, 4.0]]))
    tensor([[ 4., -2.],
            [-2.,  1.]])
    """
    return rules.det(square(x, "det"))


def slogdet(x: Tensor, /) -> SlogdetResult:
    """The determinant of square matrices (..., M, M) as sign e^logabsdet.

    The sign is 1, -1 or 0, of complex matrices a number of modulus 1 or 0; logabsdet is real.
    There is no gradient at singular matrices.
    """
    return SlogdetResult(*rules.slogdet(square(x, "slogdet")))


# --------------------------------------------------------------------- decompositions


def cholesky(x: Tensor, /, *, upper: bool = False) -> Tensor:
    """The triangular factor of Hermitian positive-definite matrices: x = L L^H, or U^H U.

    Args:
        x: (..., M, M); only the lower triangle is read.
        upper: return U = L^H instead of L.

    The gradient is spread over both triangles (as in PyTorch): it is that of symmetric changes.

    Raises:
        numpy.linalg.LinAlgError: a matrix is not positive-definite (on the CPU).

    >>> import backprop as bp
    >>> cholesky(bp.asarray([[4.0, 2.0], [2.0, 5.0]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    lower = rules.cholesky(square(x, "cholesky"))
    if not upper:
        return lower
    out = rules.matrix_transpose(lower)
    return rules.conj(out) if out.dtype.kind == "c" else out


def qr(x: Tensor, /, *, mode: Literal["reduced", "complete"] = "reduced") -> QRResult:
    """x = Q R with orthonormal columns in Q and R upper triangular, for matrices (..., M, N).

    Args:
        x: the matrices. For gradients, their first min(M, N) columns must be independent.
        mode: "reduced": Q is (..., M, K) and R (..., K, N), K = min(M, N); "complete": Q is
            (..., M, M) and R (..., M, N), which for M > N cannot be differentiated.
    """
    x = matrices(floating(x, "qr"), "qr")
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr: mode: got {mode!r}, wanted 'reduced' or 'complete'")
    return QRResult(*rules.qr(x, mode=mode))


def eigh(x: Tensor, /) -> EighResult:
    """Eigenvalues, ascending and real, and orthonormal eigenvectors of Hermitian matrices.

    x = V diag(w) V^H for x (..., M, M), of which only the lower triangle is read; the columns of
    `eigenvectors` are V's. The gradient is spread over both triangles (as in PyTorch). Where
    eigenvalues repeat, eigenvectors have none: it is infinite or NaN.

    >>> import backprop as bp
    >>> eigh(bp.asarray([[2.0, 1.0], [1.0, 2.0]])).eigenvalues
    tensor([1., 3.])
    """
    return EighResult(*rules.eigh(square(x, "eigh")))


def eigvalsh(x: Tensor, /) -> Tensor:
    """The eigenvalues of Hermitian matrices (..., M, M), ascending; see `eigh`."""
    return rules.eigvalsh(square(x, "eigvalsh"))


def eig(x: Tensor, /) -> EigResult:
    """Eigenvalues and eigenvectors of square matrices (..., M, M); complex for real ones too.

    x V = V diag(w), the columns of `eigenvectors` being V's, of norm 1. For Hermitian matrices
    take `eigh`. The gradient needs a basis of eigenvectors; where eigenvalues repeat,
    eigenvectors have none.
    """
    return EigResult(*rules.eig(square(x, "eig")))


def eigvals(x: Tensor, /) -> Tensor:
    """The eigenvalues of square matrices (..., M, M), complex and in no set order; see `eig`."""
    return rules.eigvals(square(x, "eigvals"))


def svd(x: Tensor, /, *, full_matrices: bool = True) -> SVDResult:
    """x = U diag(S) Vh for matrices (..., M, N): singular values, descending, and their vectors.

    Args:
        x: the matrices.
        full_matrices: whether U is (..., M, M) and Vh (..., N, N), filled up with an arbitrary
            orthonormal basis of what is left; else U is (..., M, K) and Vh (..., K, N),
            K = min(M, N).

    Where singular values repeat, or are 0 in a matrix that is not square, singular vectors have
    no gradient: it is infinite or NaN.
    """
    x = matrices(floating(x, "svd"), "svd")
    return SVDResult(*rules.svd(x, full_matrices=full_matrices))


def svdvals(x: Tensor, /) -> Tensor:
    """The min(M, N) singular values of matrices (..., M, N), descending."""
    return rules.svdvals(matrices(floating(x, "svdvals"), "svdvals"))


# ------------------------------------------------------------------------------ norms


def vector_norm(
    x: Tensor, /, *, axis: Axis = None, keepdims: bool = False, ord: int | float = 2
) -> Tensor:
    """(sum |x|^ord)^(1/ord) over the axes (all for None): the norm of what lies along them.

    Args:
        x: floating-point numbers.
        axis: an axis or several.
        keepdims: keep the axes, with length 1.
        ord: any number; inf is the largest |x|, -inf the smallest, 0 counts what is not 0.

    Where the norm is 0 its gradient is 0, and elements that are 0 get 0; elements that reach the
    largest or smallest |x| share its gradient evenly (all as in PyTorch).

    >>> import backprop as bp
    >>> vector_norm(bp.asarray([3.0, -4.0]))
    tensor(5.)
    """
    x = floating(x, "vector_norm")
    if isinstance(ord, bool) or not isinstance(ord, Real):
        raise TypeError(
            f"vector_norm: ord: got {ord!r}, wanted a number, inf or -inf (norms of matrices: "
            "matrix_norm)"
        )
    if math.isnan(ord):
        raise ValueError("vector_norm: ord: got nan, wanted a number, inf or -inf")
    over = _shapes.axes(axis, x.shape, "vector_norm")
    if ord == -math.inf and math.prod(x.shape[a] for a in over) == 0:
        raise ValueError(
            f"vector_norm: x has shape {x.shape}: there is no smallest element of none"
        )
    return rules.vector_norm(x, axis=over, keepdims=bool(keepdims), ord=float(ord))


def matrix_norm(
    x: Tensor,
    /,
    *,
    keepdims: bool = False,
    ord: int | float | Literal["fro", "nuc"] | None = "fro",
) -> Tensor:
    """The norm of matrices (..., M, N).

    Args:
        x: the matrices.
        keepdims: keep the last two axes, with length 1.
        ord: "fro" (or None): the root of the sum of squares; "nuc": the sum of the singular
            values; 2 and -2: the largest and the smallest of them; 1 and -1: the largest and the
            smallest column sum of absolute values; inf and -inf: the same of rows.

    At kinks the gradient is PyTorch's: 0 at 0 for "fro", and equals share it evenly.
    """
    x = matrices(floating(x, "matrix_norm"), "matrix_norm")
    if isinstance(ord, bool) or ord not in (None, "fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf):
        raise ValueError(
            f"matrix_norm: ord: got {ord!r}, wanted 'fro', 'nuc', 1, -1, 2, -2, inf or -inf"
        )
    out = _matrix_norm(x, ord)
    return rules.reshape(out, shape=(*out.shape, 1, 1)) if keepdims else out


def _matrix_norm(x: Tensor, ord: Any) -> Tensor:
    if ord in (None, "fro"):
        return rules.vector_norm(x, axis=(-2, -1), keepdims=False, ord=2)
    if ord in ("nuc", 2, -2):
        sizes = rules.svdvals(x)
    else:  # 1 sums columns, infinity rows
        summed = -2 if abs(ord) == 1 else -1
        sizes = rules.vector_norm(x, axis=summed, keepdims=False, ord=1)
    if ord == "nuc" or (sizes.shape[-1] == 0 and ord > 0):  # the largest of none is 0
        return rules.sum(sizes, axis=-1, keepdims=False)
    if sizes.shape[-1] == 0:
        raise ValueError(
            f"matrix_norm: x has shape {x.shape}: there is no smallest value of none (ord={ord})"
        )
    extreme = rules.max if ord > 0 else rules.min
    return extreme(sizes, axis=-1, keepdims=False)


def norm(
    x: Tensor,
    ord: int | float | Literal["fro", "nuc"] | None = None,
    axis: Axis = None,
    keepdims: bool = False,
) -> Tensor:
    """A norm of vectors or of matrices, as NumPy's and PyTorch's function of this name.

    Args:
        x: floating-point numbers.
        ord: None for the root of the sum of squares; else see `vector_norm` and `matrix_norm`.
        axis: one axis: a vector's; two: a matrix's rows and columns; None: all of x, which for an
            `ord` must be a vector or a matrix.
        keepdims: keep the axes, with length 1.

    >>> import backprop as bp
    >>> x = bp.asarray([[3.0, 4.0], [0.0, 12.0]])
    >>> norm(x)
    tensor(13.)
    >>> norm(x, axis=1)
    tensor([ 5., 12.])
    >>> norm(x, ord=1)
    tensor(16.)
    """
    x = floating(x, "norm")
    over = _shapes.axes(axis, x.shape, "norm")
    if ord is None:
        return vector_norm(x, axis=over, keepdims=keepdims)
    if len(over) == 1 and not isinstance(ord, str):
        return vector_norm(x, axis=over, keepdims=keepdims, ord=ord)
    if len(over) == 2:
        rest = tuple(a for a in range(x.ndim) if a not in over)
        out = matrix_norm(rules.permute_dims(x, axes=rest + over), ord=ord)
        kept = tuple(1 if a in over else n for a, n in enumerate(x.shape))
        return rules.reshape(out, shape=kept) if keepdims else out
    if len(over) == 1:
        raise ValueError(f"norm: ord: got {ord!r}, wanted a number for the norm of vectors")
    raise ValueError(
        f"norm: axis: got {axis} for shape {x.shape}, wanted one axis or two with ord={ord!r}"
    )
