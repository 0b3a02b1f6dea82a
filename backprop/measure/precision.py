"""Which of the dtypes that can be asked for a device trains in."""

from __future__ import annotations

from contextlib import AbstractContextManager

import backends
from backends.precision import float32_matmul_precision, problem

_LEVELS = {"tf32": "high", "bf16": "medium"}
"""Ways to multiply float32, and what PyTorch and we call that precision."""


def refusal(backend: backends.Backend, dtype: str) -> str | None:
    """Why a device does not train in a dtype, or None where it does.

    >>> refusal(backends.get("cpu"), "float32") is None
    True
    >>> refusal(backends.get("cpu"), "bf16")
    'bfloat16 is for factors on tensor cores of NVIDIA GPUs, and cpu has none'
    """
    return problem(backend, _LEVELS.get(dtype, "highest"))


def products(backend: backends.Backend, dtype: str) -> AbstractContextManager[None]:
    """A context in which matrix products are those of the dtype: plain float32's are, whatever is
    set outside."""
    return float32_matmul_precision(backend, _LEVELS.get(dtype, "highest"))
