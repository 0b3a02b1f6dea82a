"""Attention and transformers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .record import Record

_RNG = np.random.default_rng(3)
_ATTENTION = "functional.scaled_dot_product_attention"
_QKV = ((2, 2, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3))
_SELF = ((3, 2, 4),) * 3  # three queries, a batch of two, four features
_OTHER = ((3, 2, 4), (5, 2, 4), (5, 2, 4))
_HIDDEN = np.array([[False, False, True, False, False], [True, False, False, False, False]])
"""Padding of two sequences of five keys."""


def _some(*shape: int) -> np.ndarray:
    """A boolean mask with something False in it; the first key always takes part."""
    mask = _RNG.random(shape) > 0.4
    mask[..., 0] = True
    return mask


def _attention(inputs: Any = _QKV, mask: Any = None, **kwargs: Any) -> Record:
    """A floating mask is one more input, so that it is differentiated."""
    if isinstance(mask, tuple):
        return Record(_ATTENTION, (), kwargs, (*inputs, mask))
    return Record(_ATTENTION, (), kwargs | ({} if mask is None else {"attn_mask": mask}), inputs)


_DEAD = _some(3, 5)
_DEAD[1] = False


def _heads(inputs: Any = _SELF, call: Any = None, **kwargs: Any) -> Record:
    """PyTorch's blocks, which it takes where no weights are wanted, have a first derivative."""
    order = 2 if (call or {}).get("need_weights", True) else 1
    return Record("MultiheadAttention", (4, 2), kwargs, inputs, call or {}, order=order)


def _same(**kwargs: Any) -> Record:
    """Self-attention with one and the same tensor."""

    def make(nn: Any) -> Any:
        class Net(nn.Module):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.inner = nn.MultiheadAttention(4, 2, **kwargs)

            def forward(self, x: Any, memory: Any) -> Any:
                first, _ = self.inner(x, x, x, need_weights=False)
                return self.inner(first, memory, memory)

        return Net()

    inputs = ((2, 3, 4), (2, 5, 4)) if "batch_first" in kwargs else ((3, 2, 4), (5, 2, 4))
    return Record(f"self and memory {kwargs}", inputs=inputs, make=make, order=1)


_SQUARE = np.triu(np.full((3, 3), -np.inf), 1)
_LATER = _SQUARE < 0

FUNCTION = [
    _attention(),
    _attention(((3, 4), (5, 4), (5, 2))),
    _attention(is_causal=True, scale=0.3),
    _attention(((5, 3, 4), (5, 2, 4), (5, 2, 4)), is_causal=True),
    _attention(((2, 1, 3, 4), (1, 2, 5, 4), (2, 5, 1)), mask=_some(2, 1, 3, 5)),
    _attention(mask=_DEAD),
    _attention(mask=_some(2, 1, 1, 5)),
    _attention(mask=(3, 5)),
    _attention(mask=(1, 2, 3, 5), scale=-0.7),
    _attention(mask=(2, 1, 3, 1)),
    _attention(((2, 4, 3, 2), (2, 2, 5, 2), (2, 2, 5, 3)), enable_gqa=True),
    _attention(((4, 3, 2), (2, 3, 2), (2, 3, 1)), enable_gqa=True, is_causal=True),
    _attention(((2, 4, 3, 2), (2, 2, 5, 2), (2, 2, 5, 3)), mask=(2, 4, 3, 5), enable_gqa=True),
    _attention(((4, 3, 2), (2, 5, 2), (2, 5, 3)), mask=_some(1, 3, 5), enable_gqa=True),
    _attention(((2, 3, 4), (2, 0, 4), (2, 0, 3))),
    _attention(((2, 0, 4), (2, 3, 4), (2, 3, 3))),
]

