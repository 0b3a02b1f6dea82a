"""Parts of losses: a mean and its count in one launch, for batches that a block can add up."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, Source, override

Array = Any
_code = Source(__file__)
_MOST = 2**16
"""Elements that a single block adds up sooner than several launches would start."""
__all__ = ["mean_of_kept"]


@override(*FLOATS)
def mean_of_kept(losses: Array, target: Array, /, ignore_index: int) -> tuple[Array, Array]:
    fits = 0 < losses.size <= _MOST and losses.shape == target.shape
    if not fits or target.dtype.kind not in "iu":
        return portable.mean_of_kept(losses, target, ignore_index)
    mean, kept = cupy.empty((), losses.dtype), cupy.empty((), losses.dtype)
    classes = cupy.ascontiguousarray(target.astype(np.int64, copy=False))
    arrays = cupy.ascontiguousarray(losses), classes, mean, kept, np.int64(ignore_index)
    _code.rows("mean_of_kept", losses, 1, losses.size, *arrays)
    return mean, kept
