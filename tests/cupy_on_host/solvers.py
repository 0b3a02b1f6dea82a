"""cuBLAS and cuSOLVER by NumPy and LAPACK: the functions that CuPy calls with pointers.

Matrices are Fortran's, columns first; their functions come in four precisions, s, d, c and z.
"""

from __future__ import annotations

import ctypes
from functools import partial
from types import ModuleType

import numpy as np
from numpy.lib.stride_tricks import as_strided
from scipy.linalg import lapack

DTYPES = {"s": np.float32, "d": np.float64, "c": np.complex64, "z": np.complex128}
OF_CUDA = {0: np.float32, 1: np.float64, 4: np.complex64, 5: np.complex128}  # cudaDataType


def numbers(pointer, dtype, count):
    """What is at an address."""
    dtype = np.dtype(dtype)
    if count == 0:
        return np.empty(0, dtype)
    memory = (ctypes.c_byte * (count * dtype.itemsize)).from_address(int(pointer))
    return np.frombuffer(memory, dtype)


def matrix(pointer, dtype, rows, columns, leading):
    flat = numbers(pointer, dtype, (columns - 1) * leading + rows)
    return as_strided(flat, (rows, columns), (flat.itemsize, leading * flat.itemsize))


def copied(*args):
    return np.array(matrix(*args), order="F")


def say(info, value, at=0):
    numbers(info, np.int32, at + 1)[at] = value


def library(name, **members):
    module = ModuleType(name)
    module.__dict__.update(members)
    return module


def define(module, name, function):
    """CuPy asks a function for its name; while a stream is captured it refuses these."""
    from cupy_backends.cuda.api import runtime

    def named(*args):
        import cupy

        if runtime.streamIsCapturing(cupy.cuda.get_current_stream().ptr):
            raise NotImplementedError(
                f"calling {name} during stream capture is currently unsupported"
            )
        return function(*args)

    named.__name__ = name
    setattr(module, name, named)


# ------------------------------------------------------------------------------ cuBLAS


def cublas():
    module = library(
        "cupy_backends.cuda.libs.cublas", create=lambda: 1, destroy=lambda handle: None,
        CUBLAS_OP_N=0, CUBLAS_OP_T=1, CUBLAS_OP_C=2, CUBLAS_FILL_MODE_LOWER=0,
        CUBLAS_FILL_MODE_UPPER=1, CUBLAS_GEMM_DEFAULT=-1, CUBLAS_GEMM_DEFAULT_TENSOR_OP=99,
        CUBLAS_COMPUTE_16F=64, CUBLAS_COMPUTE_32F=68, CUBLAS_COMPUTE_32F_PEDANTIC=69,
        CUBLAS_COMPUTE_32F_FAST_16F=74, CUBLAS_COMPUTE_32F_FAST_TF32=77, CUBLAS_COMPUTE_64F=70,
        CUBLAS_COMPUTE_64F_PEDANTIC=71, setMathMode=lambda *_: None, getMathMode=lambda *_: 0,
    )  # fmt: skip
    define(module, "gemmEx", gemm_ex)
    define(module, "gemmStridedBatchedEx", gemm_strided)
    for t, dtype in DTYPES.items():
        define(module, f"{t}gemmBatched", partial(gemm_batched, dtype))
        define(module, f"{t}getrfBatched", partial(getrf_batched, t))
        define(module, f"{t}getriBatched", partial(getri_batched, t))
        define(module, f"{t}getrsBatched", partial(getrs_batched, t))
    return module


def turned(pointer, dtype, rows, columns, leading, how):
    if how == 0:
        return matrix(pointer, dtype, rows, columns, leading)
    out = matrix(pointer, dtype, columns, rows, leading).T
    return out if how == 1 else out.conj()


def gemm(dtype, turn_a, turn_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc):
    assert numbers(alpha, dtype, 1)[0] == 1
    assert numbers(beta, dtype, 1)[0] == 0
    product = turned(a, dtype, m, k, lda, turn_a) @ turned(b, dtype, k, n, ldb, turn_b)
    matrix(c, dtype, m, n, ldc)[...] = product


def gemm_ex(
    handle, ta, tb, m, n, k, alpha, a, of_a, lda, b, of_b, ldb, beta, c, of_c, ldc, compute, how
):
    assert of_a == of_b == of_c
    gemm(OF_CUDA[of_a], ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)


