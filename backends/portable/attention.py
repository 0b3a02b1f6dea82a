"""Scaled dot-product attention, block by block: memory grows with the length, not its square.

With S = scale q kᵀ (plus the mask), P = softmax(S) and out = P v, a block of queries meets one
block of keys after the other. It keeps, for each row, the largest score so far, the sum of the
exponentials relative to it, and the sum of the values weighted by them; where a larger score turns
up, both sums are scaled down. What the gradient needs is out and the rows' log-sum-exp l alone:
P = exp(S - l) is computed again.

Source: Dao, Fu, Ermon, Rudra, Ré, "FlashAttention: fast and memory-efficient exact attention with
IO-awareness" (2022), algorithms 1 and 4.
"""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace

__all__ = ["attention", "attention_grad", "attention_weights"]

Array = Any
Shape = tuple[int, ...]
_QUERIES, _KEYS = 128, 512
"""Rows and columns of a block of scores."""


def attention(
    q: Array, k: Array, v: Array, mask: Array | None, /, scale: float, causal: bool
) -> tuple[Array, Array]:
    """(softmax(scale q kᵀ + mask) v, log-sum-exp of each row) for q (..., L, E), k (..., S, E)
    and v (..., S, Ev), whose leading axes are broadcast.

    mask, which is broadcast to (..., L, S), is added to the scores, or if it is boolean says which
    keys take part; `causal` keeps those that stand no later than the query. A row in which no key
    takes part is 0, and its log-sum-exp -inf.
    """
    xp = namespace(q)
    stack = stack_of(q, k, v)
    queries, keys = q.shape[-2], k.shape[-2]
    lowest = float(xp.finfo(q.dtype).min)
    kw = {"dtype": q.dtype, "device": q.device}
    out = xp.empty((*stack, queries, v.shape[-1]), **kw)
    lse = xp.empty((*stack, queries), **kw)
    for rows in _cut(queries, _QUERIES):
        top = xp.full((*stack, rows.stop - rows.start, 1), lowest, **kw)
        total = xp.zeros(top.shape, **kw)
        value = xp.zeros((*top.shape[:-1], v.shape[-1]), **kw)
        for columns in _cut(_reach(rows, keys, causal), _KEYS):
            s = _scores(q, k, mask, rows, columns, scale, causal)
            new = xp.maximum(top, xp.max(s, axis=-1, keepdims=True))
            p, shrink = xp.exp(s - new), xp.exp(top - new)
            total = total * shrink + xp.sum(p, axis=-1, keepdims=True)
            value = value * shrink + xp.matmul(p, v[..., columns, :])
            top = new
        nobody = total == 0.0
        total = xp.where(nobody, xp.ones_like(total), total)
        out[..., rows, :] = value / total
        level = top + xp.log(total)
        lse[..., rows] = xp.where(nobody, xp.full_like(level, -math.inf), level)[..., 0]
    return out, lse


