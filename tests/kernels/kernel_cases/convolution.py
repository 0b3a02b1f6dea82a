"""Convolutions, with enough images or rows for several blocks, and every kind of argument."""

from __future__ import annotations

from typing import Any

from .common import Table, array

# (x, weight, stride, padding, dilation, groups)
_HOW: list[tuple[Any, ...]] = [
    ((30, 4, 8, 8), (3, 4, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 1),
    ((3, 1, 50, 50), (2, 1, 9, 9), (1, 1), ((0, 0), (4, 4)), (1, 1), 1),
    ((2, 6, 41, 40), (4, 3, 7, 5), (2, 1), ((3, 2), (0, 3)), (1, 2), 2),
    ((2, 3, 7, 9), (3, 1, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), 3),
    ((40, 3, 8, 8), (3, 1, 3, 3), (1, 1), ((0, 1), (1, 1)), (1, 1), 3),
    ((2, 3, 90, 40), (3, 1, 3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 3),
    ((2, 2, 9, 8), (2, 2, 2, 3), (3, 2), ((0, 1), (5, 0)), (2, 4), 1),
    ((2, 3, 6, 6), (4, 3, 1, 1), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 3, 6, 5), (4, 3, 1, 1), (3, 2), ((1, 0), (0, 2)), (1, 1), 1),
    ((2, 2, 13), (2, 2, 4), (3,), ((2, 0),), (1,), 1),
    ((2, 2, 9), (2, 1, 3), (2,), ((0, 4),), (2,), 2),
    ((2, 2, 5, 4, 6), (2, 2, 3, 2, 2), (2, 1, 1), ((1, 1), (0, 1), (1, 0)), (1, 2, 1), 1),
    ((1, 1, 2, 2), (1, 1, 2, 2), (5, 5), ((4, 4), (0, 0)), (1, 1), 1),
    ((0, 2, 5, 5), (2, 2, 3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
    ((2, 1, 3, 3), (1, 1, 3, 3), (1, 1), ((0, 0), (0, 0)), (1, 1), 1),
]


def _places(x: Any, w: Any, stride: Any, padding: Any, dilation: Any) -> Any:
    return tuple(
        (n + a + b - d * (k - 1) - 1) // s + 1
        for n, k, s, (a, b), d in zip(x[2:], w[2:], stride, padding, dilation, strict=True)
    )


def _calls(name: str, dtype: str) -> list[Any]:
    found = []
    for x, w, *numbers, groups in _HOW:
        how = dict(zip(("stride", "padding", "dilation"), numbers, strict=True))
        y = array((x[0], w[0], *_places(x, w, *numbers)), dtype, 2)
        image, weight = array(x, dtype), array(w, dtype, 1) / 4
        how["groups"] = groups
        found += {
            "conv": [((image, weight, b), how) for b in (None, array(w[0], dtype, 3))],
            "conv_transpose": [((y, weight), {**how, "size": x[2:]})],
            "conv_weight": [((image / 8, y), {**how, "kernel": w[2:]})],
        }[name]
    return found


CASES: Table = {
    "conv": lambda dtype: _calls("conv", dtype),
    "conv_transpose": lambda dtype: _calls("conv_transpose", dtype),
    "conv_weight": lambda dtype: _calls("conv_weight", dtype),
}
LAYOUTS = ["conv", "conv_transpose", "conv_weight"]
