"""Matrix products, and results written into memory that is there."""

from __future__ import annotations

import math
from typing import Any

import cupy

from .launch import override
from .reductions import sum

Array = Any
__all__ = ["linear", "matmul_into", "sum_into"]


@override()
def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    # One product of two matrices: of more dimensions CuPy would make a batch of small ones.
    flat = x if x.ndim <= 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    out = flat @ weight.T
    if x.ndim > 2:
        out = out.reshape(*x.shape[:-1], weight.shape[0])
    if bias is None:
        return out
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    cupy.matmul(x, y, out=out)


def sum_into(x: Array, out: Array, /) -> None:
    out[...] = sum(x, axis=tuple(range(x.ndim - out.ndim)))