def attention_grad(
    q: Array, k: Array, v: Array, mask: Array | None, out: Array, lse: Array, g: Array,
    g_lse: Array | None, /, scale: float, causal: bool, learned: bool,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """The gradients of q, k, v (of the broadcast shapes) and the mask, from those of out and lse.

    P = exp(S - l) and dP = g vᵀ give dS = P (dP - D), where D is each row's sum of g out, less the
    gradient of its log-sum-exp. Then dq = scale dS k, dk = scale dSᵀ q, dv = Pᵀ g, and the mask's
    gradient is dS, summed to its shape; it is a 0-d zero unless `learned`.
    """
    xp = namespace(q)
    stack = stack_of(q, k, v)
    queries, keys = q.shape[-2], k.shape[-2]
    kw = {"dtype": q.dtype, "device": q.device}
    dq = xp.zeros((*stack, *q.shape[-2:]), **kw)
    dk = xp.zeros((*stack, *k.shape[-2:]), **kw)
    dv = xp.zeros((*stack, *v.shape[-2:]), **kw)
    dmask = xp.zeros(mask.shape if learned and mask is not None else (), **kw)
    level = levels(xp, lse)
    down = row_terms(xp, out, g, g_lse)
    for rows in _cut(queries, _QUERIES):
        g_rows, q_rows = g[..., rows, :], q[..., rows, :]
        for columns in _cut(_reach(rows, keys, causal), _KEYS):
            k_part = k[..., columns, :]
            s = _scores(q, k, mask, rows, columns, scale, causal)
            p = xp.exp(s - level[..., rows, None])
            dp = xp.matmul(g_rows, xp.matrix_transpose(v[..., columns, :]))
            ds = p * (dp - down[..., rows, None])
            dq[..., rows, :] += xp.matmul(ds, k_part) * scale
            dk[..., columns, :] += xp.matmul(xp.matrix_transpose(ds), q_rows) * scale
            dv[..., columns, :] += xp.matmul(xp.matrix_transpose(p), g_rows)
            if dmask.shape:
                at = _part(dmask.shape, rows, columns)
                dmask[at] += _summed_to(xp, ds, dmask[at].shape)
    return dq, dk, dv, dmask


def attention_weights(
    q: Array, k: Array, mask: Array | None, lse: Array | None, /, scale: float, causal: bool
) -> Array:
    """exp(scale q kᵀ + mask - lse), with the mask as in `attention`;
    softmax of the rows if lse is None."""
    xp = namespace(q)
    rows, columns = slice(0, q.shape[-2]), slice(0, k.shape[-2])
    s = _scores(q, k, mask, rows, columns, scale, causal)
    if lse is not None:
        return xp.exp(s - levels(xp, lse)[..., None])
    if columns.stop == 0:
        return s
    top = xp.max(s, axis=-1, keepdims=True)
    p = xp.exp(s - xp.where(top == -math.inf, xp.zeros_like(top), top))
    total = xp.sum(p, axis=-1, keepdims=True)
    return p / xp.where(total == 0.0, xp.ones_like(total), total)


def stack_of(*arrays: Array) -> Shape:
    """The broadcast shape of all but the last two axes."""
    shapes = [a.shape[:-2] for a in arrays]
    out = [1] * max(map(len, shapes))
    for shape in shapes:
        for i, n in enumerate(reversed(shape)):
            if n != 1:
                out[-1 - i] = n
    return tuple(out)


def levels(xp: Any, lse: Array) -> Array:
    """lse, but so high where it is -inf that every e^(score - level) is 0."""
    return xp.where(lse == -math.inf, xp.full_like(lse, float(xp.finfo(lse.dtype).max)), lse)


def row_terms(xp: Any, out: Array, g: Array, g_lse: Array | None) -> Array:
    """What is taken off each row of dP."""
    down = xp.sum(g * out, axis=-1)
    return down if g_lse is None else down - g_lse


def _cut(length: int, size: int) -> list[slice]:
    return [slice(i, min(i + size, length)) for i in range(0, length, size)]


def _reach(rows: slice, keys: int, causal: bool) -> int:
    """How many keys the last of these queries sees."""
    return min(keys, rows.stop) if causal else keys


def _part(shape: Shape, rows: slice, columns: slice) -> Any:
    """The index of a block in an array that is broadcast to (..., L, S)."""
    every = slice(None)
    if len(shape) < 2:
        return (Ellipsis, columns if shape and shape[-1] != 1 else every)
    return (Ellipsis, rows if shape[-2] != 1 else every, columns if shape[-1] != 1 else every)


def _scores(
    q: Array, k: Array, mask: Array | None, rows: slice, columns: slice, scale: float, causal: bool
) -> Array:
    """A block of scale q kᵀ + mask, with -inf where a key takes no part."""
    xp = namespace(q)
    s = xp.matmul(q[..., rows, :] * scale, xp.matrix_transpose(k[..., columns, :]))
    if mask is not None:
        block = mask[_part(mask.shape, rows, columns)]
        if mask.dtype == xp.bool:
            s = xp.where(block, s, xp.full_like(s, -math.inf))
        else:
            s = s + block
    if causal and columns.stop > rows.start + 1:
        row = xp.arange(rows.start, rows.stop, device=q.device)
        column = xp.arange(columns.start, columns.stop, device=q.device)
        s = xp.where(row[:, None] >= column, s, xp.full_like(s, -math.inf))
    return s


def _summed_to(xp: Any, x: Array, shape: Shape) -> Array:
    """x summed over the axes along which an array of this shape is broadcast."""
    extra = x.ndim - len(shape)
    axes = tuple(i for i in range(x.ndim) if i < extra or shape[i - extra] == 1 != x.shape[i])
    return xp.reshape(xp.sum(x, axis=axes, keepdims=True) if axes else x, shape)
