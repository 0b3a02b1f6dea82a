"""Sliding windows."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np

from backends import portable

from .common import Table, array

_NAMES = ("kernel", "stride", "padding", "dilation")
_WINDOWS: list[Any] = [
    ((3, 8), (2,), (2,), (0,), (1,), (4,)), ((2, 9), (3,), (2,), (1,), (2,), (4,)), ((2, 3, 6, 6), (2, 2), (2, 2), (0, 0), (1, 1), (3, 3)),
    ((2, 7, 6), (3, 2), (2, 1), (1, 0), (1, 2), (4, 4)), ((1, 5, 5), (3, 3), (2, 2), (1, 1), (1, 1), (3, 3)),
    ((5, 4), (3, 3), (3, 3), (0, 0), (1, 1), (2, 2)), ((2, 3, 4, 5), (2, 1, 3), (1, 2, 2), (0, 0, 1), (1, 1, 1), (2, 2, 3)),
    ((0, 4), (2,), (2,), (0,), (1,), (2,)), ((2, 3, 3), (1, 1), (1, 1), (0, 0), (1, 1), (3, 3)), ((2, 7), (1,), (3,), (0,), (1,), (3,)),
    ((20, 20), (17, 17), (1, 2), (0, 0), (1, 1), (4, 2)), ((3, 2), (4, 2), (1, 1), (2, 1), (1, 1), (4, 3)), ((2,), (2,), (1,), (1,), (3,), (1,)),
]  # fmt: skip
"""Shape, kernel, stride, padding, dilation, number of windows."""


def _options(how: Any, **more: Any) -> dict[str, Any]:
    return {**dict(zip(_NAMES, how, strict=True)), **more}


def _inputs(shape: Any, dtype: str) -> list[np.ndarray]:
    """Numbers, many equal ones, and some that are none."""
    x, ties = array(shape, dtype), array(shape, dtype, 1).round()
    odd = ties.copy()
    odd.flat[::5] = np.nan
    odd.flat[1::3] = -np.inf
    return [x, ties, odd, np.full(shape, -np.inf, dtype)]


def _max_pool(dtype: str) -> list[Any]:
    return [
        ((x,), _options(how, size=size))
        for shape, *how, size in _WINDOWS
        for x in _inputs(shape, dtype)
    ]


def _winners(shape: Any, how: Any, size: Any) -> np.ndarray:
    return portable.max_pool(array(shape, "float64"), *how, size)[1]


def _less(shape: Any, size: Any, dtype: str) -> np.ndarray:
    return array((*shape[: -len(size)], *size), dtype, 2)


CASES: Table = {
    "max_pool": _max_pool,
    "max_pool_grad": lambda dtype: [
        ((_less(shape, size, dtype), _winners(shape, how, size)), _options(how, length=shape[-len(size) :]))
        for shape, *how, size in _WINDOWS[:-1]
    ],
    "max_pool_at": lambda dtype: [
        ((array(shape, dtype), _winners(shape, how, size)), _options(how)) for shape, *how, size in _WINDOWS[:-1]
    ],
    "window_sum": lambda dtype: [
        ((array(shape, dtype),), dict(zip(_NAMES[:3], how, strict=False), size=size)) for shape, *how, size in _WINDOWS
    ],
    "window_spread": lambda dtype: [
        ((_less(shape, size, dtype),), dict(zip(_NAMES[:3], how, strict=False), length=shape[-len(size) :]))
        for shape, *how, size in _WINDOWS
    ],
}  # fmt: skip
LAYOUTS = [*CASES]
