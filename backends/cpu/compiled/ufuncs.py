"""NumPy's own loops by address: what exp and tanh are to the last bit, only NumPy knows."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import carray, njit

from .addresses import foreign, pointer

SPACE = 5
"""Words that a call needs beside its kernel's arguments."""

_run = foreign("pppp")


class Loop(NamedTuple):
    """The C function that does it for many numbers, and what it wants to be given."""

    function: int
    data: int


@cache
def loop(name: str, dtype: str) -> Loop | None:
    """The loop of a function of one number; None where NumPy's memory is not as it is known to be.

    A ufunc is a struct that NumPy documents (PyUFuncObject), the same since its first version.
    What Python sees of it is compared with what is read.
    """
    ufunc, kind = getattr(np, name), np.dtype(dtype)
    at = id(ufunc) + object.__basicsize__

    def number(offset: int) -> int:
        return ctypes.c_int.from_address(at + offset).value

    def address(place: int) -> int:
        return ctypes.c_void_p.from_address(place).value or 0

    counts = ufunc.nin, ufunc.nout, ufunc.nargs, ufunc.ntypes
    signature = f"{kind.char}->{kind.char}"
    if counts[:3] != (1, 1, 2) or signature not in ufunc.types:
        return None
    if counts != (number(0), number(4), number(8), number(32)):
        return None
    functions, data, kinds = (address(at + offset) for offset in (16, 24, 48))
    i = ufunc.types.index(signature)
    if not functions or not kinds or ctypes.string_at(kinds + 2 * i, 2) != bytes([kind.num] * 2):
        return None
    return Loop(address(functions + 8 * i), address(data + 8 * i) if data else 0)


@njit(nogil=True, cache=True)
def apply(function: int, data: int, x: int, out: int, n: int, size: int, space: int) -> None:
    """out <- f(x) for n numbers of so many bytes that lie one behind the other; `space` is the
    address of SPACE words."""
    w: Any = carray(pointer(space, np.int64), (SPACE,))
    w[0], w[1], w[2], w[3], w[4] = x, out, n, size, size
    _run(function, (space, space + 16, space + 24, data))
