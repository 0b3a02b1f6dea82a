"""Attention, its heads shared between threads, in the place of `cpu/attention.py`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import attention as plain
from . import kernels
from .shared import Call, Shared, in_rows

Array = Any
_BLAS = 16
"""Queries from which on keys are turned for the product."""


def _sizes(q: Array, k: Array, v: Array, mask: Array | None, causal: bool) -> Any:
    """(stack, (queries, keys, depth, width, causal)); None where a kernel is not for it: several
    blocks of keys, few queries, or vectors of one number, of which NumPy makes other products."""
    if min(x.ndim for x in (q, k, v)) < 2 or not in_rows(q, k, v):
        return None
    if mask is not None and mask.dtype not in (q.dtype, np.bool_):
        return None
    sizes = q.shape[-2], k.shape[-2], q.shape[-1], v.shape[-1]
    queries, keys, depth, width = sizes
    if not (queries > _BLAS and 1 < keys <= plain._KEYS and depth > 1 and width > 1):
        return None
    stack = plain.stack_of(q, k, v)
    return (stack, (*sizes, int(causal))) if math.prod(stack) else None


def _heads(x: Array, stack: tuple[int, ...]) -> list[Any]:
    """An array as words: where it is, from row to row, and where each head begins."""
    seen = np.broadcast_to(x, (*stack, *x.shape[-2:]))
    begins = np.zeros(1, np.int64)
    for n, stride in zip(stack, seen.strides, strict=False):
        begins = np.add.outer(begins, np.arange(n) * (stride // x.itemsize)).reshape(-1)
    return [x, x.strides[-2] // x.itemsize, begins]


def _mask(x: Array | None, stack: tuple[int, ...], queries: int, keys: int) -> list[Any]:
    """A mask as words: as `_heads`, and how far it is from column to column, and its kind: 0 if
    there is none, 1 of numbers, 2 of truths."""
    if x is None:
        return [0, 0, np.zeros(1, np.int64), 0, 0]
    seen = np.broadcast_to(x, (*stack, queries, keys))
    return [*_heads(seen, stack), seen.strides[-1] // x.itemsize, 1 + (x.dtype == np.bool_)]


def _attention(
    q: Array, k: Array, v: Array, mask: Array | None, scale: float, causal: bool
) -> Call | None:
    found = _sizes(q, k, v, mask, causal)
    if found is None:
        return None
    stack, (queries, keys, depth, width, _) = found
    out = np.empty((*stack, queries, width), q.dtype)
    lse = np.empty((*stack, queries), q.dtype)
    sizes = (*found[1], int(plain._are_small(q, k, mask, scale)))
    rows, heads = plain._QUERIES, math.prod(stack)
    scratch = depth * keys + keys * (width + 1) + rows * (depth + keys + width + 2) + 1
    words = [kernels.function("gemv", q.dtype),
             *_heads(q, stack), *_heads(k, stack), *_heads(v, stack),
             *_mask(mask, stack, queries, keys), np.array([scale], q.dtype), out, lse]  # fmt: skip
    work = heads * queries * keys * (depth + width)
    return Call(
        "attention", ("exp", "log"), sizes, heads, work, max(depth, keys), words,
        lambda heads: scratch, (out, lse),
    )  # fmt: skip


def _attention_grad(
    q: Array, k: Array, v: Array, mask: Array | None, out: Array, lse: Array, g: Array,
    g_lse: Array | None, scale: float, causal: bool, learned: bool,
) -> Call | None:  # fmt: skip
    found = None if learned or not in_rows(g) else _sizes(q, k, v, mask, causal)
    if found is None:
        return None
    stack, (queries, keys, depth, width, _) = found
    down = np.einsum("...i,...i->...", g, out)
    if g_lse is not None:
        down -= g_lse
    np.negative(down, out=down)
    made = [np.empty((*stack, n, m), q.dtype) for n, m in
            ((queries, depth), (keys, depth), (keys, width))]  # fmt: skip
    rows, heads = plain._QUERIES, math.prod(stack)
    scratch = (
        keys * (2 * depth + width + 2) + rows * (depth + width + 2 + 2 * keys)
        + max(rows, keys) * max(depth, width)
    )  # fmt: skip
    columns = (
        np.ascontiguousarray(np.broadcast_to(x, (*stack, queries)))
        for x in (-plain.levels(np, lse), down)
    )
    words = [kernels.function("gemv", q.dtype),
             *_heads(q, stack), *_heads(k, stack), *_heads(v, stack),
             *_mask(mask, stack, queries, keys), *_heads(g, stack), *columns,
             np.array([scale], q.dtype), *made]  # fmt: skip
    work = heads * queries * keys * (3 * depth + 2 * width)
    return Call(
        "attention_grad", ("exp", "log"), (*found[1], 0), heads, work, max(depth, keys, width) + 1,
        words, lambda heads: scratch, (*made, np.zeros((), q.dtype)),
    )  # fmt: skip


class Attention(Shared):
    """Attention, of arrays that all have as many axes."""

    def __call__(self, *args: Any, **how: Any) -> tuple[Array, ...]:
        q, k, v, mask, *more = args
        axes = max(x.ndim for x in (q, k, v))
        q, k, v = (x[(None,) * (axes - x.ndim)] for x in (q, k, v))
        if mask is not None and mask.ndim < axes:
            mask = mask[(None,) * (axes - mask.ndim)]
        return super().__call__(q, k, v, mask, *more, **how)


_FILE = "attention_kernels"
FORMS: dict[Any, Any] = {
    plain.attention: Attention(plain.attention, _FILE, ["attention"], _attention),
    plain.attention_grad: Attention(
        plain.attention_grad, _FILE, ["attention_grad"], _attention_grad
    ),
}
"""The forms of functions."""