def gemm_strided(
    handle, ta, tb, m, n, k, alpha, a, of_a, lda, next_a, b, of_b, ldb, next_b, beta, c, of_c, ldc,
    next_c, batch, compute, how,
):  # fmt: skip
    size = np.dtype(OF_CUDA[of_a]).itemsize
    for i in range(batch):
        x, y, z = a + i * next_a * size, b + i * next_b * size, c + i * next_c * size
        gemm(OF_CUDA[of_a], ta, tb, m, n, k, alpha, x, lda, y, ldb, beta, z, ldc)


def pointers(array, batch):
    return [int(p) for p in numbers(array, np.uintp, batch)]


def gemm_batched(dtype, handle, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc, batch):
    for x, y, z in zip(*(pointers(p, batch) for p in (a, b, c)), strict=True):
        gemm(dtype, ta, tb, m, n, k, alpha, x, lda, y, ldb, beta, z, ldc)


def factor(t, m, n, a, lda, pivots, info, at=0):
    place = matrix(a, DTYPES[t], m, n, lda)
    lu, order, outcome = getattr(lapack, f"{t}getrf")(np.array(place))
    place[...] = lu
    numbers(pivots, np.int32, min(m, n))[:] = order + 1
    say(info, outcome, at)


def substitute(t, turn, n, columns, a, lda, pivots, b, ldb):
    place = matrix(b, DTYPES[t], n, columns, ldb)
    lu, order = copied(a, DTYPES[t], n, n, lda), numbers(pivots, np.int32, n) - 1
    place[...], outcome = getattr(lapack, f"{t}getrs")(lu, order, np.array(place), turn)
    return outcome


def getrf_batched(t, handle, n, a, lda, pivots, info, batch):
    for i, p in enumerate(pointers(a, batch)):
        factor(t, n, n, p, lda, pivots + 4 * n * i, info, i)


def getri_batched(t, handle, n, a, lda, pivots, c, ldc, info, batch):
    for i, (p, q) in enumerate(zip(pointers(a, batch), pointers(c, batch), strict=True)):
        order = numbers(pivots + 4 * n * i, np.int32, n) - 1
        inverse, outcome = getattr(lapack, f"{t}getri")(copied(p, DTYPES[t], n, n, lda), order)
        matrix(q, DTYPES[t], n, n, ldc)[...] = np.inf if outcome else inverse
        say(info, outcome, i)


def getrs_batched(t, handle, turn, n, columns, a, lda, pivots, b, ldb, info, batch):
    say(info, 0)
    for i, (p, q) in enumerate(zip(pointers(a, batch), pointers(b, batch), strict=True)):
        substitute(t, turn, n, columns, p, lda, pivots + 4 * n * i, q, ldb)


# ---------------------------------------------------------------------------- cuSOLVER


def cusolver():
    module = library(
        "cupy_backends.cuda.libs.cusolver", create=lambda: 2, destroy=lambda handle: None,
        createParams=lambda: 3, destroyParams=lambda params: None, CUSOLVER_EIG_MODE_VECTOR=1,
        CUSOLVER_EIG_MODE_NOVECTOR=0,
    )  # fmt: skip
    for name, function in {"xsyevd": xsyevd, "xgeev": xgeev}.items():
        define(module, name, function)
        define(module, f"{name}_bufferSize", lambda *_: (8, 8))
    for t in DTYPES:
        orgqr = "orgqr" if t in "sd" else "ungqr"
        functions = {"getrf": getrf, "potrf": potrf, "geqrf": geqrf, orgqr: unitary, "gesvd": gesvd}
        for name, function in functions.items():
            define(module, t + name, partial(function, t))
            define(module, f"{t}{name}_bufferSize", lambda *_: 8)
        define(module, f"{t}getrs", partial(getrs, t))
        define(module, f"{t}potrfBatched", partial(potrf_batched, t))
    return module


def getrf(t, handle, m, n, a, lda, work, pivots, info):
    factor(t, m, n, a, lda, pivots, info)


def getrs(t, handle, turn, n, columns, a, lda, pivots, b, ldb, info):
    say(info, substitute(t, turn, n, columns, a, lda, pivots, b, ldb))


def potrf(t, handle, upper, n, a, lda, work, size, info, at=0):
    place = matrix(a, DTYPES[t], n, n, lda)
    out, outcome = getattr(lapack, f"{t}potrf")(np.array(place), lower=not upper, clean=False)
    place[...] = out
    say(info, outcome, at)


def potrf_batched(t, handle, upper, n, a, lda, info, batch):
    for i, p in enumerate(pointers(a, batch)):
        potrf(t, handle, upper, n, p, lda, 0, 0, info, i)


