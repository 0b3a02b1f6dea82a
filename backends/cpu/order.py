"""Sorting."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = Any
__all__ = ["sort"]


def sort(x: Array, /, *, axis: int, descending: bool, stable: bool) -> Array:
    # Equal numbers cannot be told apart, so the fastest method is as good as a stable one.
    x = np.sort(x, axis)
    return np.flip(x, axis) if descending else x
