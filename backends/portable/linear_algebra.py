"""Linear algebra that the standard lacks, or that libraries do in different ways."""

from __future__ import annotations

from itertools import combinations, permutations
from typing import Any

from ..registry import namespace

__all__ = [
    "cofactor", "eig", "eigvals", "fill_diagonal", "matrix_rank", "put_diagonal", "solve",
    "vector_norm",
]  # fmt: skip

Array = Any


# --------------------------------------------------------------------- diagonals


def put_diagonal(x: Array, /, shape: tuple[int, int], offset: int) -> Array:
    """Matrices of the shape (M, N), zero but for x on a diagonal: the transpose of `diagonal`."""
    xp, n = namespace(x), x.shape[-1]
    out = xp.zeros((*x.shape[:-1], *shape), dtype=x.dtype, device=x.device)
    row, column = max(-offset, 0), max(offset, 0)
    here = xp.eye(n, dtype=xp.bool, device=x.device)
    block = xp.where(here, x[..., None], xp.zeros_like(x[..., None]))
    out[..., row : row + n, column : column + n] = block
    return out


def fill_diagonal(x: Array, /, value: float) -> Array:
    """Matrices with the value on their main diagonals (a copy)."""
    xp = namespace(x)
    here = xp.eye(*x.shape[-2:], dtype=xp.bool, device=x.device)
    return xp.where(here, xp.asarray(value, dtype=x.dtype, device=x.device), x)


# ----------------------------------------------------------------------- systems


def solve(a: Array, b: Array, /) -> Array:
    """x with a x = b; b is a vector where it has one axis, else a stack of matrices."""
    xp = namespace(a)
    if b.ndim == 1 and a.ndim > 2:
        return solve(a, b[:, None])[..., 0]
    if b.ndim > 1 and a.shape[:-2] != b.shape[:-2]:  # CuPy does not broadcast here
        stack = _broadcast(a.shape[:-2], b.shape[:-2])
        a = xp.broadcast_to(a, (*stack, *a.shape[-2:]))
        b = xp.broadcast_to(b, (*stack, *b.shape[-2:]))
    if b.size == 0:  # CuPy divides by the number of columns
        return xp.zeros(b.shape, dtype=xp.result_type(a, b), device=b.device)
    return xp.linalg.solve(a, b)


