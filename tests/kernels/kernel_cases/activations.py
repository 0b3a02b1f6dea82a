"""Activations."""

from __future__ import annotations

from typing import Any

import numpy as np

from .common import SHAPES, Table, array, pairs


def wide(dtype: str) -> list[Any]:
    """Numbers far out on both sides, too."""
    far = np.array([[-30.0, -14.6, -6.0, -3.0, -0.5, -0.0, 0.0, 1e-3, 0.5, 3.0, 6.0, 19.0, 40.0]])
    return [((array(s, dtype),), {}) for s in (*SHAPES, (70, 60))] + [((far.astype(dtype),), {})]


def two(dtype: str) -> list[Any]:
    """The same, with something from above."""
    return [((array(x.shape, dtype, 1), x), kw) for ((x,), kw) in wide(dtype)]


def given(cases: Any, **options: Any) -> Any:
    """The same for several settings: one for each element of the options' lists."""
    settings = [dict(zip(options, v, strict=True)) for v in zip(*options.values(), strict=True)]
    return lambda dtype: [(args, kw) for args, _ in cases(dtype) for kw in settings]


CASES: Table = {
    "relu": wide,
    "relu_grad": pairs,
    "leaky_relu": given(wide, slope=[0.1, 0.0, 1.5, -0.2]),
    "leaky_relu_grad": given(two, slope=[0.1, 0.0, 1.5, -0.2]),
    "elu": given(wide, alpha=[1.0, 0.3]),
    "elu_grad": given(two, alpha=[1.0, 0.3]),
    "hardtanh_grad": given(two, low=[-1.0, 0.0], high=[1.0, 6.0]),
    "hardswish": wide,
    "hardswish_grad": two,
    "sigmoid": wide,
    "silu": wide,
    "silu_grad": two,
    "mish": wide,
    "mish_grad": two,
    "normal_cdf": wide,
    "gelu": given(wide, approximate=["none", "tanh"]),
    "gelu_grad": given(two, approximate=["none", "tanh"]),
}
LAYOUTS = list(CASES)
