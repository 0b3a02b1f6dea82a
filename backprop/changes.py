"""What was changed in place, and when: so that no gradient is computed from overwritten values.

A node keeps bare arrays, not copies. When a variable is written to afterwards (by an optimizer's
step, say), whatever shares its memory changes too. So each change notes the stretch of memory, and
a sweep that comes to a node older than the last change looks its arrays up.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

import backends
from backends import record

from .graph import Leaf, new_seq


class _Last:
    """The tick of the last change: what was recorded later is safe without looking."""

    __slots__ = ("seq",)

    def __init__(self) -> None:
        self.seq = 0


last_change = _Last()

_stretches: dict[tuple[int, int], int] = {}
"""The stretches of memory that were changed, the latest last, and when that was. One that was
freed since does no harm: whatever lies there now was recorded later."""

_MOST = 10_000
_writing = threading.Lock()


def overwritten(array: Any, *nodes: Any) -> None:
    """Note that an array was changed in place just now, for all that share its memory, and that
    it holds the values of these nodes (those among them that are variables)."""
    if (tape := record.current()) is not None:
        array = record.bare(array)
        tape.changed(array, nodes)
    note(*backends.of(array).span(array))
    for node in nodes:
        if type(node) is Leaf:
            node.changed = last_change.seq


def note(start: int, stop: int) -> None:
    """Note that a stretch of memory was changed in place just now."""
    with _writing:
        if len(_stretches) >= _MOST:  # all as one: to raise too often is better than too seldom
            _stretches.clear()
            start, stop = 0, sys.maxsize
        _stretches.pop((start, stop), None)
        _stretches[start, stop] = last_change.seq = new_seq()


def is_overwritten(array: Any, since: int) -> bool:
    """Whether any of the array's memory was changed in place since that tick."""
    array = record.bare(array)
    start, stop = backends.of(array).span(array)
    with _writing:
        for (begin, end), tick in reversed(_stretches.items()):
            if tick <= since:
                break
            if start < end and begin < stop:
                return True
    return False
