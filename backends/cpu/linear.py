"""Matrix products, and results written into memory that is there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Array = Any
__all__ = ["linear", "matmul_into", "sum_into"]


def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    lead = x.shape[:-1]
    if len(lead) > 1:  # as one product: NumPy would make one for each of the first axes
        x = x.reshape(math.prod(lead), x.shape[-1])
    out = np.dot(x, weight.T) if x.ndim == weight.ndim == 2 else x @ weight.T
    if bias is not None:
        out = out + bias if out.dtype != bias.dtype else np.add(out, bias, out=out)
    return out.reshape(*lead, len(weight)) if len(lead) > 1 else out


def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    if x.ndim == y.ndim == 2 and x.dtype == y.dtype == out.dtype and out.flags.c_contiguous:
        np.dot(x, y, out=out)  # the same product; matmul is slow with a single column
    else:
        np.matmul(x, y, out=out)


def sum_into(x: Array, out: Array, /) -> None:
    if _one_product(x, out):  # BLAS is twice as fast as a reduction
        rows = x.reshape(-1, x.shape[-1])
        np.dot(np.ones(len(rows), x.dtype), rows, out=out)
    else:
        np.add.reduce(x, axis=tuple(range(x.ndim - out.ndim)), out=out)


def _one_product(x: Array, out: Array) -> bool:
    alike = out.ndim == 1 and x.dtype == out.dtype and x.dtype.kind == "f"
    return alike and (x.ndim == 2 or (x.ndim > 2 and x.size and x.flags.c_contiguous))
