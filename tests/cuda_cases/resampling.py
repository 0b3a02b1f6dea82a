"""Weighted sums along an axis."""

from __future__ import annotations

from .common import case, normal, transposed

_UNEVEN = (((0, 1.0),), ((0, 0.25), (2, 0.5), (3, 0.25)), (), ((3, 2.0), (1, -1.0)), ((2, 1.0),))
for _shape, _axis in [((4,), 0), ((3, 4), -1), ((4, 3), 0), ((2, 4, 33), 1), ((5, 2, 4, 3), -2)]:
    case("resample", f"{_shape} {_axis}", normal(*_shape), axis=_axis, taps=_UNEVEN)
case("resample", "transposed", transposed, axis=1, taps=(((4, 1.0), (0, 0.5)),))
case("resample", "nothing", normal(2, 4), axis=1, taps=((), ()))
case("resample", "empty", normal(0, 4), launches=False, axis=1, taps=_UNEVEN)
