"""Standardising, in every layout the fast kernels know, and in some they do not."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import Table, array

LAYOUT: list[tuple[Any, ...]] = [
    # x, axes, spread, shape of the weight
    ((5, 3), (0,), (1, 3), (3,)),
    ((4, 3, 2), (0, 2), (1, 3, 1), (3,)),
    ((9, 3, 4, 5), (0, 2, 3), (1, 3, 1, 1), (3,)),
    ((3, 2, 600), (0, 2), (1, 2, 1), (2,)),
    ((3, 1, 4), (0, 2), (1, 1, 1), (1,)),
    ((40, 2, 70, 60), (0, 2, 3), (1, 2, 1, 1), (2,)),  # several parts
    ((4, 5), (1,), (1, 5), (5,)),
    ((2, 3, 4), (1, 2), (1, 3, 4), (3, 4)),
    ((900, 700), (1,), (1, 700), (700,)),  # several parts
    ((2, 1), (1,), (1, 1), (1,)),
    ((3, 2, 2, 5), (2, 3), (1, 2, 2, 1), (4,)),
    ((3, 2, 2, 40), (2, 3), (1, 2, 2, 1), (4,)),
    ((3, 4, 5), (2,), (1, 4, 1), (4,)),
    ((3, 1, 600), (2,), (1, 1, 1), (1,)),
    ((2, 3, 4), (1,), (1, 3, 1), (3,)),  # only the portable one
    ((0, 3), (1,), (1, 3), (3,)),
    ((0, 3, 2), (2,), (1, 3, 1), (3,)),
]


def _statistics(x: np.ndarray, axes: Any, centred: bool) -> tuple[Any, np.ndarray]:
    if not x.size:
        kept = tuple(1 if a in axes else n for a, n in enumerate(x.shape))
        return np.zeros(kept, x.dtype), np.ones(kept, x.dtype)
    x64 = x.astype("float64")
    if not centred:
        return None, np.mean(x64 * x64, axes, keepdims=True).astype(x.dtype)
    mean, var = x64.mean(axes, keepdims=True), x64.var(axes, keepdims=True)
    return mean.astype(x.dtype), var.astype(x.dtype)


def _calls(dtype: str, gradient: bool) -> list[Any]:
    calls = []
    for i, (shape, axes, spread, weight) in enumerate(LAYOUT):
        # The mean of every third one is far from 0: it is centred first.
        x = array(shape, dtype) * 2 + (30.0 if i % 3 == 2 else 0.0)
        x = x.astype(dtype)
        for parameters in ("both", "weight", "bias", "none"):
            if parameters in ("weight", "bias") and i % 2:
                continue
            w = array(weight, dtype, 1) if parameters in ("both", "weight") else None
            b = array(weight, dtype, 2) if parameters in ("both", "bias") else None
            for centred in (True, False) if i % 3 != 2 else (True,):
                statistics = _statistics(x, axes, centred)
                options = {"axes": axes, "spread": spread, "eps": 0.1}
                if gradient:
                    g = array(shape, dtype, 3)
                    if x.size > 10_000:  # sums of many terms, compared as numbers near 0
                        g *= 0.01
                    calls.append(((g, x, *statistics, w), options))
                else:
                    calls.append(((x, *statistics, w, b), options))
    return calls


def _far(dtype: str) -> list[Any]:
    """Means of many standard deviations, constant values, and one sample unlike the others."""
    odd = array((8, 2, 5), dtype)
    odd[0] += 100.0
    odd[:, 1] = 7.0
    return [
        ((odd,), {"axes": (0, 2)}),
        ((odd,), {"axes": (2,)}),
        ((array((6, 20), dtype) + np.asarray(500.0, dtype),), {"axes": (1,)}),
        ((array((64, 20), dtype) + np.asarray(500.0, dtype),), {"axes": (0,)}),
    ]


CASES: Table = {
    "moments": lambda dtype: [
        *[((array(shape, dtype),), {"axes": axes}) for shape, axes, *_ in LAYOUT if 0 not in shape],
        *(_far(dtype) if dtype == "float64" else []),
    ],
    "mean_square": lambda dtype: [
        ((array(shape, dtype),), {"axes": axes}) for shape, axes, *_ in LAYOUT if 0 not in shape
    ],
    "scale_shift": lambda dtype: [
        ((array(shape, dtype), array(spread, dtype, 1), array(spread, dtype, 2)), {})
        for shape, spread in [
            ((3, 2, 4), (1, 2, 1)), ((3, 2, 40), (3, 2, 1)), ((3, 2, 4), (3, 2, 1)),
            ((3, 2), (1, 2)), ((3, 2, 600), (3, 2, 1)), ((40, 2, 9000), (1, 2, 1)),
            ((3, 4), (3, 4)), ((3, 4), (4,)), ((3, 2, 4), (1, 2, 4)), ((3, 2, 4), (3, 1, 4)),
            ((0, 2), (1, 2)), ((4,), (4,)), ((), ()),
        ]
    ],
    "standardize": lambda dtype: _calls(dtype, gradient=False),
    "standardize_grad": lambda dtype: _calls(dtype, gradient=True),
}  # fmt: skip
LAYOUTS = ["moments", "standardize", "standardize_grad"]
