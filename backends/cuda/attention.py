"""Attention: a few queries of all heads at a time, in matrix products and one kernel between them.

So many queries that their scores are about _SCORES numbers, but never fewer than _FEWEST: memory
grows with the number of keys, not with its square.
"""

from __future__ import annotations

import math
from typing import Any

import cupy
import numpy as np

from ..portable.attention import attention as portable_attention
from ..portable.attention import attention_grad as portable_grad
from ..portable.attention import attention_weights as portable_weights
from ..portable.attention import row_terms, stack_of
from ..registry import namespace
from .gemm import matmul
from .launch import FLOATS, Source, override

Array = Any
_code = Source(__file__)
__all__ = ["attention", "attention_grad", "attention_weights"]
_SCORES, _FEWEST = 2**24, 64


def _heads(x: Array, stack: tuple[int, ...], factor: float = 1.0) -> Array:
    """x (..., n, m), times the factor, as (heads, n, m) in order."""
    out = cupy.empty((*stack, *x.shape[-2:]), x.dtype)
    out[...] = x if factor == 1.0 else x * factor
    return out.reshape(math.prod(stack), *x.shape[-2:])


def _parts(heads: int, queries: int, keys: int) -> list[slice]:
    size = max(_FEWEST, _SCORES // (heads * keys))
    return [slice(i, min(i + size, queries)) for i in range(0, queries, size)]


def _reach(rows: slice, keys: int, causal: bool) -> int:
    return min(keys, rows.stop) if causal else keys


def _mask(mask: Array | None, stack: tuple[int, ...], dtype: Any, causal: bool) -> list[Any]:
    """What the kernels know of the mask, but for the rows they are at."""
    if mask is None:
        return [None, None, *[np.int64(0)] * 3, np.int64(causal)]
    *front, rows, columns = mask.shape
    apart = 0
    if math.prod(front) != 1:
        full = cupy.empty((*stack, rows, columns), mask.dtype)
        full[...] = mask
        mask, apart = full, rows * columns
    mask = cupy.ascontiguousarray(mask)
    steps = (apart, 0 if rows == 1 else columns, 0 if columns == 1 else 1)
    boolean = mask.dtype == np.bool_
    given = [mask.view(np.uint8), None] if boolean else [None, mask.astype(dtype, copy=False)]
    return [*given, *map(np.int64, steps), np.int64(causal)]


def _softmax(s: Array, hidden: list[Any], first: int) -> Array:
    """softmax in place of the scores (heads, queries, keys), and the rows' log-sum-exp."""
    count, queries, keys = s.shape
    lse = cupy.empty((count, queries), s.dtype)
    where = np.int64(first), np.int64(queries)
    _code.rows("attention_rows", s, count * queries, keys, s, lse, *hidden, *where)
    return lse


@override(*FLOATS)
def attention(
    q: Array, k: Array, v: Array, mask: Array | None, /, scale: float, causal: bool
) -> tuple[Array, Array]:
    stack = stack_of(q, k, v)
    queries, keys, width = q.shape[-2], k.shape[-2], v.shape[-1]
    if not math.prod(stack) * queries * keys:
        return portable_attention(q, k, v, mask, scale=scale, causal=causal)
    hidden = _mask(mask, stack, q.dtype, causal)
    q, k, v = _heads(q, stack, scale), _heads(k, stack), _heads(v, stack)
    out, lse = cupy.empty((len(q), queries, width), q.dtype), cupy.empty(q.shape[:2], q.dtype)
    for rows in _parts(len(q), queries, keys):
        reach = _reach(rows, keys, causal)
        s = cupy.ascontiguousarray(matmul(q[:, rows], k[:, :reach].swapaxes(1, 2)))
        lse[:, rows] = _softmax(s, hidden, rows.start)
        out[:, rows] = matmul(s, v[:, :reach])
    return out.reshape(*stack, queries, width), lse.reshape(*stack, queries)


@override(*FLOATS)
def attention_grad(
    q: Array, k: Array, v: Array, mask: Array | None, out: Array, lse: Array, g: Array,
    g_lse: Array | None, /, scale: float, causal: bool, learned: bool,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    stack = stack_of(q, k, v)
    queries, keys = q.shape[-2], k.shape[-2]
    if learned or not math.prod(stack) * queries * keys:
        return portable_grad(
            q, k, v, mask, out, lse, g, g_lse, scale=scale, causal=causal, learned=learned
        )
    less = row_terms(namespace(q), out, g, g_lse)
    hidden = _mask(mask, stack, q.dtype, causal)
    shapes = [(*stack, *x.shape[-2:]) for x in (q, k, v)]
    q, k, v, g = _heads(q, stack, scale), _heads(k, stack), _heads(v, stack), _heads(g, stack)
    lse, less = lse.reshape(len(q), queries), less.reshape(len(q), queries)
    dq, dk, dv = (cupy.zeros(x.shape, x.dtype) for x in (q, k, v))
    for rows in _parts(len(q), queries, keys):
        reach = _reach(rows, keys, causal)
        k_, q_, g_ = k[:, :reach], q[:, rows], g[:, rows]
        p = cupy.ascontiguousarray(matmul(q_, k_.swapaxes(1, 2)))
        ds = cupy.ascontiguousarray(matmul(g_, v[:, :reach].swapaxes(1, 2)))
        of_rows = [cupy.ascontiguousarray(x[:, rows]) for x in (lse, less)]
        where = np.int64(rows.start), np.int64(p.shape[1])
        _code.rows(
            "attention_slopes", p, p.shape[0] * p.shape[1], reach, p, ds, *of_rows, *hidden, *where
        )
        dq[:, rows] = matmul(ds, k_) * scale
        dk[:, :reach] += matmul(ds.swapaxes(1, 2), q_)  # which is scaled already
        dv[:, :reach] += matmul(p.swapaxes(1, 2), g_)
    slopes = (d.reshape(shape) for d, shape in zip((dq, dk, dv), shapes, strict=True))
    return *slopes, cupy.zeros((), q.dtype)


@override(*FLOATS)
def attention_weights(
    q: Array, k: Array, mask: Array | None, lse: Array | None, /, scale: float, causal: bool
) -> Array:
    stack = stack_of(q, k)
    size = math.prod(stack) * q.shape[-2] * k.shape[-2]
    if lse is not None or not size:
        return portable_weights(q, k, mask, lse, scale=scale, causal=causal)
    hidden = _mask(mask, stack, q.dtype, causal)
    s = matmul(_heads(q, stack, scale), _heads(k, stack).swapaxes(1, 2))
    s = cupy.ascontiguousarray(s)
    _softmax(s, hidden, 0)
    return s.reshape(*stack, *s.shape[-2:])