def geqrf(t, handle, m, n, a, lda, tau, work, size, info):
    place = matrix(a, DTYPES[t], m, n, lda)
    place[...], factors, _, outcome = getattr(lapack, f"{t}geqrf")(np.array(place))
    numbers(tau, DTYPES[t], min(m, n))[:] = factors
    say(info, outcome)


def unitary(t, handle, m, n, k, a, lda, tau, work, size, info):
    place = matrix(a, DTYPES[t], m, n, lda)
    function = getattr(lapack, t + ("orgqr" if t in "sd" else "ungqr"))
    place[...], _, outcome = function(np.array(place), np.array(numbers(tau, DTYPES[t], k)))
    say(info, outcome)


def gesvd(t, handle, job_u, job_vt, m, n, a, lda, s, u, ldu, vt, ldvt, work, size, more, info):
    assert m >= n, "cuSOLVER wants no fewer rows than columns"
    dtype, job_u, job_vt = np.dtype(DTYPES[t]), chr(job_u), chr(job_vt)
    place = matrix(a, dtype, m, n, lda)
    left, values, right = np.linalg.svd(np.array(place), full_matrices=job_u == "A")
    numbers(s, dtype.char.lower(), n)[:] = values
    if job_u == "A":
        matrix(u, dtype, m, m, ldu)[...] = left
    elif job_u == "O":  # over the matrix
        place[...] = left
    if job_vt == "S":
        matrix(vt, dtype, n, n, ldvt)[...] = right
    elif job_vt == "O":
        place[:n] = right
    say(info, 0)


def xsyevd(handle, params, vectors, upper, n, of_a, a, lda, of_w, w, *rest):
    place = matrix(a, OF_CUDA[of_a], n, n, lda)
    values, columns = np.linalg.eigh(np.array(place), UPLO="U" if upper else "L")
    numbers(w, OF_CUDA[of_w], n)[:] = values
    if vectors:
        place[...] = columns
    say(rest[-1], 0)


def xgeev(handle, params, left, right, n, of_a, a, lda, of_w, w, of_l, vl, ldl, of_r, vr, ldr,
          *rest):  # fmt: skip
    x = copied(a, OF_CUDA[of_a], n, n, lda)
    if not np.isfinite(x).all():  # LAPACK refuses these
        values, columns = np.full(n, np.nan), np.full((n, n), np.nan)
    elif x.dtype.kind == "f":  # real and imaginary parts of the vectors, as LAPACK has them
        t = "s" if x.dtype == np.float32 else "d"
        real, imaginary, _, columns, _ = getattr(lapack, f"{t}geev")(x)
        values = real + 1j * imaginary
    else:
        values, columns = np.linalg.eig(x)
    numbers(w, OF_CUDA[of_w], n)[:] = values
    if right:
        matrix(vr, OF_CUDA[of_r], n, n, ldr)[...] = columns
    say(rest[-1], 0)


# ------------------------------------------------- CuPy's own loops over cuSOLVER, compiled


def batched():
    """`cupyx._cusolver`: each matrix of a stack by itself."""
    names = (
        "_available_compute_capability", "_available_cuda_version", "_available_hip_version",
        "_syevj_batched", "csrlsvqr", "gels", "gesv", "gesvda", "gesvdj",
    )  # fmt: skip
    return library(
        "cupyx._cusolver", **dict.fromkeys(names), check_availability=lambda name: True,
        _geqrf_orgqr_batched=qr_stack, _gesvd_batched=svd_stack, syevj=eigh_stack,
        _gesvdj_batched=lambda a, full, vectors, over: svd_stack(a, None, full, vectors, over),
    )  # fmt: skip


def stacked(parts):
    import cupy

    return tuple(cupy.stack(p) for p in zip(*parts, strict=True))


def qr_stack(a, mode):
    import cupy

    return stacked([cupy.linalg.qr(x, mode) for x in a])


def svd_stack(a, char, full_matrices, vectors, overwrite):
    import cupy

    if not vectors:
        return cupy.stack([cupy.linalg.svd(x, compute_uv=False) for x in a])
    u, s, vh = stacked([cupy.linalg.svd(x, full_matrices) for x in a])
    return u, s, vh.swapaxes(-2, -1).conj()


def eigh_stack(a, UPLO, vectors):
    import cupy

    flat = a.reshape(-1, *a.shape[-2:])
    w, v = stacked([cupy.linalg.eigh(x, UPLO) for x in flat])
    w = w.reshape(a.shape[:-1])
    return (w, v.reshape(a.shape)) if vectors else w
