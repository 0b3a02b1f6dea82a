"""Discrete Fourier transforms.

A transform F over n points, not scaled, is F[k, j] = e^(-2πi jk/n). It is symmetric, so its adjoint
is its conjugate: the inverse transform without the inverse's 1/n. `norm` says which of the two
carries that 1/n, so an adjoint is the opposite transform under the opposite norm.
"""

from __future__ import annotations

from ..primitive import Primitive
from ..rule import vjp

__all__ = ["fft", "ifft", "inner_bins", "irfft", "rfft"]

OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}

# Complex to complex, over `axes`.
fft = Primitive("fft", "x")
ifft = Primitive("ifft", "x")
vjp(fft, lambda g, axes, norm: ifft(g, axes=axes, norm=OPPOSITE[norm]), conjugates=True)
vjp(ifft, lambda g, axes, norm: fft(g, axes=axes, norm=OPPOSITE[norm]), conjugates=True)

# Real to half a spectrum along the last of the axes and back (n points, n // 2 + 1 bins): the other
# bins are the conjugates of these, all but the first and, for even n, the last. So a gradient of
# the half spectrum counts once where the inverse would count bin and conjugate, and the other way.
rfft = Primitive("rfft", "x")
irfft = Primitive("irfft", "x")
inner_bins = Primitive("inner_bins", "x")  # those that stand for two, multiplied by a factor
vjp(
    rfft,
    lambda g, shapes, axes, norm: irfft(
        inner_bins(g, n=shapes[0][axes[-1]], axis=axes[-1], factor=0.5),
        n=shapes[0][axes[-1]],
        axes=axes,
        norm=OPPOSITE[norm],
    ),
    conjugates=True,
)
vjp(
    irfft,
    lambda g, n, axes, norm: inner_bins(
        rfft(g, axes=axes, norm=OPPOSITE[norm]), n=n, axis=axes[-1], factor=2.0
    ),
    conjugates=True,
)
vjp(inner_bins, lambda g, n, axis, factor: inner_bins(g, n=n, axis=axis, factor=factor))
