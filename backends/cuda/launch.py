"""What compiles CUDA code and starts it.

`Source(__file__)` is the CUDA source beside a Python file: `softmax.cu` beside `softmax.py`. It is
compiled at first use, apart from the others, so that a topic costs only those who use it.

A raw kernel checks nothing, so everything that starts one keeps these rules: arrays are made
C-contiguous, whole numbers go over as np.int64 and real ones as np.float64, an empty array starts
nothing, and the device of the first array is the current one, for launches and for new arrays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import cupy
import numpy as np

from ..dispatch import only

Array = Any
__all__ = [
    "COMPLEX", "FLOATS", "MOST_BLOCKS", "THREADS", "Live", "Source", "alike", "flat", "live",
    "override",
]  # fmt: skip

FLOATS = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
REAL = {"f": "float", "d": "double"}
THREADS = 256
MOST_BLOCKS = 4096
"""More than any device runs at once; beyond, each thread takes several elements."""


class Source:
    """The CUDA source beside a Python file, behind the definitions of `common.cu`."""

    def __init__(self, beside: str) -> None:
        self.path = Path(beside).with_suffix(".cu")
        self._modules: dict[str, Any] = {}
        self._kernels: dict[tuple[str, str], Any] = {}

    def text(self) -> str:
        """All that is compiled."""
        common = self.path.with_name("common.cu").read_text(encoding="utf-8")
        return f"{common}\n{self.path.read_text(encoding='utf-8')}"

    def kernel(self, name: str, char: str) -> Any:
        """A kernel with REAL = float ("f") or double ("d"); CuPy compiles it once a device."""
        try:
            return self._kernels[name, char]
        except KeyError:
            pass
        if char not in self._modules:
            options = "-std=c++17", f"-DREAL={REAL[char]}"
            self._modules[char] = cupy.RawModule(code=self.text(), options=options)
        found = self._kernels[name, char] = self._modules[char].get_function(name)
        return found

    def each(self, name: str, char: str, n: int, *args: Any) -> None:
        """Start a kernel over n elements, n > 0."""
        blocks = min(-(-n // THREADS), MOST_BLOCKS)
        self.kernel(name, char)((blocks,), (THREADS,), args)

    def rows(self, name: str, x: Array, rows: int, columns: int, *args: Any) -> None:
        """Start a kernel with a block for each row, no wider than the row needs.

        Its last two arguments are the number of rows and that of columns.
        """
        threads = min(max(32, 1 << (columns - 1).bit_length()), THREADS)
        sizes = np.int64(rows), np.int64(columns)
        self.kernel(name, x.dtype.char)((min(rows, 2**20),), (threads,), (*args, *sizes))

    def map(self, name: str, x: Array, *numbers: float) -> Array:
        """The results of a kernel (x, out, n, numbers ...) for each element of x."""
        out = cupy.empty(x.shape, x.dtype)
        if x.size:
            n, scalars = np.int64(x.size), [np.float64(v) for v in numbers]
            self.each(name, x.dtype.char, x.size, cupy.ascontiguousarray(x), out, n, *scalars)
        return out


class Live:
    """In this context, a launch with numbers that change from replay to replay is a graph's.

    Attributes:
        memory: where on the device the numbers will be; None: nothing is launched, and the
            numbers are all that is asked for.
        numbers: after a launch, the numbers it had, each 8 bytes wide; None before.
    """

    def __init__(self, memory: Array | None = None) -> None:
        self.memory = memory
        self.numbers: list[Any] | None = None

    def __enter__(self) -> Live:
        _here.live = self
        return self

    def __exit__(self, *exc: object) -> None:
        _here.live = None


class _Here(threading.local):
    live: Live | None = None


_here = _Here()


def live(numbers: list[Any]) -> tuple[bool, Array | None]:
    """For what starts a kernel with these numbers: whether to start it, and its `live`."""
    slot = _here.live
    if slot is None:
        return True, None
    slot.numbers = numbers
    return slot.memory is not None, slot.memory


def override(*dtypes: str) -> Callable[[Any], Any]:
    """Mark an override as written for these dtypes (none: all), run on its first array's device."""

    def mark(function: Any) -> Any:
        @wraps(function)
        def on_device(x: Array, *args: Any, **kwargs: Any) -> Any:
            with x.device:
                return function(x, *args, **kwargs)

        return only(*dtypes)(on_device) if dtypes else on_device

    return mark


def alike(*arrays: Array) -> bool:
    """Whether all have the shape and dtype of the first, and there is something in them."""
    x, *others = arrays
    return x.size > 0 and all(a.shape == x.shape and a.dtype == x.dtype for a in others)


def flat(*buffers: Array | None) -> bool:
    """Whether the buffers can be walked through side by side."""
    there = [b for b in buffers if b is not None]
    return alike(*there) and all(b.flags.c_contiguous for b in there)
