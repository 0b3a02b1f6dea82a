"""array-api-strict: an array library with nothing beyond the standard. For tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from .protocol import Backend, BackendError, Memory


class Strict(Backend):
    """Slow and exact about the standard: code that runs here uses nothing else."""

    name = "strict"

    def __init__(self) -> None:
        try:
            import array_api_strict
        except ImportError as error:
            raise BackendError(
                "the backend 'strict' needs array-api-strict, which is not installed: "
                "pip install array-api-strict"
            ) from error
        self.xp = array_api_strict
        self.device = array_api_strict.Device("CPU_DEVICE")

    def to_host(self, array: Any) -> np.ndarray:
        return np.from_dlpack(array)

    def from_host(self, array: np.ndarray) -> Any:
        return self.xp.asarray(np.array(array))

    def memory(self) -> Memory:
        from .cpu import process_memory

        return process_memory()

    def describe(self) -> str:
        return f"array-api-strict {self.xp.__version__}, for tests"
