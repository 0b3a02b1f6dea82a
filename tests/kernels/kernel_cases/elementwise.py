"""Elementwise functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import SHAPES, Table, array, on_shapes, pairs


def _complexes(dtype: str) -> list[Any]:
    partner = {"float32": "complex64", "float64": "complex128"}[dtype]
    return [((array(s, dtype) + array(s, dtype, 1) * np.array(1j, partner),), {}) for s in SHAPES]


def _quotients(dtype: str) -> list[Any]:
    both = [*[args for args, _ in pairs(dtype)], (array((3, 1), dtype), array(4, dtype, 1))]
    x = array(5, dtype)
    return [(p, {}) for p in [*both, (x, 0.3), (np.array([7, -7, 6]), np.array([2, -2, -3]))]]


CASES: Table = {
    "clip": lambda dtype: [
        ((array(s, dtype), *bounds), {})
        for s in [(), (3,), (2, 0), (70, 60)]
        for bounds in [
            (-0.5, 0.5), (0, 1), (0.5, -0.5), (None, 0.5), (-0.5, None), (None, None),
            (array((), dtype, 1), 0.5),
        ]
    ],
    "sign": lambda dtype: [*on_shapes()(dtype), ((np.array([-3, 0, 2]),), {})],
    "floor_divide": _quotients,
    "expm1": _complexes,
    "log1p": _complexes,
    "tanh": _complexes,
}  # fmt: skip
