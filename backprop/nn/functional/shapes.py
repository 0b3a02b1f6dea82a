"""Elements moved between the channels and the plane, and channels between groups."""

from __future__ import annotations

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import integer

__all__ = ["channel_shuffle", "pixel_shuffle", "pixel_unshuffle"]


def positive(where: str, name: str, value: int) -> int:
    """The value as an integer of at least 1."""
    n = integer(value, where, name)
    if n < 1:
        raise ValueError(f"{where}: {name}: got {value!r}, wanted a number of at least 1")
    return n


def _planes(where: str, input: Tensor) -> tuple[tuple[int, ...], int, int, int]:
    """The axes in front, channels, height and width."""
    shape = tensor(input, where, "input").shape
    if len(shape) < 3:
        raise ValueError(f"{where}: input: got shape {shape}, wanted (..., C, H, W)")
    c, h, w = shape[-3:]
    return shape[:-3], c, h, w


def _swapped(input: Tensor, shape: tuple[int, ...], order: tuple[int, ...]) -> Tensor:
    """The input in this shape, its last axes in this order."""
    lead = tuple(range(len(shape) - len(order)))
    x = rules.reshape(input, shape=shape)
    return rules.permute_dims(x, axes=(*lead, *(len(lead) + a for a in order)))


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Every r² channels become a block of r by r pixels, r = upscale_factor.

    out[c, h r + i, w r + j] = input[c r² + i r + j, h, w].

    Shape: (..., C r², H, W) -> (..., C, H r, W r).

    Source: Shi et al., "Real-time single image and video super-resolution using an efficient
    sub-pixel convolutional neural network" (2016).

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(4.0), (4, 1, 1))
    >>> bp.nn.functional.pixel_shuffle(x, 2)
    tensor([[[0., 1.],
             [2., 3.]]])
    """
    r = positive("pixel_shuffle", "upscale_factor", upscale_factor)
    lead, c, h, w = _planes("pixel_shuffle", input)
    if c % (r * r):
        raise ValueError(
            f"pixel_shuffle: upscale_factor: got {r} for an input of shape {input.shape}, wanted "
            f"one whose square ({r * r}) divides the {c} channels"
        )
    out = c // (r * r)
    x = _swapped(input, (*lead, out, r, r, h, w), (0, 3, 1, 4, 2))
    return rules.reshape(x, shape=(*lead, out, h * r, w * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Every block of r by r pixels becomes r² channels: `pixel_shuffle` undone.

    Shape: (..., C, H r, W r) -> (..., C r², H, W).

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(4.0), (1, 2, 2))
    >>> bp.nn.functional.pixel_unshuffle(x, 2).shape
    (4, 1, 1)
    """
    r = positive("pixel_unshuffle", "downscale_factor", downscale_factor)
    lead, c, h, w = _planes("pixel_unshuffle", input)
    if h % r or w % r:
        raise ValueError(
            f"pixel_unshuffle: downscale_factor: got {r} for an input of shape {input.shape}, "
            f"wanted one that divides the height {h} and the width {w}"
        )
    x = _swapped(input, (*lead, c, h // r, r, w // r, r), (0, 2, 4, 1, 3))
    return rules.reshape(x, shape=(*lead, c * r * r, h // r, w // r))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels dealt out again: first the first of each group, then the second of each, ...

    Shape: (N, C, ...) -> (N, C, ...), C divisible by groups.

    Source: Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for
    mobile devices" (2018).

    >>> import backprop as bp
    >>> x = bp.reshape(bp.arange(4.0), (1, 4, 1))
    >>> bp.nn.functional.channel_shuffle(x, 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    shape = tensor(input, "channel_shuffle", "input").shape
    g = positive("channel_shuffle", "groups", groups)
    if len(shape) < 3:
        raise ValueError(f"channel_shuffle: input: got shape {shape}, wanted (N, C, ...)")
    n, c, *rest = shape
    if c % g:
        raise ValueError(
            f"channel_shuffle: groups: got {g} for an input of shape {shape}, wanted a divisor of "
            f"its {c} channels"
        )
    x = rules.reshape(input, shape=(n, g, c // g, *rest))
    x = rules.permute_dims(x, axes=(0, 2, 1, *range(3, len(rest) + 3)))
    return rules.reshape(x, shape=shape)
