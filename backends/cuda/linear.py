"""Matrix products, and results written into memory that is there."""

from __future__ import annotations

import math
from typing import Any

from .gemm import affine, matmul
from .launch import override

Array = Any
__all__ = ["linear", "matmul_into"]


@override()
def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    # One product of two matrices: of more dimensions CuPy would make a batch of small ones.
    flat = x if x.ndim <= 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    out = affine(flat, weight, bias)
    return out if x.ndim <= 2 else out.reshape(*x.shape[:-1], weight.shape[0])


def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    matmul(x, y, out=out)
