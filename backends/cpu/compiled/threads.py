"""Long arrays in parts, on several cores at a time; compiled loops let go of Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..threads import count, pool

__all__ = ["LONG", "count", "in_threads", "row_parts", "shared"]

LONG = 1 << 19
"""Elements from which sharing pays: handing work to a thread takes as long as a tenth of them."""


def shared(function: Callable[..., Any], size: int, arrays: Any, numbers: Any) -> None:
    """function(*arrays, *numbers) for flat arrays of this size, in as many parts as pay."""
    parts = min(count(), size // (LONG // 2))
    if parts < 2:
        function(*arrays, *numbers)
        return
    step = -(-size // (parts * 64)) * 64
    bounds = [(i, min(i + step, size)) for i in range(0, size, step)]
    in_threads([
        partial(function, *[a[start:stop] for a in arrays], *numbers) for start, stop in bounds
    ])  # fmt: skip


def row_parts(rows: int) -> list[tuple[int, int]]:
    """Rows in as many parts as there are threads; one, if they are few."""
    parts = count() if rows >= 2 * count() else 1
    step = -(-rows // parts)
    return [(i, min(i + step, rows)) for i in range(0, rows, step)]


def in_threads(calls: Sequence[Callable[[], Any]]) -> None:
    """Do all of it, the first here and each other in a thread."""
    waiting = [pool(os.getpid()).submit(call) for call in calls[1:]]
    calls[0]()
    for w in waiting:
        w.result()
