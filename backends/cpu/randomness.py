"""Random bits, by NumPy's own Philox."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
__all__ = ["dropout_mask", "philox", "split_words"]


def philox(like: Array, /, key: tuple[int, int], start: int, blocks: int) -> Array:
    # NumPy's own Philox4x64-10 counts up before it draws.
    bits = np.random.Philox(key=key[0] + (key[1] << 64), counter=(start - 1) % 2**256)
    return bits.random_raw(4 * blocks)


def split_words(words: Array, /) -> Array:
    return np.ascontiguousarray(words).astype("<u8", copy=False).view("<u4")


def dropout_mask(bits: Array, /, threshold: int, scale: float, dtype: Any) -> Array:
    return np.multiply(bits < threshold, scale, dtype=dtype)
