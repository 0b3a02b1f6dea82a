"""What every backend offers."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from contextlib import nullcontext
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np


class BackendError(RuntimeError):
    """A device that was asked for cannot be used; the message says why and what mends it."""


@dataclass(frozen=True)
class Memory:
    """Bytes on a device: in use now, the most so far, and all there is (None: not known)."""

    used: int | None
    peak: int | None
    total: int | None


class Clock:
    """Times device work: `with backend.clock() as c: ...`, then `c.seconds`.

    This one is for devices that finish a call before it returns; a device that works
    asynchronously brings its own.
    """

    seconds: float = float("nan")

    def __enter__(self) -> Clock:
        self._start = time.perf_counter()
        return self

    def __exit__(self, *exc: object) -> None:
        self.seconds = time.perf_counter() - self._start


class Backend(ABC):
    """One array library on one device.

    Attributes:
        name: "cpu", "strict", "cuda:0", ...
        xp: the library's Array API namespace (array_api_compat's where there is one).
        device: the library's own device object, for `device=` arguments.
        overrides: the module of fast kernels, or None.
        asynchronous: True where a call returns before its work is done.
    """

    name: str
    xp: Any
    device: Any
    overrides: ModuleType | None = None
    asynchronous: bool = False

    DTYPES = (
        "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
        "float32", "float64", "complex64", "complex128",
    )  # fmt: skip

    @property
    def dtypes(self) -> dict[str, Any]:
        """The dtypes by their names in the standard."""
        return {name: getattr(self.xp, name) for name in self.DTYPES}

    @abstractmethod
    def to_host(self, array: Any) -> np.ndarray:
        """The array as a NumPy array (waits for the device)."""

    @abstractmethod
    def from_host(self, array: np.ndarray) -> Any:
        """A NumPy array as this backend's array, on its device."""

    def zeros(self, size: int, dtype: Any) -> Any:
        """A flat array of zeros that begins where the device likes one best to begin."""
        return self.xp.zeros(size, dtype=dtype, device=self.device)

    def span(self, array: Any) -> tuple[int, int]:
        """The addresses where the array's memory begins and ends, the same for all that share
        it; two equal ones for an array that shares none."""
        if isinstance(array, np.generic) or not array.size:
            return 0, 0
        return np.lib.array_utils.byte_bounds(self.to_host(array))

    @abstractmethod
    def memory(self) -> Memory:
        """Bytes in use, at most so far, and in all."""

    @abstractmethod
    def describe(self) -> str:
        """The device in a few words a person understands."""

    def reset_peak(self) -> None:  # noqa: B027  (a device without a resettable peak does nothing)
        """Start counting the peak of memory anew, where the device can."""

    def synchronize(self) -> None:  # noqa: B027  (a synchronous device has nothing to wait for)
        """Return when all work given to the device is done."""

    def replay(self, tape: Any, inputs: Any, outputs: Any) -> Any:
        """A recording made here as a function of its input arrays (see `record.replay`)."""
        from .record import replay

        return replay(tape, inputs, outputs)

    def clock(self) -> Clock:
        """A clock that times this device's work rightly."""
        return Clock()

    def on_device(self) -> Any:
        """A context in which this backend's device is the library's current one."""
        return nullcontext()

    def generator(self, seed: int) -> Any:
        """The library's random generator seeded with `seed`, drawing here."""
        from .random import Generator

        return Generator(seed, self)

    @property
    def kernels(self) -> Any:
        """Every kernel by name; each call goes to this device's fastest form."""
        from .dispatch import kernels

        return kernels

    def __repr__(self) -> str:
        return f"<backend {self.name}: {self.describe()}>"
