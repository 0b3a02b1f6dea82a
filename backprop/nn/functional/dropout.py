"""Dropout: elements switched off at random."""

from __future__ import annotations

import backends

from ...defaults import default_generator
from ...tensor import Tensor
from ._checks import probability

__all__ = ["dropout"]


def dropout(x: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """Zero with probability p, else x / (1 - p); x itself outside training."""
    probability("dropout", "p", p)
    if not training or p == 0.0:
        return x
    if p == 1.0:
        return x * 0.0
    backend = backends.of(x.data)
    mask = default_generator().dropout_mask(x.data.shape, 1.0 - p, x.data.dtype, backend)
    return x * Tensor(mask)
