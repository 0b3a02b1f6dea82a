"""Decompositions of matrices.

Vectors are tested through what does not depend on their signs or phases: projectors, sizes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import backprop as bp

from .record import *

DOMAINS = ("any", "complex")
SQUARE: list[tuple[int, ...]] = [(3, 3), (2, 2), (1, 1), (2, 3, 3), (0, 0), (0, 2, 2)]
ANY: list[tuple[int, ...]] = [(3, 3), (4, 2), (2, 4), (1, 1), (3, 1), (1, 3), (2, 3, 2), (2, 2, 3), (0, 2, 2), (0, 0), (0, 3)]  # fmt: skip
Function = Any


# ------------------------------- the same words for NumPy, for PyTorch and for Tensors


def adjoint(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return np.conj(x.mT)
    return bp.conj(x.mT) if isinstance(x, bp.Tensor) else x.mH


def parts(z: Any) -> tuple[Any, Any]:
    """The real and the imaginary part."""
    return (bp.real(z), bp.imag(z)) if isinstance(z, bp.Tensor) else (z.real, z.imag)


def identity_like(x: Any) -> Any:
    eye = np.broadcast_to(np.eye(x.shape[-1]), x.shape).astype(str(x.dtype).rpartition(".")[2])
    if isinstance(x, np.ndarray):
        return eye
    return bp.asarray(eye, device=x.device) if isinstance(x, bp.Tensor) else pytorch().tensor(eye)


def projector(v: Any, i: int) -> Any:
    """Onto column i of v."""
    one = v[..., :, i : i + 1]
    return one @ adjoint(one)


def hermitian(x: Any) -> Any:
    return (x + adjoint(x)) * 0.5


def positive(x: Any) -> Any:
    return x @ adjoint(x) + identity_like(x)


# --------------------------------------------------------------- what is tested of each


def _cholesky(f: Function) -> Function:
    return lambda x, **static: f(positive(x), **static)


def _eigvalsh(f: Function) -> Function:
    return lambda x: f(hermitian(x))


def _eigh(f: Function) -> Function:
    def g(x: Any) -> Any:
        values, vectors = f(hermitian(x))
        if not values.shape[-1]:
            return values, abs(vectors)
        return values, abs(vectors), projector(vectors, 0), projector(vectors, -1 + x.shape[-1])

    return g


def _eigvals(f: Function) -> Function:
    return lambda x: parts(f(x))


def _eig(f: Function) -> Function:
    def g(x: Any) -> Any:
        values, vectors = f(x)
        if not values.shape[-1]:
            return *parts(values), abs(vectors)
        return *parts(values), abs(vectors), *parts(projector(vectors, 0))

    return g


def _svd(f: Function) -> Function:
    def g(x: Any, **static: Any) -> Any:
        u, s, vh = f(x, **static)
        k = s.shape[-1]
        if not k:
            return s, abs(u), abs(vh)
        shape = (*s.shape[:-1], 1, k)
        scales = bp.reshape(s, shape) if isinstance(s, bp.Tensor) else s.reshape(shape)
        of_x = (u[..., :, :k] * scales**2) @ vh[..., :k, :]
        v = adjoint(vh)
        return (
            s,
            abs(u[..., :, :k]),
            abs(vh[..., :k, :]),
            projector(u, 0),
            projector(v, k - 1),
            of_x,
        )

    return g


def _numpy_svd(x: np.ndarray, full_matrices: bool) -> Any:
    return np.linalg.svd(x, full_matrices=full_matrices)


def _complex_result(f: Function) -> Function:
    """NumPy's eig is real where it can be."""

    def g(x: Any) -> Any:
        out = f(x)
        return (
            tuple(o.astype(complex) for o in out) if isinstance(out, tuple) else out.astype(complex)
        )

    return g


def _rank(x: np.ndarray, rtol: Any) -> Any:
    s = np.linalg.svd(x, compute_uv=False)
    rtol = max(x.shape[-2:]) * np.finfo(float).eps if rtol is None else np.asarray(rtol)[..., None]
    return np.sum(s > rtol * np.max(s, axis=-1, keepdims=True, initial=0.0), axis=-1)


RECORDS = [
    Record(
        "cholesky", _cholesky(np.linalg.cholesky),
        [Sample((values("cholesky", s, d),)) for d in DOMAINS for s in SQUARE],
        lambda x: _cholesky(pytorch().linalg.cholesky)(x),
        around=_cholesky,
    ),
    Record(
        "bp.linalg.cholesky", _cholesky(np.linalg.cholesky),
        [Sample((values("cholesky", s, d),), {"upper": u}) for d in DOMAINS for s in [(2, 2), (2, 3, 3)] for u in (True, False)],
        lambda x, upper: _cholesky(pytorch().linalg.cholesky)(x, upper=upper),
        around=_cholesky,
    ),
    Record(
        "qr", lambda x, mode: tuple(np.linalg.qr(x, mode)),
        [Sample((values("qr", s, d),), {"mode": "reduced"}) for d in DOMAINS for s in ANY]
        + [Sample((values("qr", s, d),), {"mode": "complete"}) for d in DOMAINS for s in ANY if s[-2] <= s[-1]],
        lambda x, mode: tuple(pytorch().linalg.qr(x, mode)),
    ),
    Record(
        "eigvalsh", _eigvalsh(np.linalg.eigvalsh),
        [Sample((values("eigvalsh", s, d),)) for d in DOMAINS for s in SQUARE],
        lambda x: _eigvalsh(pytorch().linalg.eigvalsh)(x),
        around=_eigvalsh,
    ),
    Record(
        "eigh", _eigh(np.linalg.eigh),
        [Sample((values("eigh", s, d),)) for d in DOMAINS for s in SQUARE],
        lambda x: _eigh(pytorch().linalg.eigh)(x),
        around=_eigh,
    ),
    Record(
        "eigvals", _eigvals(_complex_result(np.linalg.eigvals)),
        [Sample((values("eigvals", s, d),)) for d in DOMAINS for s in SQUARE],
        lambda x: _eigvals(pytorch().linalg.eigvals)(x),
        around=_eigvals,
    ),
    Record(
        "eig", _eig(_complex_result(np.linalg.eig)),
        [Sample((values("eig", s, d),)) for d in DOMAINS for s in SQUARE],
        lambda x: _eig(pytorch().linalg.eig)(x),
        around=_eig,
    ),
    Record(
        "svdvals", lambda x: np.linalg.svd(x, compute_uv=False),
        [Sample((values("svdvals", s, d),)) for d in DOMAINS for s in ANY],
        lambda x: pytorch().linalg.svdvals(x),
    ),
    Record(
        "svd", _svd(_numpy_svd),
        [Sample((values("svd", s, d),), {"full_matrices": f}) for d in DOMAINS for s in ANY for f in (False, True)],
        lambda x, full_matrices: _svd(pytorch().linalg.svd)(x, full_matrices=full_matrices),
        around=_svd,
    ),
    Record(
        "matrix_rank", _rank,
        [Sample((values("matrix_rank", s, d), rtol)) for d in DOMAINS for s in ANY for rtol in (None, 0.7)]
        + [Sample((np.outer([1.0, 2.0, 3.0], [1.0, -1.0]), None)), Sample((np.zeros((2, 2)), None)),
           Sample((values("matrix_rank", (2, 3, 3), "any"), np.array([0.0, 0.9])))],
        differentiable=False,
    ),
]  # fmt: skip
