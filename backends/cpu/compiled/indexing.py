"""Sums of rows at places that repeat, each row at once, with the bits of `cpu/indexing.py`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from .. import indexing as plain
from . import store

Array = Any

_TEXT = """\
import numba


@numba.njit(nogil=True, error_model="numpy", cache=True)
def loop(x, index, out):
    for i in range(index.size):
        k = index[i]
        if k < 0:
            k += out.shape[0]
        if k < 0 or k >= out.shape[0]:
            return False
        for j in range(out.shape[1]):
            out[k, j] += x[i, j]
    return True
"""


@cache
def _loop() -> Any:
    return store.function(_TEXT, "loop")


def add_rows(x: Array, index: Array, /, rows: int, axis: int) -> Array:
    fits = axis == 0 and index.ndim == 1 and x.flags.c_contiguous and x.dtype.kind == "f"
    if fits and x.size and x.dtype.itemsize > 2:
        out = np.zeros((rows, x.size // len(x)), x.dtype)
        places = np.ascontiguousarray(index, np.int64)
        if _loop()(x.reshape(len(x), -1), places, out):
            return out.reshape((rows, *x.shape[1:]))
    return plain.add_rows(x, index, rows=rows, axis=axis)  # it says what is out of range


FORMS: dict[Any, Any] = {plain.add_rows: add_rows}
"""The forms of functions."""
