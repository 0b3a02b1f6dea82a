"""Sums."""

from __future__ import annotations

from .common import case, normal, transposed

for _size in (1, 100, 2048, 2049, 30000):
    case("sum_of_squares", str(_size), normal(_size))
case("sum_of_squares", "transposed", transposed)
case("sum_of_squares", "empty", normal(0), launches=False)

for _shape, _axis in [
    ((5, 3), 0), ((128, 40), (0,)), ((129, 40), 0), ((1000, 10), -2), ((4, 6, 33), (0, 1)),
    ((4, 6, 33), (1, 0)), ((3, 2, 5), 0), ((1, 7), 0), ((7, 1), 0),
]:  # fmt: skip
    for _keep in (False, True):
        _label = f"{_shape} over {_axis}" + " kept" * _keep
        case("sum", _label, normal(*_shape), axis=_axis, keepdims=_keep)
for _shape, _axis in [((5, 3), 1), ((5, 3), None), ((5, 3), (0, 1)), ((0, 3), 0), ((4,), 0)]:
    case("sum", f"{_shape} over {_axis}", normal(*_shape), launches=False, axis=_axis)
case("sum", "transposed", transposed, launches=False, axis=0)
