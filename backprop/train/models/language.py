"""Networks that predict the next character of a text."""

from __future__ import annotations

from typing import Any

from ... import nn
from ...tensor import Tensor
from ...xp import arange


class CharTransformer(nn.Module):
    """Embeddings of characters and places, causal attention blocks, and a score a character.

    Shape: (N, L) integers, L at most the context, -> (N, L, vocabulary).

    Source: Vaswani et al., "Attention is all you need" (2017); normalised before each part, as in
    Radford et al., "Language models are unsupervised multitask learners" (2019).
    """

    def __init__(
        self, vocabulary: int, context: int, layers: int, width: int, heads: int,
        dropout: float, dtype: Any,
    ) -> None:  # fmt: skip
        self.characters = nn.Embedding(vocabulary, width, dtype=dtype)
        self.places = nn.Embedding(context, width, dtype=dtype)
        self.dropout = nn.Dropout(dropout)
        layer = nn.TransformerEncoderLayer(
            width, heads, 4 * width, dropout, "gelu", batch_first=True, norm_first=True,
            dtype=dtype,
        )  # fmt: skip
        self.blocks = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width, dtype=dtype))
        self.head = nn.Linear(width, vocabulary, dtype=dtype)
        for p in self.parameters():
            if p.ndim > 1:
                nn.init.normal_(p, 0.0, 0.02)

    def forward(self, x: Tensor) -> Tensor:
        place = self.places(arange(x.shape[1], device=x.device))
        hidden = self.dropout(self.characters(x) + place)
        mask = nn.Transformer.generate_square_subsequent_mask(
            x.shape[1], device=x.device, dtype=hidden.dtype
        )
        return self.head(self.blocks(hidden, mask, is_causal=True))


class CharRecurrent(nn.Module):
    """Embeddings of characters, recurrent layers, and a score a character.

    Shape: (N, L) integers -> (N, L, vocabulary). Each row begins with a state of zeros.
    """

    def __init__(
        self, kind: str, vocabulary: int, units: int, layers: int, dropout: float, dtype: Any,
    ) -> None:  # fmt: skip
        self.characters = nn.Embedding(vocabulary, min(units, 128), dtype=dtype)
        recurrent: Any = nn.LSTM if kind == "lstm" else nn.GRU
        self.body = recurrent(
            min(units, 128), units, layers, batch_first=True,
            dropout=dropout if layers > 1 else 0.0, dtype=dtype,
        )  # fmt: skip
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(units, vocabulary, dtype=dtype)

    def forward(self, x: Tensor) -> Tensor:
        hidden, _ = self.body(self.characters(x))
        return self.head(self.dropout(hidden))
