"""Random bits, the same on every device."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

__all__ = ["dropout_mask", "philox", "split_words"]

Array = Any


def philox(like: Array, /, key: tuple[int, int], start: int, blocks: int) -> Array:
    """4 x blocks random 64-bit words: Philox4x64-10 at the counters start, start + 1, ...

    `like` is any array of the library and device that should hold the words. The counter's low
    word counts blocks (start + blocks < 2^64).

    Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
    """
    xp = namespace(like)
    kw = {"dtype": xp.uint64, "device": like.device}
    c0 = xp.arange(blocks, **kw) + xp.asarray(start, **kw)
    c1 = c2 = c3 = xp.zeros(blocks, **kw)
    k0, k1 = key
    for _ in range(10):
        high0, low0 = _multiply_words(c0, 0xD2E7470EE14C6C93)
        high1, low1 = _multiply_words(c2, 0xCA5A826395121157)
        c0, c1 = high1 ^ c1 ^ xp.asarray(k0, **kw), low1
        c2, c3 = high0 ^ c3 ^ xp.asarray(k1, **kw), low0
        k0 = (k0 + 0x9E3779B97F4A7C15) % 2**64
        k1 = (k1 + 0xBB67AE8584CAA73B) % 2**64
    return xp.reshape(xp.stack([c0, c1, c2, c3], axis=-1), (-1,))


def _multiply_words(a: Array, b: int) -> tuple[Array, Array]:
    """The high and low 64 bits of a b, from products of 32-bit halves."""
    xp = namespace(a)
    half, low = 32, 0xFFFFFFFF
    a1, a0, b1, b0 = a >> half, a & low, b >> half, b & low
    carry = a1 * b0 + ((a0 * b0) >> half)
    middle = a0 * b1 + (carry & low)
    high = a1 * b1 + (carry >> half) + (middle >> half)
    return high, a * xp.asarray(b, dtype=a.dtype, device=a.device)


def split_words(words: Array, /) -> Array:
    """Each 64-bit word as two 32-bit ones, the low half first."""
    xp = namespace(words)
    both = xp.stack([words & 0xFFFFFFFF, words >> 32], axis=-1)
    return xp.astype(xp.reshape(both, (-1,)), xp.uint32)


def dropout_mask(bits: Array, /, threshold: int, scale: float, dtype: Any) -> Array:
    """scale where a 32-bit word is below the threshold, else 0."""
    xp = namespace(bits)
    return xp.astype(bits < threshold, dtype) * scale
