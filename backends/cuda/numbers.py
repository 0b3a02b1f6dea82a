"""Numbers that change from replay to replay, in the device's memory."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import cupy
import numpy as np

__all__ = ["Numbers"]

_FORMATS = {np.float64: "d", np.int64: "q", np.uint64: "Q"}
_COPIES = 4
"""Replays that may be under way at once; the host waits before it writes over the oldest one's."""


class Numbers:
    """A row of numbers, 8 bytes each, sent to the device before a launch if they changed.

    Attributes:
        memory: where they are on the device, as words of 64 bits.
    """

    def __init__(self, first: Sequence[Any]) -> None:
        self.memory = cupy.empty((len(first),), np.uint64)
        self._format = "=" + "".join(_FORMATS[type(v)] for v in first)
        self._sent = b""
        size = self.memory.nbytes
        self._pinned = [cupy.cuda.alloc_pinned_memory(size) for _ in range(_COPIES if size else 0)]
        self._free: list[Any] = [None] * _COPIES
        self._next = 0

    def send(self, numbers: Sequence[Any]) -> None:
        """Put them on the device, in the current stream's order."""
        data = struct.pack(self._format, *numbers)
        if data == self._sent:
            return
        i, self._next = self._next, (self._next + 1) % _COPIES
        event = self._free[i]
        if event is None:
            event = self._free[i] = cupy.cuda.Event(disable_timing=True)
        else:
            event.synchronize()  # the device has read what was here
        memoryview(self._pinned[i]).cast("B")[: len(data)] = data
        self.memory.data.copy_from_host_async(self._pinned[i].ptr, len(data))
        event.record()
        self._sent = data
