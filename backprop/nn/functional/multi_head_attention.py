"""Attention with several heads, and the projections around it."""

from __future__ import annotations

import math
from typing import Any

from ... import rules
from ...tensor import Tensor
from ...xp import zeros
from ...xp._check import tensor
from ._checks import probability
from .attention import attend, attention_weights
from .dropout import dropout
from .linear import linear

__all__ = ["multi_head_attention_forward"]

Pair = tuple[Tensor, Tensor | None]


def multi_head_attention_forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None,
    bias_k: Tensor | None,
    bias_v: Tensor | None,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Tensor,
    out_proj_bias: Tensor | None,
    training: bool = True,
    key_padding_mask: Tensor | None = None,
    need_weights: bool = True,
    attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None,
    static_v: Tensor | None = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
    batch_first: bool = False,
) -> Pair:
    """(attention of several heads, its weights or None); see `nn.MultiheadAttention`.

    Each input is projected, cut into `num_heads` heads that attend on their own, joined again and
    projected by `out_proj_weight`. in_proj_weight (3 E, E) holds the projections of query, key and
    value one below the other; with `use_separate_proj_weight` there is a matrix for each.

    `batch_first`, which is not PyTorch's, says that the inputs are (N, L, E), not (L, N, E).
    """
    name = "multi_head_attention"
    along = 1 if batch_first else 0
    batched = _check_inputs(name, query, key, value, embed_dim_to_check, num_heads, 1 - along)
    probability(name, "dropout_p", dropout_p)
    if not batched:
        unbatched = 0 if batch_first else 1
        query, key, value = _unsqueezed(query, key, value, unbatched)
        if key_padding_mask is not None:
            key_padding_mask = tensor(key_padding_mask, name, "key_padding_mask").unsqueeze(0)
    count, length, keys = query.shape[1 - along], query.shape[along], key.shape[along]
    if is_causal and attn_mask is None:
        raise ValueError(
            f"{name}: is_causal says that attn_mask is the causal mask, wanted one with it: "
            "nn.Transformer.generate_square_subsequent_mask(length)"
        )
    attn_mask = _scores_mask(name, attn_mask, (count, num_heads, length, keys), query)
    key_padding_mask = _keys_mask(name, key_padding_mask, (count, keys), query, batched)

    weights = (q_proj_weight, k_proj_weight, v_proj_weight)
    q, k, v = _projected(
        query,
        key,
        value,
        in_proj_weight,
        in_proj_bias,
        weights if use_separate_proj_weight else None,
    )
    extra: list[tuple[Any, Any]] = [(bias_k, bias_v)] if bias_k is not None else []
    extra += [(None, None)] if add_zero_attn else []
    for more_k, more_v in extra:
        k, v = _longer(k, more_k, along), _longer(v, more_v, along)
    q, k, v = (_heads(x, num_heads, along) for x in (q, k, v))
    if static_k is not None:
        k = static_k.reshape(count, num_heads, *static_k.shape[-2:])
    if static_v is not None:
        v = static_v.reshape(count, num_heads, *static_v.shape[-2:])

    if is_causal and key_padding_mask is None and not need_weights and not extra:
        mask = None
    else:
        mask, is_causal = _together(attn_mask, key_padding_mask, len(extra), query), False
    p = dropout_p if training else 0.0
    kept = None
    if need_weights:
        kept = dropout(attention_weights(q, k, mask, False), p)
        out = rules.matmul(kept, v)
    else:
        out = attend(q, k, v, mask, p, is_causal)
    axes = (0, 2, 1, 3) if batch_first else (2, 0, 1, 3)
    out = out.permute(*axes)
    out = linear(out.reshape(*out.shape[:2], embed_dim_to_check), out_proj_weight, out_proj_bias)
    if kept is not None and average_attn_weights:
        kept = kept.mean(axis=1)
    if not batched:
        out = out.squeeze(unbatched)
        kept = None if kept is None else kept.squeeze(0)
    return out, kept


# ----------------------------------------------------------------------------- projections


def _projected(
    query: Tensor, key: Tensor, value: Tensor, weight: Any, bias: Any, separate: Any
) -> list[Tensor]:
    """The three projections, in as few products as the inputs allow."""
    size = query.shape[-1]
    if separate is not None:
        biases = (None,) * 3 if bias is None else rules.split(bias, axis=0, lengths=(size,) * 3)
        inputs = zip((query, key, value), separate, biases, strict=True)
        return [linear(x, w, b) for x, w, b in inputs]
    if key is value:  # in one product what shares an input
        if query is key:
            return list(_split(linear(query, weight, bias), 3))
        parts, cuts = ((query, 1), (key, 2)), (size, 2 * size)
    else:
        parts, cuts = ((query, 1), (key, 1), (value, 1)), (size,) * 3  # type: ignore[assignment]
    ws = rules.split(weight, axis=0, lengths=cuts)
    bs = (None,) * len(cuts) if bias is None else rules.split(bias, axis=0, lengths=cuts)
    return [
        part
        for (x, n), w, b in zip(parts, ws, bs, strict=True)
        for part in _split(linear(x, w, b), n)
    ]


