"""The bare matrix products of a training step: what no library that calls the same BLAS beats."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..case import Case
from .base import Contender, Step


class Floor(Contender):
    """The products of forward and backward pass, written into buffers, and nothing else: NumPy's
    on a CPU, on CUDA cuBLAS through CuPy.

    Of `multiply`, `exp` and `chain`: the array library's own operations, forward and (chain)
    backward.
    """

    def __init__(self, device: str = "cpu", tf32: bool = False) -> None:
        super().__init__(device, tf32)  # CUPY_TF32 is in the environment
        self.xp: Any = np
        if device == "cuda":
            import cupy

            if not cupy.cuda.is_available():
                raise ImportError("CuPy finds no CUDA device")
            self.xp = cupy

    def device_name(self) -> str:
        if self.xp is np:
            return "cpu"
        properties = self.xp.cuda.runtime.getDeviceProperties(self.xp.cuda.Device().id)
        return str(properties["name"].decode())

    def about(self) -> dict[str, Any]:
        about = super().about()
        if self.xp is not np:
            about["versions"]["cupy"] = self.xp.__version__
            cuda = self.xp.cuda
            about["pools"] = [f"cuBLAS {cuda.cublas.getVersion(cuda.get_cublas_handle())}"]
        return about

    def wait(self, result: Any) -> None:
        if self.xp is not np:
            self.xp.cuda.Device().synchronize()

    def loss(self, result: Any) -> float | None:
        return None

    def mlp(self, case: Case) -> Step:
        xp = self.xp
        x = xp.asarray(case.data()[0])
        weights = [xp.asarray(w) for w, _ in case.layers()]
        acts = [x, *(xp.zeros((case.batch, n), np.float32) for n in case.sizes[1:])]
        grads = [xp.zeros_like(w) for w in weights]
        products = [(acts[i], w, acts[i + 1]) for i, w in enumerate(weights)]
        for i in reversed(range(len(weights))):
            products.append((acts[i].T, acts[i + 1], grads[i]))
            if i:
                products.append((acts[i + 1], weights[i].T, xp.zeros_like(acts[i])))

        product = xp.dot  # of two axes the same as matmul, with less ado

        def step() -> None:
            for a, b, out in products:
                product(a, b, out=out)

        return step

    def multiply(self, case: Case) -> Step:
        x, y = self.xp.ones((8, 8)), self.xp.ones((8, 8))

        def step() -> Any:
            for _ in range(case.count):
                out = x * y
            return out

        return step

    def exp(self, case: Case) -> Step:
        x, exp = self.xp.ones((8, 8)), self.xp.exp

        def step() -> Any:
            for _ in range(case.count):
                out = exp(x)
            return out

        return step

    def chain(self, case: Case) -> Step:
        x, y = self.xp.ones((8, 8)), self.xp.ones((8, 8))

        def step() -> Any:
            for _ in range(2):
                out = x
                for _ in range(case.count):
                    out = out * y
            return out

        return step
