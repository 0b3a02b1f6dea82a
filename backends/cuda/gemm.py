"""Matrix products: CuPy's, and cuBLASLt's where CuPy refuses (in a CUDA graph) or has none that
are less precise and faster (see `backends.precision`).

Arrays are rows first and cuBLAS is columns first, so that what is stored for x is its transpose
there: out = x y is computed as outᵀ = yᵀ xᵀ, and nothing is moved.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import cupy
import numpy as np

from ..precision import FIRST, LEVELS, setting
from .cublaslt import WORKSPACE, Matrix, Problem, alignment, plan

Array = Any
__all__ = ["Bench", "affine", "bench", "in_graph", "matmul", "tensordot", "vecdot"]
_BATCH = 65535
"""Matrices in a batch at most: the z of a grid."""


class Bench:
    """In this context, and in this thread, what runs is to be in a CUDA graph: products are
    cuBLASLt's, and use this memory."""

    def __init__(self) -> None:
        self._memory = cupy.empty((WORKSPACE,), np.uint8)
        self.address = int(self._memory.data.ptr)
        self._constants: dict[Any, Array] = {}

    def constant(self, values: np.ndarray) -> Array:
        """These values on the device, which a graph that is captured must find there: they are
        sent when the operations first run, before that."""
        key = values.shape, values.dtype, values.tobytes()
        if key not in self._constants:
            self._constants[key] = cupy.asarray(values)
        return self._constants[key].copy()

    def __enter__(self) -> Bench:
        _here.bench = self
        return self

    def __exit__(self, *exc: object) -> None:
        _here.bench = None


class _Here(threading.local):
    bench: Bench | None = None


_here = _Here()


def bench() -> Bench | None:
    """The bench in use in this thread."""
    return _here.bench


def in_graph() -> bool:
    """Whether what runs in this thread is to be in a CUDA graph."""
    return _here.bench is not None


def _ours(*arrays: Array | None) -> bool:
    """Whether this product is cuBLASLt's. (For whole numbers CuPy has kernels of its own.)"""
    if _here.bench is None and setting.level == "highest":
        return False
    there = [a for a in arrays if a is not None]
    return np.result_type(*[a.dtype for a in there]).char in "fdFD"


def matmul(x: Array, y: Array, /, out: Array | None = None) -> Array:
    """x y, as `cupy.matmul` has it, into `out` where one is given."""
    if not _ours(x, y):
        return cupy.matmul(x, y) if out is None else cupy.matmul(x, y, out=out)
    result = _product(x, y, None if out is None or out.ndim < 2 else out)
    if out is None or result is out:
        return result
    out[...] = result
    return out


def affine(x: Array, weight: Array, bias: Array | None) -> Array:
    """x weightᵀ + bias, for x of one or two dimensions."""
    if bias is not None and x.ndim == 2 and _ours(x, weight, bias):
        fits = x.dtype == weight.dtype == bias.dtype and bias.flags.c_contiguous
        if fits and x.dtype.kind == "f" and x.size and weight.size:
            out = cupy.empty((len(x), len(weight)), x.dtype)
            if _run(x, weight.T, out, bias):
                return out
    out = matmul(x, weight.T)
    if bias is None:
        return out
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


def vecdot(x: Array, y: Array, /, *, axis: int = -1) -> Array:
    """The sum of conj(x) y along an axis."""
    if not _ours(x, y):
        import array_api_compat.cupy as compatible

        return compatible.vecdot(x, y, axis=axis)  # type: ignore[attr-defined]
    return cupy.sum(cupy.conj(cupy.moveaxis(x, axis, -1)) * cupy.moveaxis(y, axis, -1), axis=-1)


def tensordot(x: Array, y: Array, /, *, axes: Any = 2) -> Array:
    """The sum over `axes` of the products, as `cupy.tensordot` has it."""
    if not _ours(x, y):
        return cupy.tensordot(x, y, axes=axes)
    if isinstance(axes, int):
        axes = range(x.ndim - axes, x.ndim), range(axes)
    of_x, of_y = ([a % n for a in side] for side, n in zip(axes, (x.ndim, y.ndim), strict=True))
    rows = [a for a in range(x.ndim) if a not in of_x]
    columns = [a for a in range(y.ndim) if a not in of_y]
    shape = [x.shape[a] for a in rows] + [y.shape[a] for a in columns]
    summed = math.prod(x.shape[a] for a in of_x)
    x = x.transpose(*rows, *of_x).reshape(math.prod(x.shape[a] for a in rows), summed)
    y = y.transpose(*of_y, *columns).reshape(summed, math.prod(y.shape[a] for a in columns))
    return matmul(x, y).reshape(shape)


# --------------------------------------------------------------------- how it is done


