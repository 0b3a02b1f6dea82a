"""Parts of losses, counted on the host."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..dispatch import only

Array = Any
__all__ = ["mean_of_kept"]


@only("float32", "float64")
def mean_of_kept(losses: Array, target: Array, /, ignore_index: int) -> tuple[Array, Array]:
    n = losses.dtype.type(np.count_nonzero(target != ignore_index) or math.nan)
    return np.add.reduce(losses, axis=None) / n, n
