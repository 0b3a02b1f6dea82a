"""Fourier transforms: CuPy's, where it gives what the standard wants.

CuPy refuses arrays with nothing in them, even where the axes in question are not empty.
"""

from __future__ import annotations

from typing import Any

import cupy

from .launch import COMPLEX, FLOATS, override

Array = Any
__all__ = ["fft", "ifft", "irfft", "rfft"]


@override(*COMPLEX)
def fft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    return cupy.fft.fftn(x, axes=axes, norm=norm) if x.size else x.copy()


@override(*COMPLEX)
def ifft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    return cupy.fft.ifftn(x, axes=axes, norm=norm) if x.size else x.copy()


@override(*FLOATS)
def rfft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    if x.size:
        return cupy.fft.rfftn(x, axes=axes, norm=norm)
    return _nothing(x, axes[-1], x.shape[axes[-1]] // 2 + 1, x.dtype.char.upper())


def _nothing(x: Array, axis: int, length: int, dtype: Any) -> Array:
    """An empty array in the place of x, its axis of another length."""
    axis %= x.ndim
    return cupy.empty((*x.shape[:axis], length, *x.shape[axis + 1 :]), dtype)


@override(*COMPLEX)
def irfft(x: Array, /, n: int, axes: tuple[int, ...], norm: str) -> Array:
    # For some lengths cuFFT takes in the imaginary part of bins that must be real.
    *others, last = axes
    if not x.size:
        return _nothing(x, last, n, x.real.dtype)
    x = cupy.fft.ifftn(x, axes=tuple(others), norm=norm) if others else x.copy()
    before = (slice(None),) * (last % x.ndim)
    for end in (0,) if n % 2 else (0, -1):
        x.imag[(*before, end)] = 0
    return cupy.fft.irfft(x, n=n, axis=last, norm=norm)
