"""Parts of losses, in the standard alone."""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace

Array = Any
__all__ = ["mean_of_kept"]


def mean_of_kept(losses: Array, target: Array, /, ignore_index: int) -> tuple[Array, Array]:
    """(sum(losses) / n, n), where n counts the targets that are not `ignore_index`.

    n is NaN where there are none, so that nothing is divided by 0.
    """
    xp = namespace(losses)
    n = xp.sum(xp.astype(target != ignore_index, xp.int64))  # float32 cannot count beyond 2^24
    n = xp.astype(n, losses.dtype)
    n = xp.where(n == 0, xp.full_like(n, math.nan), n)
    return xp.sum(losses) / n, n
