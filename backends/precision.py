"""TF32: float32 matrix products on NVIDIA's tensor cores, which keep 10 bits of each factor.

Several times as fast, and off unless asked for, as in PyTorch: by `with tf32(backend):`, or by the
environment variable `CUPY_TF32=1` for a whole program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .protocol import Backend, BackendError

_FIRST = 80
"""The first compute capability (8.0) whose tensor cores take TF32."""


def tf32_problem(backend: Backend) -> str | None:
    """Why the device has no TF32, or None where it has.

    >>> import backends
    >>> tf32_problem(backends.get("cpu"))
    "tf32 is a mode of NVIDIA's tensor cores, and cpu has none"
    """
    if not backend.name.startswith("cuda"):
        return f"tf32 is a mode of NVIDIA's tensor cores, and {backend.name} has none"
    capability = str(backend.device.compute_capability)
    if int(capability) < _FIRST:
        return (
            f"tf32 needs a device of compute capability 8.0 or more, and {backend.name} has "
            f"{capability[:-1]}.{capability[-1]}"
        )
    return None


@contextmanager
def tf32(backend: Backend) -> Iterator[None]:
    """In this context, products of float32 matrices are TF32.

    What is captured inside stays so.

    Raises:
        BackendError: the device has no TF32.
    """
    problem = tf32_problem(backend)
    if problem:
        raise BackendError(problem)
    import cupy._core._routines_linalg as routines
    import numpy as np

    before, float32 = os.environ.get("CUPY_TF32"), np.dtype("float32")
    with backend.on_device():
        earlier = routines.get_compute_type(float32)
        try:
            os.environ["CUPY_TF32"] = "1"  # for products that do not go through CuPy
            routines.set_compute_type(float32, routines.COMPUTE_TYPE_TF32)
            yield
        finally:
            routines.set_compute_type(float32, earlier)
            os.environ.pop("CUPY_TF32")
            if before is not None:
                os.environ["CUPY_TF32"] = before
