"""Transformer encoders: self-attention and a small network at each place, several times."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import backends
from backends import record

from ...tensor import Tensor
from ...xp import full, ones
from .. import functional as F
from ..containers import ModuleList
from ..functional._checks import whole
from ..module import Module
from .dropout import Dropout
from .layer_norm import LayerNorm
from .linear import Linear
from .multihead_attention import MultiheadAttention

__all__ = ["TransformerEncoder", "TransformerEncoderLayer"]

Activation = str | Callable[[Tensor], Tensor]


class TransformerEncoderLayer(Module):
    """y = norm(x + attention(x, x, x)), then norm(y + linear(activation(linear(y)))).

    Args:
        d_model: features of input and output.
        nhead: heads of the attention.
        dim_feedforward: features between the two linear maps.
        dropout: probability, in training, for the attention's weights and after each part.
        activation: "relu", "gelu", or a function (or module) of one Tensor.
        layer_norm_eps: `eps` of the norms.
        batch_first: whether the batch is the first axis, or the second.
        norm_first: whether the norms come before the parts: x + attention(norm(x)), ...
        bias: whether linear maps and norms have biases.

    Shape: (S, N, d_model), (N, S, d_model) with `batch_first`, or (S, d_model) -> the same.

    >>> import backprop as bp
    >>> layer = bp.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16, batch_first=True)
    >>> layer(bp.zeros((3, 5, 8))).shape
    (3, 5, 8)

    Source: Vaswani et al., "Attention is all you need" (2017), section 3.1; `norm_first`: Xiong
    et al., "On layer normalization in the transformer architecture" (2020), figure 1.
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
        self.linear1 = Linear(d_model, dim_feedforward, bias, **kw)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **kw)
        self.norm_first = norm_first
        self.norm1 = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
        self.norm2 = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
        self.dropout1 = Dropout(dropout)
        self.dropout2 = Dropout(dropout)
        self.activation = activation_of("TransformerEncoderLayer", activation)

    def forward(
        self,
        src: Tensor,
        src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool = False,
    ) -> Tensor:
        """The masks are those of `MultiheadAttention`; `is_causal` says that src_mask is causal."""
        x = src
        if self.norm_first:
            x = x + self._attend(self.norm1(x), src_mask, src_key_padding_mask, is_causal)
            return x + self._feed(self.norm2(x))
        x = self.norm1(x + self._attend(x, src_mask, src_key_padding_mask, is_causal))
        return self.norm2(x + self._feed(x))

    def _attend(self, x: Tensor, mask: Any, padding: Any, is_causal: bool) -> Tensor:
        out, _ = self.self_attn(x, x, x, padding, False, mask, is_causal=is_causal)
        return self.dropout1(out)

    def _feed(self, x: Tensor) -> Tensor:
        return self.dropout2(self.linear2(self.dropout(self.activation(self.linear1(x)))))


class TransformerEncoder(Module):
    """Encoder layers one after another, and at the end a norm.

    Args:
        encoder_layer: the layer; the encoder holds copies of it, which start alike.
        num_layers: how many.
        norm: what the last layer's output goes through.
        enable_nested_tensor, mask_check: settings of PyTorch's storage for padding, without
            effect here.

    >>> import backprop as bp
    >>> layer = bp.nn.TransformerEncoderLayer(8, nhead=2, dim_feedforward=16)
    >>> bp.nn.TransformerEncoder(layer, num_layers=2)(bp.zeros((5, 3, 8))).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        encoder_layer: Module,
        num_layers: int,
        norm: Module | None = None,
        enable_nested_tensor: bool = True,
        mask_check: bool = True,
    ) -> None:
        self.layers = copies("TransformerEncoder", encoder_layer, num_layers)
        self.num_layers = num_layers
        self.norm = norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check

    def forward(
        self,
        src: Tensor,
        mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:
        """`is_causal` says whether the mask is the causal one; None: see whether it is."""
        is_causal = looks_causal(mask, is_causal)
        out = src
        for layer in self.layers:
            out = layer(
                out, src_mask=mask, src_key_padding_mask=src_key_padding_mask, is_causal=is_causal
            )
        return out if self.norm is None else self.norm(out)


def activation_of(where: str, activation: Activation) -> Callable[[Tensor], Tensor]:
    """The function that the argument names or is."""
    named: dict[str, Callable[[Tensor], Tensor]] = {"relu": F.relu, "gelu": F.gelu}
    if callable(activation):
        return activation
    if activation not in named:
        raise ValueError(
            f"{where}: activation: got {activation!r}, wanted 'relu', 'gelu' or a function"
        )
    return named[activation]


def copies(where: str, layer: Module, n: int) -> ModuleList:
    """n deep copies of the layer."""
    if not isinstance(layer, Module):
        raise TypeError(f"{where}: the layer is a {type(layer).__name__}, wanted a Module")
    n = whole(where, "num_layers", n)
    return ModuleList([copy.deepcopy(layer) for _ in range(n)])


def square_mask(sz: int, dtype: Any, device: Any) -> Tensor:
    """(sz, sz): hidden above the diagonal, by -inf (else 0) or, if boolean, by True."""
    if dtype is not None and getattr(dtype, "kind", "f") == "b":
        return ones((sz, sz), dtype=dtype, device=device).triu(1)
    return full((sz, sz), -float("inf"), dtype=dtype, device=device).triu(1)


def looks_causal(mask: Tensor | None, hint: bool | None) -> bool:
    """The hint, or else whether the mask is the causal one.

    Where looking would make the host wait for the device it counts as none: it is obeyed either
    way, only its zeros are computed too.
    """
    if hint is not None or mask is None:
        return bool(hint)
    if mask.ndim != 2 or mask.shape[0] != mask.shape[1]:
        return False
    dtype, device = mask.dtype, mask.device

    def look(array: Any) -> bool:
        if backends.of(array).asynchronous:
            return False
        causal = square_mask(array.shape[0], dtype, device).data
        return bool(backends.namespace(array).all(array == causal))

    return bool(record.ask(look, mask.data, False))
