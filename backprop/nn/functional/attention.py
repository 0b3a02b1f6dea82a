"""Scaled dot-product attention as a function of Tensors."""

from __future__ import annotations

import math

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor
from ._checks import probability
from .dropout import dropout

__all__ = ["scaled_dot_product_attention"]

_NAME = "scaled_dot_product_attention"
Shape = tuple[int, ...]


def scaled_dot_product_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """softmax(scale query keyᵀ + mask) value: for each query a mean of the values, by relevance.

    The scores are computed block by block and never kept, so that memory grows with the lengths L
    and S, not with their product. Dropout of the weights is the exception: it keeps them all.

    Args:
        query, key, value: what asks, what is compared with it, and what is averaged.
        attn_mask: boolean: which keys take part (True: it does); floating: added to the scores
            (and learned, if it requires a gradient). A query for which no key takes part gets 0.
        dropout_p: probability with which a weight is dropped. It is applied whenever it is not 0:
            outside training pass 0.
        is_causal: whether query i sees the keys 0 .. i only.
        scale: factor of the scores; 1 / sqrt(E) by default.
        enable_gqa: whether a key and value serve several neighbouring heads of the query.

    Shape: query (..., L, E), key (..., S, E), value (..., S, Ev), mask broadcast to (..., L, S)
    -> (..., L, Ev). With `enable_gqa`, query (..., H n, L, E) and key, value (..., H, S, ·).

    >>> import backprop as bp
    >>> query, key = bp.asarray([[100.0, 0.0]]), bp.asarray([[1.0, 0.0], [0.0, 1.0]])
    >>> value = bp.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> bp.nn.functional.scaled_dot_product_attention(query, key, value)
    tensor([[1., 2.]])

    Source: Vaswani et al., "Attention is all you need" (2017), equation 1; for the blocks: Dao et
    al., "FlashAttention" (2022).
    """
    for name, x in (("query", query), ("key", key), ("value", value)):
        _check_operand(name, x, query)
    probability(_NAME, "dropout_p", dropout_p)
    if attn_mask is not None and is_causal:
        raise ValueError(
            f"{_NAME}: is_causal is a mask of its own, wanted attn_mask=None beside it; "
            "pass one mask that is both"
        )
    q, k, v = query.shape, key.shape, value.shape
    if q[-1] != k[-1]:
        raise ValueError(
            f"{_NAME}: query has shape {q} and key {k}, wanted as many features in the last axis"
        )
    if k[-2] != v[-2]:
        raise ValueError(
            f"{_NAME}: key has shape {k} and value {v}, wanted one value for each key: "
            "the same length in the last axis but one"
        )
    heads = 1
    if enable_gqa:
        heads = _shared_heads(q, k, v)
    stack = _stack(q, k, v, heads)
    if attn_mask is not None:
        attn_mask = _fitting(attn_mask, (*stack, q[-2], k[-2]), query)
    if heads > 1:  # (..., H, n, L, E) with (..., H, 1, S, E)
        query = query.reshape(*q[:-3], k[-3], heads, *q[-2:])
        key, value = key.unsqueeze(-3), value.unsqueeze(-3)
        if attn_mask is not None and attn_mask.ndim > 2:
            *front, of_heads, rows, columns = attn_mask.shape
            split = (1, 1) if of_heads == 1 else (k[-3], heads)
            attn_mask = attn_mask.reshape(*front, *split, rows, columns)
    out = attend(query, key, value, attn_mask, dropout_p, is_causal, scale)
    return out if heads == 1 else out.reshape(*stack, q[-2], v[-1])


def attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, dropout_p: float,
    is_causal: bool, scale: float | None = None,
) -> Tensor:  # fmt: skip
    """Attention of Tensors that fit: in blocks, or with the weights kept where some are dropped."""
    if dropout_p:
        weights = attention_weights(query, key, mask, is_causal, scale)
        return rules.matmul(dropout(weights, dropout_p), value)
    out: Tensor = rules.attention(
        query, key, value, mask, **_static(query, mask, is_causal, scale)
    )[0]
    return out


