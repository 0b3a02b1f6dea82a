"""MultiheadAttention: several attentions side by side, each on a part of the features."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...xp import empty
from .. import functional as F
from .. import init
from ..functional._checks import probability, whole
from ..module import Module, Parameter, factory
from .linear import Linear

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """concat(head_1, ..., head_h) Wᵒ, with head_i = attention(query W_i, key W'_i, value W''_i).

    attention(q, k, v) = softmax(q kᵀ / sqrt(E / h)) v; see
    `nn.functional.scaled_dot_product_attention`.

    Args:
        embed_dim: E, the features of query and output.
        num_heads: h, a divisor of E.
        dropout: probability with which, in training, a weight of the attention is dropped.
        bias: whether the projections have biases.
        add_bias_kv: whether each sequence of keys and values gets a learned one at its end.
        add_zero_attn: whether each sequence of keys and values gets a 0 at its end.
        kdim, vdim: features of key and value; E by default.
        batch_first: whether the batch is the first axis of inputs and output, or the second.

    Shape: query (L, N, E), key (S, N, kdim), value (S, N, vdim) -> (L, N, E) and the weights
    (N, L, S), or (N, h, L, S) without averaging; without a batch, the same without N.

    `in_proj_weight` (3 E, E) holds the projections of query, key and value one below the other;
    with `kdim` or `vdim`, `q_proj_weight` (E, E), `k_proj_weight` (E, kdim) and `v_proj_weight`
    (E, vdim) do. They start uniform by `init.xavier_uniform_`, the biases at 0, as PyTorch's.

    >>> import backprop as bp
    >>> attention = bp.nn.MultiheadAttention(8, num_heads=2, batch_first=True)
    >>> x = bp.zeros((3, 5, 8))
    >>> out, weights = attention(x, x, x)
    >>> out.shape, weights.shape
    ((3, 5, 8), (3, 5, 5))

    Source: Vaswani et al., "Attention is all you need" (2017), section 3.2.2.
    """

    in_proj_weight: Parameter | None
    q_proj_weight: Parameter | None
    k_proj_weight: Parameter | None
    v_proj_weight: Parameter | None

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        where = "MultiheadAttention"
        embed_dim = whole(where, "embed_dim", embed_dim)
        num_heads = whole(where, "num_heads", num_heads)
        self.kdim = embed_dim if kdim is None else whole(where, "kdim", kdim)
        self.vdim = embed_dim if vdim is None else whole(where, "vdim", vdim)
        if embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: num_heads: got {num_heads}, wanted a divisor of "
                f"embed_dim = {embed_dim}"
            )
        kw = factory(dtype, device)
        self.embed_dim, self.num_heads, self.batch_first = embed_dim, num_heads, batch_first
        self.head_dim = embed_dim // num_heads
        self.dropout = probability("MultiheadAttention", "dropout", dropout)
        self.add_zero_attn = add_zero_attn
        alike = self.kdim == self.vdim == embed_dim
        for name, n, wanted in (
            ("in_proj_weight", embed_dim, alike), ("q_proj_weight", embed_dim, not alike),
            ("k_proj_weight", self.kdim, not alike), ("v_proj_weight", self.vdim, not alike),
        ):  # fmt: skip
            rows = 3 * embed_dim if alike else embed_dim
            weight = Parameter(empty((rows, n), **kw)) if wanted else None
            self.register_parameter(name, weight)
        self.in_proj_bias = Parameter(empty((3 * embed_dim,), **kw)) if bias else None
        self.out_proj = Linear(embed_dim, embed_dim, bias, **kw)
        self.bias_k = Parameter(empty((1, 1, embed_dim), **kw)) if add_bias_kv else None
        self.bias_v = Parameter(empty((1, 1, embed_dim), **kw)) if add_bias_kv else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        self.out_proj.reset_parameters()
        for weight in (
            self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
        ):  # fmt: skip
            if weight is not None:
                init.xavier_uniform_(weight)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros_(bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row)

    def forward(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        key_padding_mask: Tensor | None = None,
        need_weights: bool = True,
        attn_mask: Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """(output, weights), or (output, None) without `need_weights`: then no weights are kept.

        Args:
            key_padding_mask: (N, S), boolean: keys that take no part (True: it does not);
                floating: added to the scores.
            attn_mask: the same for pairs of query and key: (L, S), or (N h, L, S).
            average_attn_weights: whether the weights are the mean over the heads.
            is_causal: a hint that attn_mask, which is given too, is the causal one.
        """
        return F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, training=self.training,
            key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=self.in_proj_weight is None, q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
            batch_first=self.batch_first,
        )  # fmt: skip