def _product(x: Array, y: Array, out: Array | None) -> Array:
    """x y by cuBLASLt, into `out` if that can be written to."""
    if not (x.ndim and y.ndim):
        raise ValueError("matmul: got an array without dimensions, wanted a vector or a matrix")
    if x.ndim == 1:
        return _product(x[None, :], y, None)[..., 0, :] if y.ndim > 1 else vecdot(x.conj(), y)
    if y.ndim == 1:
        return _product(x, y[:, None], None)[..., 0]
    if x.shape[-1] != y.shape[-2]:
        raise ValueError(
            f"matmul: got shapes {x.shape} and {y.shape}, wanted as many columns as rows"
        )
    dtype = np.result_type(x.dtype, y.dtype)
    x, y = x.astype(dtype, copy=False), y.astype(dtype, copy=False)
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    shape = (*batch, x.shape[-2], y.shape[-1])
    if out is None or out.shape != shape or out.dtype != dtype or not out.flags.c_contiguous:
        out = cupy.empty(shape, dtype)
    if not out.size:
        return out
    if not x.shape[-1]:
        out[...] = 0
        return out
    if y.ndim == 2 and x.ndim > 2:  # one large product in the place of many small ones
        flat = math.prod(shape[:-1])
        _run(x.reshape(flat, x.shape[-1]), y, out.reshape(flat, shape[-1]))
    elif not batch:
        _run(x, y, out)
    else:
        x, y = (cupy.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (x, y))
        count = math.prod(batch)
        (x, turn_x), (y, turn_y) = _stack(x, count), _stack(y, count)
        flat = out.reshape(count, *shape[-2:])
        for i in range(0, count, _BATCH):
            part = slice(i, min(i + _BATCH, count))
            _start(x[part], turn_x, y[part], turn_y, flat[part])
    return out


def _stack(x: Array, count: int) -> tuple[Array, bool]:
    """x as (count, rows, columns), each matrix as far from the next, and whether it is stored
    turned; a copy where there is no other way."""
    turned = _turned(x)
    if turned is not None:
        apart = _apart(x.shape[:-2], x.strides[:-2])
        if apart is not None:
            strides = (apart, *x.strides[-2:])
            return cupy.lib.stride_tricks.as_strided(x, (count, *x.shape[-2:]), strides), turned
    return cupy.ascontiguousarray(x).reshape(count, *x.shape[-2:]), False


def _apart(shape: Sequence[int], strides: Sequence[int]) -> int | None:
    """The one step that leads through all of these axes; None where there is none."""
    kept = [(n, s) for n, s in zip(shape, strides, strict=True) if n > 1]
    if not kept:
        return 0
    for (_, outer), (n, inner) in pairwise(kept):
        if outer != n * inner:
            return None
    step = kept[-1][1]
    return step if step >= 0 else None


def _turned(x: Array) -> bool | None:
    """Whether the matrices (the last two axes) are stored columns first, not rows first; None
    where they are neither."""
    (r, c), (down, along), size = x.shape[-2:], x.strides[-2:], x.itemsize
    if any(s % size for s in x.strides):
        return None
    if (c == 1 or along == size) and (r == 1 or down >= c * size):
        return False
    if (r == 1 or down == size) and (c == 1 or along >= r * size):
        return True
    return None


def _run(x: Array, y: Array, out: Array, bias: Array | None = None) -> bool:
    """out <- x y (+ bias), all of two dimensions and none of them empty, `out` in order; False
    where the library cannot add the bias."""
    (x, turn_x), (y, turn_y) = _plain(x), _plain(y)
    return _start(x, turn_x, y, turn_y, out, bias)


def _plain(x: Array) -> tuple[Array, bool]:
    """The matrix, in order where it was not, and whether it is stored turned."""
    turned = _turned(x)
    return (cupy.ascontiguousarray(x), False) if turned is None else (x, turned)


def _start(
    x: Array, turn_x: bool, y: Array, turn_y: bool, out: Array, bias: Array | None = None
) -> bool:
    """Start the product of two matrices, or of as many as the first axis has."""
    result = _matrix(out, False)
    if bias is not None:
        result = result._replace(aligned=min(result.aligned, alignment(bias.data.ptr)))
    problem = Problem(
        device=out.device.id, char=out.dtype.char, factors=_factors(out),
        batch=len(out) if out.ndim == 3 else 1,
        a=_matrix(y, turn_y), turn_a=turn_y, b=_matrix(x, turn_x), turn_b=turn_x,
        out=result, bias=bias is not None,
    )  # fmt: skip
    how = plan(problem)
    if not how.found:
        if bias is not None:
            return False
        raise RuntimeError(
            f"cuBLASLt has no algorithm for {x.dtype} matrices of {x.shape} and {y.shape}"
        )
    place = bench() or Bench()  # whose memory the pool gives to nobody before the product is done
    how.run(
        y.data.ptr, x.data.ptr, out.data.ptr, 0 if bias is None else bias.data.ptr, place.address,
        cupy.cuda.get_current_stream().ptr,
    )  # fmt: skip
    return True


def _matrix(x: Array, turned: bool) -> Matrix:
    """What is stored, columns first."""
    (r, c), (down, along), size = x.shape[-2:], x.strides[-2:], x.itemsize
    apart = x.strides[0] // size if x.ndim == 3 else 0
    aligned = alignment(math.gcd(x.data.ptr, apart * size) if apart else x.data.ptr)
    if turned:
        return Matrix(r, c, along // size if c > 1 else r, apart, aligned)
    return Matrix(c, r, down // size if r > 1 else c, apart, aligned)


def _factors(out: Array) -> str:
    """What the factors may be rounded to: "float32", "TF32" or "bfloat16"."""
    level = setting.level if out.dtype.char in "fF" else "highest"
    return LEVELS[level if level == "highest" or _has_choice(out.device.id) else "highest"]


@cache
def _has_choice(device: int) -> bool:
    return int(cupy.cuda.Device(device).compute_capability) >= FIRST
