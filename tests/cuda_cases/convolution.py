"""Convolutions over one to three axes."""

from __future__ import annotations

from typing import Any

from .common import Seen, case

# label: x, weight, stride, padding, dilation, groups
_HOW: dict[str, tuple[Any, ...]] = {
    "plain": ((3, 2, 5, 6), (4, 2, 3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    "stride and padding": ((2, 3, 7, 6), (2, 3, 3, 3), (2, 3), ((1, 0), (2, 1)), (1, 1), 1),
    "dilation and groups": ((2, 4, 8, 7), (6, 2, 3, 2), (1, 2), ((2, 2), (0, 3)), (2, 3), 2),
    "one axis": ((2, 2, 9), (3, 2, 4), (3,), ((1, 2),), (1,), 1),
    "three axes": (
        (2, 2, 4, 3, 5), (2, 1, 2, 3, 2), (1, 1, 2), ((1, 0), (1, 1), (0, 0)), (1, 1, 1), 2,
    ),
    "stride beyond the kernel": ((1, 1, 7, 7), (2, 1, 2, 1), (4, 3), ((0, 1), (0, 0)), (1, 1), 1),
    "stride beyond 32 bits": ((2, 1, 3), (2, 1, 2), (2**33,), ((0, 1),), (1,), 1),
}  # fmt: skip


def _places(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    return tuple(
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, k, s, (a, b), d in zip(x[2:], w[2:], stride, padding, dilation, strict=True)
    )


def _arrays(*shapes: Any, view: Any = lambda a: a) -> Any:
    def make(rng: Any, dtype: Any) -> Any:
        return tuple(
            s if s is None else Seen(rng.normal(size=s).astype(dtype), view) for s in shapes
        )

    return make


for _label, (_x, _w, _stride, _padding, _dilation, _groups) in _HOW.items():
    _y = (_x[0], _w[0], *_places(_x, _w, _stride, _padding, _dilation))
    _how: dict[str, Any] = {
        "stride": _stride, "padding": _padding, "dilation": _dilation, "groups": _groups,
    }  # fmt: skip
    case("conv", _label, _arrays(_x, _w, None), **_how)
    case("conv", f"{_label}, bias", _arrays(_x, _w, _w[:1]), **_how)
    case("conv_transpose", _label, _arrays(_y, _w), **_how, size=_x[2:])
    case("conv_weight", _label, _arrays(_x, _y), **_how, kernel=_w[2:])

_square: dict[str, Any] = {
    "stride": (1, 1), "padding": ((1, 1), (1, 1)), "dilation": (1, 1), "groups": 1,
}  # fmt: skip
_S = (3, 3, 3, 3)


def _turned(a: Any) -> Any:
    return a.swapaxes(0, 1)[:, :, ::-1]


case("conv", "strided arrays", _arrays(_S, _S, None, view=_turned), **_square)
case("conv_transpose", "strided arrays", _arrays(_S, _S, view=_turned), **_square, size=(3, 3))
case("conv_weight", "strided arrays", _arrays(_S, _S, view=_turned), **_square, kernel=(3, 3))
_none = (0, 2, 4, 4)
case("conv", "no images", _arrays(_none, (3, 2, 3, 3), (3,)), launches=False, **_square)
case("conv_transpose", "no images", _arrays((0, 3, 4, 4), (3, 2, 3, 3)), launches=False, **_square,
     size=(4, 4))  # fmt: skip
case("conv_weight", "no images", _arrays(_none, (0, 3, 4, 4)), launches=False, **_square,
     kernel=(3, 3))  # fmt: skip
_four: dict[str, Any] = {
    "stride": (1,) * 4, "padding": ((0, 0),) * 4, "dilation": (1,) * 4, "groups": 1,
}  # fmt: skip
case("conv", "four axes", _arrays((1, 1, *(3,) * 4), (1, 1, *(2,) * 4), None), launches=False,
     **_four)  # fmt: skip
