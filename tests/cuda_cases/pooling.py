"""Sliding windows."""

from __future__ import annotations

import numpy as np

from backends import portable

from .common import Seen, case

_WINDOWS = [
    ((3, 8), (2,), (2,), (0,), (1,), (4,)),
    ((2, 9), (3,), (2,), (1,), (2,), (4,)),
    ((2, 3, 6, 6), (2, 2), (2, 2), (0, 0), (1, 1), (3, 3)),
    ((2, 7, 6), (3, 2), (2, 1), (1, 0), (1, 2), (4, 4)),
    ((1, 5, 5), (3, 3), (2, 2), (1, 1), (1, 1), (3, 3)),
    ((5, 4), (3, 3), (3, 3), (0, 0), (1, 1), (2, 2)),  # the last windows go beyond the end
    ((2, 3, 4, 5), (2, 1, 3), (1, 2, 2), (0, 0, 1), (1, 1, 1), (2, 2, 3)),
    ((2, 3), (2,), (2**33,), (1,), (1,), (1,)),  # a stride beyond 32 bits
]  # fmt: skip
"""Shape, kernel, stride, padding, dilation, number of windows."""


def _array(shape, view=lambda a: a, nan=False):
    def make(rng, dtype):
        x = rng.normal(size=shape).astype(dtype).round(1)  # ties
        if nan:
            x.flat[::5] = np.nan
            x.flat[1::7] = -np.inf
        return (Seen(x, view),)

    return make


def _with_winners(shape, length, *how):
    """An array of this shape, and the winners of the windows over another."""

    def make(rng, dtype):
        *sizes, size = how
        x = rng.normal(size=length)
        _, winners = portable.max_pool(x, *sizes, size)
        return rng.normal(size=shape).astype(dtype), winners

    return make


for _shape, *_how in _WINDOWS:
    _d, _size = len(_how[0]), _how[-1]
    _names = ("kernel", "stride", "padding", "dilation")
    _options = dict(zip(_names, _how[:4], strict=True))
    _sums = {k: v for k, v in _options.items() if k != "dilation"}
    _less, _length, _label = (*_shape[:-_d], *_size), _shape[-_d:], f"{_shape} {_how[0]}"
    case("max_pool", _label, _array(_shape), **_options, size=_size)
    case("max_pool", f"{_label} nan", _array(_shape, nan=True), **_options, size=_size)
    case("max_pool_grad", _label, _with_winners(_less, _shape, *_how), **_options, length=_length)
    case("max_pool_at", _label, _with_winners(_shape, _shape, *_how), **_options)
    case("window_sum", _label, _array(_shape), **_sums, size=_size)
    case("window_spread", _label, _array(_less), **_sums, length=_length)

_HALF = {"kernel": (2,), "stride": (2,), "padding": (0,)}
case("max_pool", "transposed", _array((4, 3), lambda a: a.T), **_HALF, dilation=(1,), size=(2,))
case("max_pool", "empty", _array((0, 4)), launches=False, **_HALF, dilation=(1,), size=(2,))
case("window_sum", "transposed", _array((4, 3), lambda a: a.T), **_HALF, size=(2,))
case("window_sum", "empty", _array((0, 4)), launches=False, **_HALF, size=(2,))
case("window_spread", "empty", _array((0, 2)), launches=False, **_HALF, length=(4,))

_LARGE = {"kernel": (20, 20), "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1)}
_SIZES = (*_LARGE.values(), (2, 2))
case("max_pool", "more than a byte", _array((21, 21)), launches=False, **_LARGE, size=(2, 2))
case(
    "max_pool_grad", "more than a byte", _with_winners((2, 2), (21, 21), *_SIZES),
    launches=False, **_LARGE, length=(21, 21),
)  # fmt: skip
case(
    "max_pool_at", "more than a byte", _with_winners((21, 21), (21, 21), *_SIZES),
    launches=False, **_LARGE,
)  # fmt: skip
_FOUR = {"kernel": (1, 1, 2, 2), "stride": (1,) * 4, "padding": (0,) * 4}
case("window_sum", "four axes", _array((2, 2, 3, 3)), launches=False, **_FOUR, size=(2,) * 4)
case(
    "window_spread", "four axes", _array((2,) * 4), launches=False, **_FOUR, length=(2, 2, 3, 3)
)  # fmt: skip
