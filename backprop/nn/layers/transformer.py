"""Transformer: an encoder, and a decoder that attends to what it gives."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...xp._check import tensor
from .. import functional as F
from .. import init
from ..module import Module
from .layer_norm import LayerNorm
from .transformer_decoder import TransformerDecoder, TransformerDecoderLayer
from .transformer_encoder import (
    Activation,
    TransformerEncoder,
    TransformerEncoderLayer,
    square_mask,
)

__all__ = ["Transformer"]


class Transformer(Module):
    """decoder(tgt, encoder(src)): a sequence into another.

    Args:
        d_model: features of src, tgt and output.
        nhead: heads of each attention.
        num_encoder_layers, num_decoder_layers: how many layers each has.
        dim_feedforward: features between the two linear maps of a layer.
        dropout: probability, in training, for the attentions' weights and after each part.
        activation: "relu", "gelu", or a function (or module) of one Tensor.
        custom_encoder, custom_decoder: modules to take in place of the usual ones.
        layer_norm_eps: `eps` of the norms.
        batch_first: whether the batch is the first axis, or the second.
        norm_first: whether the norms come before the parts of a layer, or after.
        bias: whether linear maps and norms have biases.

    Shape: src (S, N, d_model), tgt (T, N, d_model) -> (T, N, d_model); with `batch_first` the
    first two axes change places; without a batch, the same without N.

    >>> import backprop as bp
    >>> net = bp.nn.Transformer(8, 2, 1, 1, dim_feedforward=16)
    >>> mask = net.generate_square_subsequent_mask(4)
    >>> net(bp.zeros((5, 3, 8)), bp.zeros((4, 3, 8)), tgt_mask=mask).shape
    (4, 3, 8)

    Source: Vaswani et al., "Attention is all you need" (2017).
    """

    def __init__(
        self,
        d_model: int = 512,
        nhead: int = 8,
        num_encoder_layers: int = 6,
        num_decoder_layers: int = 6,
        dim_feedforward: int = 2048,
        dropout: float = 0.1,
        activation: Activation = F.relu,
        custom_encoder: Module | None = None,
        custom_decoder: Module | None = None,
        layer_norm_eps: float = 1e-5,
        batch_first: bool = False,
        norm_first: bool = False,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kw = {"device": device, "dtype": dtype}
        of_layer = (
            d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
            norm_first, bias,
        )  # fmt: skip
        self.encoder: Any = custom_encoder
        if custom_encoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
            layer: Module = TransformerEncoderLayer(*of_layer, **kw)
            self.encoder = TransformerEncoder(layer, num_encoder_layers, norm)
        self.decoder: Any = custom_decoder
        if custom_decoder is None:
            norm = LayerNorm(d_model, layer_norm_eps, bias=bias, **kw)
            layer = TransformerDecoderLayer(*of_layer, **kw)
            self.decoder = TransformerDecoder(layer, num_decoder_layers, norm)
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all matrices anew, by `init.xavier_uniform_`."""
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)

    def forward(
        self,
        src: Tensor,
        tgt: Tensor,
        src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None,
        tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None,
        src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:
        """The masks are those of `MultiheadAttention`: `src_...` of the encoder, `tgt_...` of the
        decoder's attention to tgt, `memory_...` of that to what the encoder gives."""
        for name, x in (("src", src), ("tgt", tgt)):
            if (
                tensor(x, "Transformer", name).ndim != src.ndim
                or x.ndim not in (2, 3)
                or x.shape[-1] != self.d_model
            ):
                raise ValueError(
                    f"Transformer: {name}: got shape {x.shape}, wanted (length, {self.d_model}), "
                    f"or with a batch three axes, of src and tgt alike; the last is d_model"
                )
        batch = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[batch] != tgt.shape[batch]:
            raise ValueError(
                f"Transformer: src has shape {src.shape} and tgt {tgt.shape}, wanted the same "
                f"number of samples (axis {batch}; batch_first={self.batch_first})"
            )
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask,
            tgt_is_causal=tgt_is_causal, memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """The causal mask (sz, sz), to be added: -inf above the diagonal, 0 elsewhere.

        >>> import backprop as bp
        >>> bp.nn.Transformer.generate_square_subsequent_mask(2)
        tensor([[  0., -inf],
                [  0.,   0.]])
        """
        return square_mask(sz, dtype, device)
