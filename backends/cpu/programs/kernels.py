"""Kernels of programs: C functions that take the address of their arguments.

The products are NumPy's own BLAS, called as NumPy calls it. What else there is gives the bits of
the NumPy functions it stands for.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from .. import threads
from ..compiled import store

_HEAD = """\
import numpy as np
from numba import carray, cfunc, njit

from backends.cpu.compiled.addresses import foreign, pointer

"""

_GEMM = """
product = foreign("eeeiii{f}pipi{f}pi", wide={wide})


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), (13,))
    product(w[0], (101, w[1], w[2], w[3], w[4], w[5], 1.0, w[6], w[7], w[8], w[9],
                   float(w[10]), w[11], w[12]))
"""

_GEMV = """
product = foreign("eeii{f}pipi{f}pi", wide={wide})


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), (10,))
    product(w[0], (101, w[1], w[2], w[3], 1.0, w[4], w[5], w[6], w[7], 0.0, w[8], w[9]))
"""

_DOT = """
product = foreign("ipipi", result="{f}", wide={wide})


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), (7,))
    carray(pointer(w[6], np.{dtype}), (1,))[0] = product(w[0], (w[1], w[2], w[3], w[4], w[5]))
"""

_OUTER = """
@njit(error_model="numpy", cache=True)
def row(x, y, out):
    for j in range(out.size):
        out[j] = np.{dtype}(0) + x * y[j]


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), (7,))
    m, n = w[0], w[1]
    y = carray(pointer(w[4], np.{dtype}), (n,))
    for i in range(m):
        x = carray(pointer(w[2] + i * w[3], np.{dtype}), (1,))
        row(x[0], y, carray(pointer(w[5] + i * w[6], np.{dtype}), (n,)))
"""

_ENTROPY_GRAD = """
@njit(error_model="numpy", cache=True)
def rows(g, step, probs, target, out):
    for i in range(probs.shape[0]):
        scale = g[i * step]
        for j in range(probs.shape[1]):
            out[i, j] = probs[i, j] * scale
        t = target[i]
        if t < 0:
            t += probs.shape[1]
        out[i, t] -= scale


@cfunc("void(int64)", cache=True)
def kernel(at):
    w = carray(pointer(at, np.int64), (7,))
    n, classes, step = w[0], w[1], w[6]
    rows(carray(pointer(w[2], np.{dtype}), (n * step + 1,)), step,
         carray(pointer(w[3], np.{dtype}), (n, classes)),
         carray(pointer(w[4], np.int64), (n,)), carray(pointer(w[5], np.{dtype}), (n, classes)))
"""

_TEXTS = {
    "gemm": _GEMM, "gemv": _GEMV, "dot": _DOT, "outer": _OUTER, "entropy_grad": _ENTROPY_GRAD,
}  # fmt: skip


@cache
def kernel(name: str, dtype: str) -> Any:
    """One of the kernels for a dtype; kept, for its address is of use only as long as it is."""
    how = {"f": "f" if dtype == "float32" else "d", "wide": wide(), "dtype": dtype}
    return store.function(_HEAD + _TEXTS[name].format(**how), "kernel")


@cache
def copied(file: str, name: str, dtype: str) -> Any:
    """A kernel of a file of this folder, for a dtype.

    The kernels there are written for one, as constants of their file. Numba would keep no compiled
    code of functions that a function makes, so each dtype has a copy of the file.
    """
    text = Path(__file__).with_name(f"{file}.py").read_text(encoding="utf-8")
    constants = 'DTYPE, WIDE = "float32", True'
    assert constants in text
    return store.function(text.replace(constants, f"DTYPE, WIDE = {dtype!r}, {wide()}"), "kernel")(
        name
    )


def address(name: str, dtype: str, file: str | None = None) -> int:
    """Where a kernel begins: one of these, or of a file of this folder."""
    return int((kernel(name, dtype) if file is None else copied(file, name, dtype)).address)


@cache
def _found() -> tuple[str, str] | None:
    """What the names of NumPy's CBLAS begin and end with; None where it is not found."""
    library = threads._library()
    for before in ("scipy_cblas_", "cblas_"):
        for after in ("64_", ""):
            if threads.openblas() and getattr(library, f"{before}sgemm{after}", None):
                return before, after
    return None


def available() -> bool:
    """Whether products can be called by address."""
    return _found() is not None


def wide() -> bool:
    found = _found()
    return found is not None and found[1] == "64_"


def function(name: str, dtype: Any) -> int:
    """The address of a function of NumPy's CBLAS."""
    found = _found()
    assert found is not None
    letter = "s" if np.dtype(dtype) == np.float32 else "d"
    symbol = getattr(threads._library(), f"{found[0]}{letter}{name}{found[1]}")
    return ctypes.cast(symbol, ctypes.c_void_p).value or 0
