"""Fourier transforms."""

from __future__ import annotations

from .common import case, normal


def _spectrum(*shape):
    """Of no real array: where it must be real it is not."""

    def make(rng, dtype):
        z = rng.normal(size=shape) + 1j * rng.normal(size=shape)
        return (z.astype({"float32": "complex64", "float64": "complex128"}[dtype.name]),)

    return make


for _shape, _n, _axes in [
    ((4,), 6, (0,)), ((4,), 7, (-1,)), ((3, 4, 5), 6, (0, 1)), ((3, 4, 5), 5, (2, 0)),
    ((1,), 1, (0,)), ((2, 2), 2, (1,)), ((0, 3), 4, (1,)), ((2, 0, 3), 5, (0, 2)),
]:  # fmt: skip
    for _norm in ("backward", "ortho"):
        case(
            "irfft", f"{_shape} {_n} {_axes} {_norm}", _spectrum(*_shape), launches=False, n=_n,
            axes=_axes, norm=_norm,
        )  # fmt: skip

for _shape, _axes in [((4,), (0,)), ((3, 4, 5), (2, 0)), ((0, 2, 3), (1, 2)), ((0, 3), (-1,))]:
    for _name, _make in [("fft", _spectrum), ("ifft", _spectrum), ("rfft", normal)]:
        case(
            _name, f"{_shape} {_axes}", _make(*_shape), launches=False, axes=_axes, norm="ortho"
        )  # fmt: skip