HEADS = [
    _heads(),
    _heads(bias=False, batch_first=True),
    _heads(_OTHER, {"key_padding_mask": _HIDDEN}),
    _heads(_OTHER, {"key_padding_mask": _HIDDEN, "need_weights": False}, add_zero_attn=True),
    _heads(_OTHER, {"attn_mask": ~_some(3, 5), "average_attn_weights": False}, add_bias_kv=True),
    _heads(_OTHER, {"attn_mask": ~_some(4, 3, 5), "need_weights": False}, bias=False),
    _heads(
        _OTHER, {"attn_mask": ~_some(3, 5), "key_padding_mask": _HIDDEN & False},
        add_bias_kv=True, add_zero_attn=True,
    ),
    _heads(
        _OTHER,
        {"attn_mask": _RNG.normal(size=(4, 3, 5)), "key_padding_mask": _RNG.normal(size=(2, 5))},
    ),
    _heads(_SELF, {"attn_mask": _SQUARE, "is_causal": True, "need_weights": False}),
    _heads(_SELF, {"attn_mask": _LATER, "is_causal": True}),
    _heads(((3, 2, 4), (5, 2, 3), (5, 2, 6)), {"need_weights": False}, kdim=3, vdim=6),
    _heads(((2, 3, 4), (2, 5, 3), (2, 5, 4)), kdim=3, bias=False, batch_first=True),
    _heads(
        ((3, 4), (5, 4), (5, 4)), {"key_padding_mask": _HIDDEN[0], "attn_mask": ~_some(2, 3, 5)}
    ),
    _heads(((3, 4), (5, 4), (5, 4)), {"need_weights": False}, batch_first=True, add_bias_kv=True),
    _heads(((3, 4), (5, 4), (5, 4)), {"average_attn_weights": False}, dropout=0.0),
    _heads(((0, 2, 4), (3, 2, 4), (3, 2, 4))),
    _same(),
    _same(batch_first=True, bias=False),
]  # fmt: skip


def _encoder(call: Any = None, shape: Any = (3, 2, 4), order: int = 1, **kwargs: Any) -> Record:
    kwargs = {"dropout": 0.0, "dim_feedforward": 5, **kwargs}
    return Record("TransformerEncoderLayer", (4, 2), kwargs, (shape,), call or {}, order=order)


def _decoder(call: Any = None, shapes: Any = _OTHER[:2], **kwargs: Any) -> Record:
    kwargs = {"dropout": 0.0, "dim_feedforward": 5, **kwargs}
    return Record("TransformerDecoderLayer", (4, 2), kwargs, shapes, call or {}, order=1)


def _whole(name: str, inputs: Any, call: Any = None, **kwargs: Any) -> Record:
    """A stack of two layers, or a transformer of one encoder and one decoder layer."""
    small = {"dropout": 0.0, "dim_feedforward": 3, **kwargs}

    def make(nn: Any) -> Any:
        if name == "Transformer":
            with warnings.catch_warnings():  # PyTorch's, that it will not use nested tensors
                warnings.simplefilter("ignore")
                return nn.Transformer(4, 2, 1, 1, **small)
        layer = getattr(nn, f"{name}Layer")(4, 2, **small)
        more = {"enable_nested_tensor": False} if name == "TransformerEncoder" else {}
        return getattr(nn, name)(layer, 2, nn.LayerNorm(4) if len(inputs) > 1 else None, **more)

    return Record(f"{name} {kwargs}", make=make, inputs=inputs, call=call or {}, order=1)


_FIRST = {"batch_first": True}
_BACK = ((2, 3, 4), (2, 5, 4))
LAYERS = [
    _encoder(),
    _encoder({"src_mask": _SQUARE, "is_causal": True}, norm_first=True, activation="gelu"),
    _encoder({"src_mask": _LATER}, (2, 3, 4), batch_first=True, bias=False),
    _encoder(
        {"src_key_padding_mask": _HIDDEN[:, :3]}, (2, 3, 4), batch_first=True, norm_first=True
    ),
    _encoder({"src_key_padding_mask": _HIDDEN[0, :3]}, (3, 4), layer_norm_eps=0.1),
    _decoder(),
    _decoder({"tgt_mask": _SQUARE, "tgt_is_causal": True}, norm_first=True, bias=False),
    _decoder({"memory_mask": ~_some(3, 5), "memory_key_padding_mask": _HIDDEN}, activation="gelu"),
    _decoder({"tgt_key_padding_mask": _HIDDEN[:, :3]}, _BACK, batch_first=True, layer_norm_eps=0.1),
    _decoder({"tgt_mask": _LATER}, ((3, 4), (5, 4))),
    _whole("TransformerEncoder", ((3, 2, 4),), {"mask": _LATER}),
    _whole("TransformerEncoder", ((2, 3, 4),), {"src_key_padding_mask": _HIDDEN[:, :3]}, **_FIRST),
    _whole(
        "TransformerDecoder",
        _OTHER[:2],
        {"tgt_mask": _SQUARE, "memory_key_padding_mask": _HIDDEN},
        norm_first=True,
    ),
    _whole(
        "Transformer",
        ((5, 2, 4), (3, 2, 4)),
        {"tgt_mask": _LATER, "src_key_padding_mask": _HIDDEN},
    ),
]
RECORDS = [*FUNCTION, *HEADS, *LAYERS]
