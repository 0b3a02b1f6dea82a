"""Arguments that many kernels take.

A table's entry: name -> function of a dtype that gives a list of (args, kwargs).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Table = dict[str, Callable[[str], list[Any]]]
SHAPES = [(1,), (5,), (0,), (2, 3), (4, 1, 3), (3, 0)]


def array(shape: Any, dtype: str, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def on_shapes(**kwargs: Any) -> Callable[[str], list[Any]]:
    return lambda dtype: [((array(s, dtype),), kwargs) for s in SHAPES]


def pairs(dtype: str) -> list[Any]:
    return [((array(s, dtype), array(s, dtype, 1)), {}) for s in SHAPES]