def _broadcast(x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
    short, long = sorted((tuple(x), tuple(y)), key=len)
    short = (1,) * (len(long) - len(short)) + short
    return tuple(m if n == 1 else n for m, n in zip(short, long, strict=True))


def matrix_rank(x: Array, rtol: Array | float | None, /) -> Array:
    """How many singular values exceed rtol (max(M, N) eps for None) times the largest."""
    xp = namespace(x)
    s = xp.linalg.svdvals(x)
    if s.shape[-1] == 0:
        return xp.zeros(s.shape[:-1], dtype=xp.int64, device=x.device)
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(xp.finfo(s.dtype).eps)
    elif not isinstance(rtol, float):
        rtol = rtol[..., None]
    large = s > s[..., :1] * rtol
    return xp.sum(xp.astype(large, xp.int64), axis=-1)


# ------------------------------------------------------------------ determinants


def cofactor(x: Array, directions: Array | None, /) -> Array:
    """The matrix C with sum(C * h) = D^(k+1) det(x)[h1, ..., hk, h] for any h: a derivative of det.

    The k directions stand in one array (k, ..., n, n). Without any it is the matrix of cofactors,
    det(x) inv(x)^T where x is invertible.

    With x = U S V^H, det(x + h) = det(U) det(V^H) det(S + U^H h V), and the derivatives of a
    determinant at a diagonal matrix are sums over permutations of products of what is left of the
    diagonal. No difference or quotient of singular values occurs, so singular matrices and
    repeated singular values are like any others.
    """
    xp = namespace(x)
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    phase = xp.linalg.det(u) * xp.linalg.det(vh)
    hs = () if directions is None else [directions[i, ...] for i in range(directions.shape[0])]
    uh, v = xp.conj(xp.matrix_transpose(u)), xp.conj(xp.matrix_transpose(vh))
    inner = [xp.matmul(xp.matmul(uh, h), v) for h in hs]
    out = xp.matmul(xp.matmul(xp.conj(u), _at_a_diagonal(s, inner)), xp.conj(vh))
    return out * xp.reshape(phase, (*phase.shape, 1, 1))


def _at_a_diagonal(s: Array, inner: list[Array]) -> Array:
    """`cofactor` at the diagonal matrix of s, in k directions.

    D^(k+1) det[q1, ..., qk, p] is the sum, over distinct i1, ..., ik, a and over permutations
    sigma of them, of sign(sigma) q1[i1, sigma(i1)] ... qk[ik, sigma(ik)] p[a, sigma(a)] times the
    product of the elements of s at the other places.
    """
    xp, k, n = namespace(s), len(inner), s.shape[-1]
    rest = _products_of_others(s, k + 1)
    total = 0.0
    for sigma in permutations(range(k + 1)):
        term = rest * _sign(sigma)
        for i, q in enumerate(inner):
            j, sizes = sigma[i], [1] * (k + 1)
            sizes[i] = sizes[j] = n
            q = xp.linalg.diagonal(q) if i == j else xp.matrix_transpose(q) if j < i else q
            term = term * xp.reshape(q, (*s.shape[:-1], *sizes))
        b = sigma[k]  # p[a, b]: the axes of a and b remain
        gone = tuple(i - k - 1 for i in range(k) if i != b)
        term = xp.sum(term, axis=gone) if gone else term
        total = total + (put_diagonal(term, (n, n), 0) if b == k else xp.matrix_transpose(term))
    return total


def _sign(sigma: tuple[int, ...]) -> float:
    """1.0 or -1.0: whether the permutation is even."""
    return (-1.0) ** sum(i > j for i, j in combinations(sigma, 2))


def _products_of_others(s: Array, count: int) -> Array:
    """For each `count` distinct places the product of s at the others; 0 where two are equal."""
    xp, n = namespace(s), s.shape[-1]
    place = xp.arange(n, device=s.device)
    *chosen, other = [
        xp.reshape(place, (1,) * i + (n,) + (1,) * (count - i)) for i in range(count + 1)
    ]
    s = xp.reshape(s, (*s.shape[:-1], *(1,) * count, n))
    distinct = xp.ones((1,) * (count + 1), dtype=xp.bool, device=s.device)
    for i, a in enumerate(chosen):
        s = xp.where(a == other, xp.ones_like(s), s)
        for b in chosen[:i]:
            distinct = distinct & (a != b)
    out = xp.prod(s, axis=-1)
    return xp.where(distinct[..., 0], out, xp.zeros_like(out))


# ------------------------------------------------------------------- eigenvalues


def eig(x: Array, /) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of any square matrix, complex even where x is real."""
    values, vectors = _of_library(x, "eig")(x)
    return _as_complex(values), _as_complex(vectors)


def eigvals(x: Array, /) -> Array:
    """Eigenvalues of any square matrix, complex even where x is real."""
    return _as_complex(_of_library(x, "eigvals")(x))


def _of_library(x: Array, name: str) -> Any:
    """The library's function; both came to the standard in 2025.12."""
    xp = namespace(x)
    try:
        return getattr(xp.linalg, name)
    except AttributeError:
        raise NotImplementedError(
            f"{name}: the installed version of {xp.__name__} has none; install a newer one, or "
            'compute it on the CPU: x.to_device("cpu")'
        ) from None


def _as_complex(x: Array) -> Array:
    xp = namespace(x)
    if not xp.isdtype(x.dtype, "real floating"):
        return x
    return xp.astype(x, xp.complex64 if x.dtype == xp.float32 else xp.complex128)


# ------------------------------------------------------------------------- norms


def vector_norm(x: Array, /, *, axis: Any, keepdims: bool, ord: float) -> Array:
    """(sum |x|^ord)^(1/ord) over the axes, and its limits for ord = 0 (a count), inf and -inf."""
    xp, how = namespace(x), {"axis": axis, "keepdims": keepdims}
    if ord == 2:
        if xp.isdtype(x.dtype, "real floating"):
            return xp.sqrt(xp.sum(x * x, **how))
        re, im = xp.real(x), xp.imag(x)
        return xp.sqrt(xp.sum(re * re + im * im, **how))
    if ord == 0:
        size = xp.abs(x)
        return xp.sum(xp.astype(size != 0, size.dtype), **how)
    size = xp.abs(x)
    if ord == float("inf"):
        return xp.max(size, **how) if x.size else xp.sum(size, **how)  # 0 of nothing
    if ord == float("-inf"):
        return xp.min(size, **how)
    if ord == 1:
        return xp.sum(size, **how)
    if ord > 0:
        return xp.sum(size**ord, **how) ** (1.0 / ord)
    none = size == 0  # one zero makes all of it zero; nothing at all, infinite
    total = xp.sum(xp.where(none, xp.ones_like(size), size) ** ord, **how)
    empty = total == 0
    out = xp.where(empty, xp.ones_like(total), total) ** (1.0 / ord)
    out = xp.where(empty, xp.full_like(out, float("inf")), out)
    return xp.where(xp.any(none, **how), xp.zeros_like(out), out)
