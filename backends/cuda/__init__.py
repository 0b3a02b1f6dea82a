"""CuPy on an NVIDIA GPU. CuPy is imported when the first `CUDA` is made, not before."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..protocol import Backend, BackendError, Clock, Memory
from . import diagnose


def count() -> int:
    """How many CUDA devices can be used."""
    found = diagnose.look()
    return 0 if diagnose.problem(found) else found.devices


class CUDA(Backend):
    """CuPy on the CUDA device of this index.

    CuPy puts new arrays on its current device. With several devices, work on one that is not the
    current one belongs inside `with backend.on_device():`.

    Raises:
        BackendError: the device cannot be used; the message says why and what mends it.
    """

    asynchronous = True

    def __init__(self, index: int = 0) -> None:
        problem = diagnose.problem(diagnose.look(), index)
        if problem:
            raise BackendError(problem)
        import cupy

        from . import kernels
        from .namespace import xp

        self.name = f"cuda:{index}"
        self.xp = xp
        self.device = cupy.cuda.Device(index)
        self.overrides = kernels
        self._cupy = cupy
        self._peak = 0

    def to_host(self, array: Any) -> np.ndarray:
        with self.device:  # the copy must queue behind this device's stream
            return self._cupy.asnumpy(array)

    def from_host(self, array: np.ndarray) -> Any:
        with self.device:
            if array.ndim == 0:  # CuPy fills in the number, and a zero loses its sign
                return self._cupy.asarray(array.reshape(1)).reshape(())
            return self._cupy.asarray(array)

    def span(self, array: Any) -> tuple[int, int]:
        if not array.size:
            return 0, 0
        low = high = array.data.ptr
        for n, step in zip(array.shape, array.strides, strict=True):
            low, high = low + min(0, (n - 1) * step), high + max(0, (n - 1) * step)
        return low, high + array.itemsize

    def synchronize(self) -> None:
        self.device.synchronize()

    def clock(self) -> Clock:
        return EventClock(self._cupy.cuda, self.device)

    def memory(self) -> Memory:
        """`used`: what arrays of CuPy's default pool occupy, in whole blocks of 512 bytes.

        `peak`: the most the pool was seen to hold since `reset_peak`. It keeps freed blocks for
        reuse, so this is an upper bound on what arrays occupied at once: what the process took
        from the device, without CUDA's own libraries. `total`: all of the device's memory.
        """
        pool = self._cupy.get_default_memory_pool()
        with self.device:  # the pool counts each device apart
            used, held = pool.used_bytes(), pool.total_bytes()
        self._peak = max(self._peak, held)
        return Memory(used, self._peak, self.device.mem_info[1])

    def reset_peak(self) -> None:
        """Give the pool's unused blocks back to the device and count from what is left."""
        pool = self._cupy.get_default_memory_pool()
        with self.device:
            pool.free_all_blocks()
            self._peak = pool.total_bytes()

    def describe(self) -> str:
        runtime = self._cupy.cuda.runtime
        device = runtime.getDeviceProperties(self.device.id)
        return (
            f"{device['name'].decode()}, {device['totalGlobalMem'] / 2**30:.0f} GiB, "
            f"CuPy {self._cupy.__version__}, "
            f"CUDA {diagnose.version(runtime.runtimeGetVersion())}"
        )

    def on_device(self) -> Any:
        return self.device

    def replay(self, tape: Any, inputs: Any, outputs: Any) -> Any:
        """A recording as a CUDA graph.

        Raises:
            CaptureError: CuPy cannot do one of the operations while a graph is captured.
        """
        from .graph import Graph

        return Graph(self, tape, inputs, outputs)


class EventClock(Clock):
    """Times what the device's current stream does between two events; leaving waits for the
    second. Work on other streams is not seen."""

    def __init__(self, cuda: Any, device: Any) -> None:
        self._cuda, self._device = cuda, device

    def __enter__(self) -> Clock:
        with self._device:
            self._begin, self._end = self._cuda.Event(), self._cuda.Event()
            self._begin.record()
        return self

    def __exit__(self, *exc: object) -> None:
        with self._device:
            self._end.record()
            self._end.synchronize()
        self.seconds = self._cuda.get_elapsed_time(self._begin, self._end) / 1000.0
