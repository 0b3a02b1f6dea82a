"""Random bits: Philox, a counter to a thread."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, Source, live, override

Array = Any
_code = Source(__file__)
__all__ = ["dropout_mask", "philox", "split_words"]


@override()
def philox(like: Array, /, key: tuple[int, int], start: int, blocks: int) -> Array:
    counter_and_key = [np.uint64(v) for v in (start, *key)]
    launch, memory = live(counter_and_key)
    if not launch:
        return like
    out = cupy.empty((4 * blocks,), np.uint64)
    if blocks:
        _code.each("philox", "f", blocks, out, np.int64(blocks), memory, *counter_and_key)
    return out


@override()
def split_words(words: Array, /) -> Array:
    return cupy.ascontiguousarray(words).view(np.uint32)  # CUDA devices are little-endian


@override()
def dropout_mask(bits: Array, /, threshold: int, scale: float, dtype: Any) -> Array:
    dtype = np.dtype(dtype)
    if dtype.name not in FLOATS or bits.dtype != np.uint32:
        return portable.dropout_mask(bits, threshold, scale, dtype)
    out = cupy.empty(bits.shape, dtype)
    if bits.size:
        numbers = np.int64(bits.size), np.int64(threshold), np.float64(scale)
        _code.each(
            "dropout_mask", dtype.char, bits.size, cupy.ascontiguousarray(bits), out, *numbers
        )
    return out
