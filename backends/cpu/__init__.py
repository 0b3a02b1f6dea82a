"""NumPy on the CPU."""

from __future__ import annotations

import os
import platform
import sys
from functools import cached_property
from typing import Any

import numpy as np

from ..protocol import Backend, Memory
from . import kernels
from .heap import keep_freed_memory
from .threads import LINES


class CPU(Backend):
    """NumPy; its matrix products run on its BLAS's threads, and freed memory waits for its next use
    (see `heap`)."""

    name = "cpu"
    device = "cpu"
    overrides = kernels

    def __init__(self) -> None:
        keep_freed_memory()

    @cached_property
    def xp(self) -> Any:
        """Imported at first use: it more than doubles the time `import numpy` takes."""
        import array_api_compat.numpy

        return array_api_compat.numpy

    def to_host(self, array: Any) -> np.ndarray:
        return np.asarray(array)

    def from_host(self, array: np.ndarray) -> Any:
        return np.asarray(array)

    def zeros(self, size: int, dtype: Any) -> Any:
        """At a pair of cache lines: threads that write neighbouring parts then share none."""
        dtype = np.dtype(dtype)
        memory = np.zeros(size + LINES // dtype.itemsize, dtype)
        start = -memory.ctypes.data % LINES // dtype.itemsize
        return memory[start : start + size]

    def replay(self, tape: Any, inputs: Any, outputs: Any) -> Any:
        from .plan import Tiers

        return Tiers(tape, inputs, outputs)

    def memory(self) -> Memory:
        return process_memory()

    def describe(self) -> str:
        return f"{processor()}, {os.cpu_count()} cores, NumPy {np.__version__}"


def processor() -> str:
    """The processor's name, as its maker gives it where the system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            for line in lines:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def process_memory() -> Memory:
    """This process's resident memory: the host has no counter of array memory alone."""
    used = total = peak = None
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        total = os.sysconf("SC_PHYS_PAGES") * page
        with open("/proc/self/statm", encoding="ascii") as f:
            used = int(f.read().split()[1]) * page
    except (OSError, ValueError, AttributeError):  # not Linux
        pass
    try:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
    except ImportError:  # Windows
        pass
    return Memory(used, peak, total)
