"""How precise products of float32 matrices are: PyTorch's switch, by PyTorch's names.

NVIDIA's tensor cores (compute capability 8.0 and later) multiply float32 matrices several times as
fast if they may round the factors first, to TF32 (10 bits of fraction in the place of 23) or to
bfloat16 (7 bits); the sums stay float32. That is off unless asked for. Other devices always
multiply float32.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from .protocol import Backend, BackendError

LEVELS = {"highest": "float32", "high": "TF32", "medium": "bfloat16"}
"""What the factors may be rounded to."""
FIRST = 80
"""The first compute capability (8.0) whose tensor cores take TF32 and bfloat16."""


class _Setting:
    """What is set, for the whole process."""

    def __init__(self) -> None:
        asked = os.environ.get("CUPY_TF32", "")  # CuPy's own way to ask for TF32
        self.level = "high" if asked.isdecimal() and int(asked) > 0 else "highest"


setting = _Setting()


def set_float32_matmul_precision(precision: str) -> None:
    """How precise products of float32 matrices are from now on, on GPUs that have a choice.

    - "highest": the factors are float32. The default, unless the environment says `CUPY_TF32=1`.
    - "high": they may be rounded to TF32, a relative error of 5e-4 in each.
    - "medium": they may be rounded to bfloat16, a relative error of 4e-3 in each.

    Arrays stay float32, sums too. It holds for all threads. A captured step is recorded anew, and
    so does what was set when it runs. On a CPU, and on GPUs older than compute capability 8.0,
    nothing changes.

    Raises:
        ValueError: it is none of these.

    >>> import backprop as bp
    >>> bp.set_float32_matmul_precision("high")
    >>> bp.get_float32_matmul_precision()
    'high'
    >>> bp.set_float32_matmul_precision("highest")
    """
    if precision not in LEVELS:
        raise ValueError(f"precision: got {precision!r}, wanted 'highest', 'high' or 'medium'")
    setting.level = precision


def get_float32_matmul_precision() -> str:
    """How precise products of float32 matrices are: "highest", "high" or "medium"."""
    return setting.level


def problem(backend: Backend, precision: str) -> str | None:
    """Why a device multiplies float32 whatever is set, or None where it has the choice.

    >>> import backends
    >>> problem(backends.get("cpu"), "high")
    'TF32 is for factors on tensor cores of NVIDIA GPUs, and cpu has none'
    """
    name = LEVELS[precision]
    if precision == "highest":
        return None
    if not backend.name.startswith("cuda"):
        return f"{name} is for factors on tensor cores of NVIDIA GPUs, and {backend.name} has none"
    capability = str(backend.device.compute_capability)
    if int(capability) < FIRST:
        return (
            f"{name} needs a device of compute capability 8.0 or more, and {backend.name} has "
            f"{capability[:-1]}.{capability[-1]}"
        )
    return None


@contextmanager
def float32_matmul_precision(backend: Backend, precision: str) -> Iterator[None]:
    """In this context, products of float32 matrices are so precise.

    Raises:
        BackendError: the device has no choice.
    """
    trouble = problem(backend, precision)
    if trouble:
        raise BackendError(trouble)
    before = get_float32_matmul_precision()
    set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        set_float32_matmul_precision(before)
