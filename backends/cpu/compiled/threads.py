"""Long arrays in parts, on several cores at a time; compiled loops let go of Python's lock."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from ..threads import count, pool

__all__ = ["LONG", "by_rows", "count", "shared"]

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
    workers = pool(os.getpid())
    waiting = [
        workers.submit(function, *[a[start:stop] for a in arrays], *numbers)
        for start, stop in bounds[1:]
    ]
    start, stop = bounds[0]
    function(*[a[start:stop] for a in arrays], *numbers)
    for w in waiting:
        w.result()


def by_rows(function: Callable[..., Any], forms: Sequence[str], rows: int) -> Callable[..., None]:
    """The loop for arrays laid out in these forms (see `chains`), a share of the rows a thread."""
    parts = min(count(), rows)
    step = -(-rows // parts)
    bounds = [slice(i, min(i + step, rows)) for i in range(0, rows, step)]
    cut = [form in ("full", "column") for form in forms]

    def run(*arrays: Any) -> None:
        workers = pool(os.getpid())
        given = [[a[part] if c else a for a, c in zip(arrays, cut, strict=True)] for part in bounds]
        waiting = [workers.submit(function, *g) for g in given[1:]]
        function(*given[0])
        for w in waiting:
            w.result()

    return run