def _split(x: Tensor, n: int) -> tuple[Tensor, ...]:
    """n parts of the last axis."""
    if n == 1:
        return (x,)
    return tuple(rules.split(x, axis=x.ndim - 1, lengths=(x.shape[-1] // n,) * n))


def _heads(x: Tensor, heads: int, along: int) -> Tensor:
    """(N, heads, length, features of a head) of (length, N, features), or of (N, length, ...)."""
    *front, size = x.shape
    x = x.reshape(*front, heads, size // heads)
    return x.permute(0, 2, 1, 3) if along == 1 else x.permute(1, 2, 0, 3)


def _unsqueezed(query: Tensor, key: Tensor, value: Tensor, axis: int) -> tuple[Tensor, ...]:
    """With an axis for the batch; what was one Tensor stays one."""
    q = query.unsqueeze(axis)
    k = q if key is query else key.unsqueeze(axis)
    return q, k, k if value is key else value.unsqueeze(axis)


def _longer(x: Tensor, row: Tensor | None, along: int) -> Tensor:
    """x with one more key (or value) at the end of each sequence: the row, or 0."""
    shape = [*x.shape[:along], 1, *x.shape[along + 1 :]]
    if row is None:
        row = zeros(tuple(shape), dtype=x.dtype, device=x.device)
    else:
        row = rules.broadcast_to(row, shape=tuple(shape))
    return rules.concat(x, row, axis=along)


# ----------------------------------------------------------------------------------- masks


def _scores_mask(name: str, mask: Tensor | None, sizes: Any, query: Tensor) -> Tensor | None:
    """attn_mask (L, S) or (N heads, L, S) as (1 or N, 1 or heads, L, S)."""
    if mask is None:
        return None
    _check_mask(name, "attn_mask", mask)
    count, heads, *scores = sizes
    if mask.shape == tuple(scores):
        return _in_dtype(mask.reshape(1, 1, *scores), query)
    if mask.shape == (count * heads, *scores):
        return _in_dtype(mask.reshape(*sizes), query)
    raise ValueError(
        f"{name}: attn_mask: got shape {mask.shape}, wanted (queries, keys) = {tuple(scores)}, or "
        f"(N num_heads, queries, keys) = {(count * heads, *scores)}"
    )


def _keys_mask(
    name: str, mask: Tensor | None, sizes: Any, query: Tensor, batched: bool
) -> Tensor | None:
    """key_padding_mask (N, S) as (N, 1, 1, S)."""
    if mask is None:
        return None
    _check_mask(name, "key_padding_mask", mask)
    if mask.shape != sizes:
        got, wanted = (mask.shape, sizes) if batched else (mask.shape[1:], sizes[1:])
        raise ValueError(
            f"{name}: key_padding_mask: got shape {got}, wanted "
            f"{'(N, keys)' if batched else '(keys,)'} = {wanted}"
        )
    return _in_dtype(mask.reshape(sizes[0], 1, 1, sizes[1]), query)


def _check_mask(name: str, which: str, mask: Tensor) -> None:
    if tensor(mask, name, which).dtype.kind not in "bf":
        raise TypeError(
            f"{name}: {which}: got dtype {mask.dtype}, wanted bool (True: takes no part) or "
            "floating point (added to the scores)"
        )


def _in_dtype(mask: Tensor, query: Tensor) -> Tensor:
    return mask.astype(query.dtype) if mask.dtype.kind == "f" else mask


def _together(
    attn_mask: Tensor | None, padding: Tensor | None, extra: int, query: Tensor
) -> Tensor | None:
    """The mask `attend` takes: boolean, and True where a key does take part, or additive."""
    masks = [_wider(m, extra) for m in (attn_mask, padding) if m is not None]
    if not masks:
        return None
    if all(m.dtype.kind == "b" for m in masks):
        hidden = masks[0] if len(masks) == 1 else masks[0] | masks[1]
        return ~hidden
    total = None
    for mask in masks:
        if mask.dtype.kind == "b":
            mask = rules.where(mask, -math.inf, zeros((), dtype=query.dtype, device=query.device))
        total = mask if total is None else total + mask
    return total


def _wider(mask: Tensor, extra: int) -> Tensor:
    """With columns for the added keys, which are never hidden."""
    if not extra:
        return mask
    more = zeros((*mask.shape[:-1], extra), dtype=mask.dtype, device=mask.device)
    return rules.concat(mask, more, axis=mask.ndim - 1)


def _check_inputs(
    name: str, query: Tensor, key: Tensor, value: Tensor, size: int, heads: int, batch: int
) -> bool:
    """Whether there is an axis for the batch."""
    for which, x in (("query", query), ("key", key), ("value", value)):
        tensor(x, name, which)
        if x.ndim != query.ndim or x.ndim not in (2, 3):
            raise ValueError(
                f"{name}: {which}: got shape {x.shape}, wanted (length, features), or with a "
                f"batch three axes, of query, key and value alike"
            )
    if query.shape[-1] != size:
        raise ValueError(
            f"{name}: query: got {query.shape[-1]} features in the last axis, wanted "
            f"embed_dim = {size}"
        )
    if size % heads:
        raise ValueError(f"{name}: num_heads: got {heads}, wanted a divisor of embed_dim = {size}")
    if key.shape[:-1] != value.shape[:-1]:
        raise ValueError(
            f"{name}: key has shape {key.shape} and value {value.shape}, wanted one value for "
            "each key: the same shape but for the last axis"
        )
    if query.ndim == 3 and query.shape[batch] != key.shape[batch]:
        raise ValueError(
            f"{name}: query has shape {query.shape} and key {key.shape}, wanted the same number of "
            f"samples (axis {batch})"
        )
    return query.ndim == 3
