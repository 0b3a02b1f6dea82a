"""Which of the dtypes that can be asked for a device trains in."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import backends
from backends.precision import tf32, tf32_problem


def refusal(backend: backends.Backend, dtype: str) -> str | None:
    """Why a device does not train in a dtype, or None where it does.

    >>> refusal(backends.get("cpu"), "float32") is None
    True
    >>> refusal(backends.get("cpu"), "bf16")
    'backprop has no arrays of bfloat16, on any device'
    """
    if dtype == "bf16":
        return "backprop has no arrays of bfloat16, on any device"
    return tf32_problem(backend) if dtype == "tf32" else None


def products(backend: backends.Backend, dtype: str) -> AbstractContextManager[None]:
    """A context in which matrix products are those of the dtype."""
    return tf32(backend) if dtype == "tf32" else nullcontext()
