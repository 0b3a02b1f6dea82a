"""Fourier transforms over several axes, of arrays that have the right lengths already."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

Array = Any
__all__ = ["fft", "ifft", "inner_bins", "irfft", "rfft"]


def fft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    """The discrete Fourier transform of complex x over the axes."""
    return namespace(x).fft.fftn(x, axes=axes, norm=norm)


def ifft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    """Its inverse."""
    return namespace(x).fft.ifftn(x, axes=axes, norm=norm)


def rfft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    """The transform of real x, the last of the axes as half its spectrum."""
    return namespace(x).fft.rfftn(x, axes=axes, norm=norm)


def irfft(x: Array, /, n: int, axes: tuple[int, ...], norm: str) -> Array:
    """Its inverse, of n points along the last of the axes.

    Of a bin that must be real (the first, and the last for even n) the real part counts. The last
    axis is a call of its own: multi-dimensional transforms to real numbers differ between
    libraries where the other axes are not as the transform of a real array would be.
    """
    xp = namespace(x)
    *others, last = axes
    if others:
        x = xp.fft.ifftn(x, axes=tuple(others), norm=norm)
    return xp.fft.irfft(x, n=n, axis=last, norm=norm)


def inner_bins(x: Array, /, n: int, axis: int, factor: float) -> Array:
    """Half a spectrum of n points with the bins that have a conjugate multiplied by the factor."""
    out = namespace(x).asarray(x, copy=True)
    inner = (slice(None),) * (axis % x.ndim) + (slice(1, (n + 1) // 2), Ellipsis)
    out[inner] = out[inner] * factor
    return out