def attention_weights(
    query: Tensor, key: Tensor, mask: Tensor | None, is_causal: bool, scale: float | None = None
) -> Tensor:
    """softmax(scale query keyᵀ + mask), (..., L, S); 0 in a row where no key takes part."""
    static = _static(query, mask, is_causal, scale)
    weights: Tensor = rules.attention_weights(query, key, mask, None, **static)
    return weights


def _static(q: Tensor, mask: Tensor | None, causal: bool, scale: float | None) -> dict[str, object]:
    if scale is None:
        scale = 1.0 / math.sqrt(max(q.shape[-1], 1))
    learned = mask is not None and mask.requires_grad
    return {"scale": float(scale), "causal": bool(causal), "learned": learned}


def _check_operand(name: str, x: Tensor, query: Tensor) -> None:
    if tensor(x, _NAME, name).dtype.kind != "f":
        raise TypeError(
            f"{_NAME}: {name}: got dtype {x.dtype}, wanted real floating-point numbers; "
            f"convert it first: {name}.astype(backprop.float32)"
        )
    if x.dtype != query.dtype:
        raise TypeError(
            f"{_NAME}: query is {query.dtype} and {name} {x.dtype}, wanted one dtype; "
            f"convert one of them: {name}.astype(query.dtype)"
        )
    if x.ndim < 2:
        raise ValueError(
            f"{_NAME}: {name}: got shape {x.shape}, wanted at least two axes, (length, features)"
        )


def _shared_heads(q: Shape, k: Shape, v: Shape) -> int:
    """How many heads of the query share one of the keys'."""
    if min(len(q), len(k), len(v)) < 3 or k[-3] != v[-3] or not k[-3] or q[-3] % k[-3]:
        raise ValueError(
            f"{_NAME}: enable_gqa: got query {q}, key {k} and value {v}, wanted heads in the last "
            "axis but two, of the query a multiple of those of key and value"
        )
    return q[-3] // k[-3]


def _stack(q: Shape, k: Shape, v: Shape, heads: int) -> Shape:
    """The broadcast shape of the leading axes."""
    if heads > 1:
        k, v = ((*s[:-3], q[-3], *s[-2:]) for s in (k, v))
    out = [1] * (max(len(q), len(k), len(v)) - 2)
    for shape in (q, k, v):
        for i, n in enumerate(reversed(shape[:-2])):
            if n != 1 != out[-1 - i] and n != out[-1 - i]:
                hint = "; do key and value have fewer heads? enable_gqa=True" if i == 0 else ""
                raise ValueError(
                    f"{_NAME}: query has shape {q}, key {k} and value {v}, wanted leading axes "
                    f"(batch, heads) that are equal or 1{hint}"
                )
            if n != 1:
                out[-1 - i] = n
    return tuple(out)


def _fitting(mask: Tensor, wanted: Shape, query: Tensor) -> Tensor:
    """The mask, if it is broadcast to this shape; a floating one in the query's dtype."""
    if tensor(mask, _NAME, "attn_mask").dtype.kind not in "bf":
        raise TypeError(
            f"{_NAME}: attn_mask: got dtype {mask.dtype}, wanted bool (True: takes part) or "
            f"{query.dtype} (added to the scores)"
        )
    shape = mask.shape
    last = wanted[len(wanted) - len(shape) :]
    if not 2 <= len(shape) <= len(wanted) or any(
        n not in (1, m) for n, m in zip(shape, last, strict=True)
    ):
        raise ValueError(
            f"{_NAME}: attn_mask: got shape {shape}, wanted two axes or more that spread over the "
            f"scores, {wanted} (the last two are queries and keys)"
        )
    return mask.astype(query.dtype) if mask.dtype.kind == "f" else mask
