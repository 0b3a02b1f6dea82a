"""Attention on one core: a few heads at a time, so that their scores stay in L2 cache.

What would be a pass of its own over the scores rides in the matrix products: a column of ones
beside v sums the rows of P, and a column beside q (and g) takes the log-sum-exp (and D) off each
row of scores.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from threading import local
from typing import Any

import numpy as np

from ..dispatch import only
from ..portable.attention import attention_grad as portable_grad
from ..portable.attention import levels, stack_of

Array = Any
__all__ = ["attention", "attention_grad", "attention_weights"]
_FLOATS = ("float32", "float64")
_QUERIES, _KEYS = 64, 1024
_BLOCK = 524288
"""Bytes of scores at a time: with its neighbours in the products it leaves room in 1 MB of L2."""


def _heads(
    x: Array, stack: tuple[int, ...], column: Array | None = None, factor: float = 1.0
) -> Array:
    """x (..., n, m), times the factor, as (heads, n, m) in order; m + 1 with the column added."""
    *_, n, m = x.shape
    out = np.empty((*stack, n, m if column is None else m + 1), x.dtype)
    out[..., :m] = x
    if column is not None:
        out[..., m] = column
    if factor != 1.0:  # in order by now, which makes it faster than on the way
        out[..., :m] *= factor
    return out.reshape(math.prod(stack), *out.shape[-2:])


def _turned(x: Array, stack: tuple[int, ...], row: float | None = None) -> Array:
    """xᵀ of each head, with a row of this number added: as BLAS multiplies by it faster."""
    *_, n, m = x.shape
    out = np.empty((*stack, m if row is None else m + 1, n), x.dtype)
    out[..., :m, :] = x.mT
    if row is not None:
        out[..., m, :] = row
    return out.reshape(math.prod(stack), *out.shape[-2:])


def _groups(heads: int, rows: int, columns: int, itemsize: int) -> Iterator[slice]:
    """So many heads at a time that a block of their scores is about _BLOCK bytes."""
    size = max(1, _BLOCK // max(1, min(rows, _QUERIES) * min(columns, _KEYS) * itemsize))
    return (slice(i, min(i + size, heads)) for i in range(0, heads, size))


def _cut(length: int, size: int) -> list[slice]:
    return [slice(i, min(i + size, length)) for i in range(0, length, size)]


class _Mask:
    """What is added to a block of scores: the mask, and -inf where a key is after the query."""

    def __init__(
        self, mask: Array | None, stack: tuple[int, ...], causal: bool, dtype: Any
    ) -> None:
        self.stack, self.mask = stack, mask
        self.alike = mask is None or math.prod(mask.shape[:-2]) == 1  # for all heads
        if mask is not None:
            self.mask = mask.reshape(mask.shape[-2:]) if self.alike else mask
        self.later = None
        if causal:
            self.later = np.triu(np.full((_QUERIES, _QUERIES), -math.inf, dtype), 1)

    def add(self, s: Array, heads: slice, rows: slice, columns: slice) -> None:
        if self.mask is not None:
            block = self.mask
            if not self.alike:
                full = np.broadcast_to(block, (*self.stack, *block.shape[-2:]))
                block = full[np.unravel_index(range(heads.start, heads.stop), self.stack)]
            if block.shape[-2] != 1:
                block = block[..., rows, :]
            if block.shape[-1] != 1:
                block = block[..., columns]
            if block.dtype == np.bool_:
                np.copyto(s, -math.inf, where=~block)
            else:
                s += block
        if self.later is not None and columns.stop > rows.start:  # which is where both begin
            length, width = rows.stop - rows.start, columns.stop - rows.start
            s[..., rows.start - columns.start :] += self.later[:length, :width]


class _Scratch(local):
    """Memory for blocks, one of each name and thread, used again and again: fresh pages for each
    call would cost as much as the arithmetic."""

    def __init__(self) -> None:
        self.held: dict[str, Array] = {}

    def product(self, name: str, x: Array, y: Array) -> Array:
        """x y, in the memory of this name."""
        shape = (x.shape[0], x.shape[1], y.shape[2])
        size = math.prod(shape) * x.itemsize
        if name not in self.held or size > self.held[name].size:
            self.held[name] = np.empty(size, np.uint8)
        return np.matmul(x, y, out=self.held[name][:size].view(x.dtype).reshape(shape))


_scratch = _Scratch()


def _are_small(q: Array, k: Array, mask: Array | None, scale: float) -> bool:
    """Whether no score can exceed 30, by the lengths of the vectors: then their exponentials are
    taken as they are. To find each row's largest and take it off costs more than the exponential.
    """
    if not q.size or not k.size or not (mask is None or mask.dtype == np.bool_):
        return False
    with np.errstate(over="ignore"):
        return bool(scale * scale * np.vecdot(q, q).max() * np.vecdot(k, k).max() <= 30.0**2)


def _reach(rows: slice, keys: int, causal: bool) -> int:
    return min(keys, rows.stop) if causal else keys


@only(*_FLOATS)
def attention(
    q: Array, k: Array, v: Array, mask: Array | None, /, scale: float, causal: bool
) -> tuple[Array, Array]:
    stack = stack_of(q, k, v)
    queries, keys, width = q.shape[-2], k.shape[-2], v.shape[-1]
    lowest, small = np.finfo(q.dtype).min, _are_small(q, k, mask, scale)
    k = _turned(k, stack) if queries > 16 else _heads(k, stack).mT
    q, v = _heads(q, stack, None, scale), _heads(v, stack, 1.0)
    count = len(q)
    hidden = _Mask(mask, stack, causal, q.dtype)
    out = np.empty((count, queries, width), q.dtype)
    lse = np.empty((count, queries, 1), q.dtype)
    for heads in _groups(count, queries, keys, q.itemsize):
        for rows in _cut(queries, _QUERIES):
            top: Any = 0.0
            total: Any = None
            reach = _reach(rows, keys, causal)
            for columns in _cut(reach, _KEYS):
                s = _scratch.product("scores", q[heads, rows], k[heads, :, columns])
                hidden.add(s, heads, rows, columns)
                last = top
                if not small:
                    top = np.maximum.reduce(s, axis=-1, keepdims=True, initial=lowest)
                    if total is not None:
                        np.maximum(top, last, out=top)
                    s -= top
                np.exp(s, out=s)
                # In the last column, the rows' sums:
                value = _scratch.product("values", s, v[heads, columns])
                if total is None:
                    total = value if columns.stop == reach else value.copy()
                    continue
                if not small:
                    total *= np.exp(last - top)
                total += value
            if total is None:  # no keys at all
                out[heads, rows], lse[heads, rows] = 0.0, -math.inf
                continue
            sums = total[..., width:]
            nobody = sums == 0.0
            some = nobody.any()
            if some:
                sums[nobody] = 1.0
            np.divide(total[..., :width], sums, out=out[heads, rows])
            level = np.log(sums)
            level += top
            if some:
                level[nobody] = -math.inf
            lse[heads, rows] = level
    return out.reshape(*stack, queries, width), lse.reshape(*stack, queries)


@only(*_FLOATS)
def attention_grad(
    q: Array, k: Array, v: Array, mask: Array | None, out: Array, lse: Array, g: Array,
    g_lse: Array | None, /, scale: float, causal: bool, learned: bool,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    if learned:
        return portable_grad(
            q, k, v, mask, out, lse, g, g_lse, scale=scale, causal=causal, learned=learned
        )
    stack = stack_of(q, k, v)
    queries, keys = q.shape[-2], k.shape[-2]
    depth, width = q.shape[-1], v.shape[-1]
    down = np.einsum("...i,...i->...", g, out)
    if g_lse is not None:
        down -= g_lse
    q = _heads(q, stack, -levels(np, lse), scale)
    g = _heads(g, stack, -down)
    k_turned, v_turned, k = _turned(k, stack, 1.0), _turned(v, stack, 1.0), _heads(k, stack)
    count = len(q)
    hidden = _Mask(mask, stack, causal, q.dtype)
    once = queries <= _QUERIES and keys <= _KEYS  # each gradient comes from one block
    dq = np.zeros((count, queries, depth), q.dtype)
    dk = np.zeros((count, keys, depth), q.dtype)
    dv = np.zeros((count, keys, width), q.dtype)
    for heads in _groups(count, queries, keys, q.itemsize):
        for rows in _cut(queries, _QUERIES):
            q_, g_ = q[heads, rows], g[heads, rows]
            for columns in _cut(_reach(rows, keys, causal), _KEYS):
                p = _scratch.product("scores", q_, k_turned[heads, :, columns])  # S - lse
                hidden.add(p, heads, rows, columns)
                np.exp(p, out=p)
                ds = _scratch.product("slopes", g_, v_turned[heads, :, columns])  # dP - D
                ds *= p
                for of, x, y in (
                    (dv[heads, columns], p.mT, g_[..., :width]),
                    (dk[heads, columns], ds.mT, q_[..., :depth]),  # which is scaled already
                    (dq[heads, rows], ds, k[heads, columns]),
                ):
                    if once:
                        np.matmul(x, y, out=of)
                    else:
                        of += _scratch.product("values", x, y)
    dq *= scale
    shapes = ((*stack, queries, depth), (*stack, keys, depth), (*stack, keys, width))
    dq, dk, dv = (d.reshape(shape) for d, shape in zip((dq, dk, dv), shapes, strict=True))
    return dq, dk, dv, np.zeros((), q.dtype)


@only(*_FLOATS)
def attention_weights(
    q: Array, k: Array, mask: Array | None, lse: Array | None, /, scale: float, causal: bool
) -> Array:
    p = np.matmul(q * scale, k.mT)
    if mask is not None and mask.dtype == np.bool_:
        np.copyto(p, -math.inf, where=~mask)
    elif mask is not None:
        p += mask
    if causal:
        np.copyto(p, -math.inf, where=np.triu(np.ones(p.shape[-2:], bool), 1))
    if lse is not None:
        p -= levels(np, lse)[..., None]
        return np.exp(p, out=p)
    p -= np.maximum.reduce(p, axis=-1, keepdims=True, initial=np.finfo(p.dtype).min)
    np.exp(p, out=p)
    total = np.add.reduce(p, axis=-1, keepdims=True)
    total[total == 0.0] = 1.0
    p /= total
    return p
