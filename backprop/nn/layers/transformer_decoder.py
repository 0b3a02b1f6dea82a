"""Transformer decoders: attention to itself, to a memory, and a small network, several times."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from .. import functional as F
from ..module import Module
from .dropout import Dropout
from .layer_norm import LayerNorm
from .linear import Linear
from .multihead_attention import MultiheadAttention
from .transformer_encoder import Activation, activation_of, copies, looks_causal

__all__ = ["TransformerDecoder", "TransformerDecoderLayer"]


class TransformerDecoderLayer(Module):
    """y = norm(x + attention(x, x, x)), z = norm(y + attention(y, memory, memory)), then
    norm(z + linear(activation(linear(z)))).

    Args:
        d_model: features of input, memory and output.
        nhead: heads of each attention.
        dim_feedforward: features between the two linear maps.
        dropout: probability, in training, for the attentions' weights and after each part.
        activation: "relu", "gelu", or a function (or module) of one Tensor.
        layer_norm_eps: `eps` of the norms.
        batch_first: whether the batch is the first axis, or the second.
        norm_first: whether the norms come before the parts: x + attention(norm(x)), ...
        bias: whether linear maps and norms have biases.

    Shape: tgt (T, N, d_model), memory (S, N, d_model) -> (T, N, d_model); with `batch_first` the
    first two axes change places; without a batch, the same without N.

    >>> import backprop as bp
    >>> layer = bp.nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16)
    >>> layer(bp.zeros((4, 3, 8)), bp.zeros((5, 3, 8))).shape
    (4, 3, 8)

    Source: Vaswani et al., "Attention is all you need" (2017), section 3.1.
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kw = {"device": device, "dtype": dtype}
        self.self_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, **kw
        )
        self.multihead_attn = MultiheadAttention(
            d_model, nhead, dropout, bias, batch_first=batch_first, **kw
        )
        self.linear1 = Linear(d_model, dim_feedforward, bias, **kw)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **kw)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
        self.norm3 = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.dropout3 = Dropout(dropout)
        self.activation = activation_of("TransformerDecoderLayer", activation)

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The masks are those of `MultiheadAttention`: `tgt_...` of the attention to tgt itself,
        `memory_...` of that to the memory; `..._is_causal` says that a mask is the causal one."""
        of_itself = (tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        of_memory = (memory, memory_mask, memory_key_padding_mask, memory_is_causal)
        x = tgt
        if self.norm_first:
            x = x + self._attend(self.norm1(x), *of_itself)
            x = x + self._look(self.norm2(x), *of_memory)
            return x + self._feed(self.norm3(x))
        x = self.norm1(x + self._attend(x, *of_itself))
        x = self.norm2(x + self._look(x, *of_memory))
        return self.norm3(x + self._feed(x))

    def _attend(self, x: Tensor, mask: Any, padding: Any, is_causal: bool) -> Tensor:
        out, _ = self.self_attn(x, x, x, padding, False, mask, is_causal=is_causal)
        return self.dropout1(out)

    def _look(self, x: Tensor, memory: Tensor, mask: Any, padding: Any, is_causal: bool) -> Tensor:
        out, _ = self.multihead_attn(x, memory, memory, padding, False, mask, is_causal=is_causal)
        return self.dropout2(out)

    def _feed(self, x: Tensor) -> Tensor:
        return self.dropout3(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerDecoder(Module):
    """Decoder layers one after another, and at the end a norm.

    Args:
        decoder_layer: the layer; the decoder holds copies of it, which start alike.
        num_layers: how many.
        norm: what the last layer's output goes through.

    >>> import backprop as bp
    >>> layer = bp.nn.TransformerDecoderLayer(8, nhead=2, dim_feedforward=16)
    >>> decoder = bp.nn.TransformerDecoder(layer, num_layers=2)
    >>> decoder(bp.zeros((4, 3, 8)), bp.zeros((5, 3, 8))).shape
    (4, 3, 8)
    """

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        self.layers = copies("TransformerDecoder", decoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm

    def forward(
        self,
        tgt: Tensor,
        memory: Tensor,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """`tgt_is_causal` says whether tgt_mask is the causal one; None: see whether it is."""
        tgt_is_causal = looks_causal(tgt_mask, tgt_is_causal)
        out = tgt
        for layer in self.layers:
            out = layer(
                out, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask,
                tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return out if self.norm is None else self.norm(out)
