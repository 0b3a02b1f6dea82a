"""What CuPy gets wrong, element by element."""

from __future__ import annotations

from typing import Any

import cupy

from ..portable import complex as _complex
from .launch import COMPLEX, override

Array = Any
__all__ = ["acosh", "expm1", "log", "log1p", "log2", "log10", "remainder", "sign", "tan", "tanh"]


@override(*COMPLEX)
def acosh(x: Array, /) -> Array:
    return _complex.acosh(x)


@override(*COMPLEX)
def expm1(x: Array, /) -> Array:
    return _complex.expm1(x)  # CuPy's is exp(x) - 1


@override(*COMPLEX)
def log(x: Array, /) -> Array:
    return _complex.log(x)


@override(*COMPLEX)
def log1p(x: Array, /) -> Array:
    return _complex.of_infinite_modulus(_complex.log1p)(x)  # CuPy's is log(x + 1)


@override(*COMPLEX)
def log2(x: Array, /) -> Array:
    return _complex.log2(x)


@override(*COMPLEX)
def log10(x: Array, /) -> Array:
    return _complex.log10(x)


@override(*COMPLEX)
def tan(x: Array, /) -> Array:
    return _complex.tan(x)


@override(*COMPLEX)
def tanh(x: Array, /) -> Array:
    return _complex.tanh(x)


@override()
def sign(x: Array, /) -> Array:
    return cupy.sign(x)  # since CuPy 14 as it should be; the compatible form mends it once more


def remainder(x1: Array, x2: Array, /) -> Array:
    # CuPy's x1 - x2 floor(x1 / x2) loses digits, and for an infinite x2 all of them.
    array = x1 if hasattr(x1, "dtype") else x2  # the other may be a Python number
    with array.device:
        if cupy.result_type(x1, x2).kind != "f":
            return cupy.remainder(x1, x2)
        out = cupy.fmod(x1, x2)  # exact, with the sign of x1
        out = cupy.where((out != 0) & ((out < 0) != (x2 < 0)), out + x2, out)
        return cupy.where(out == 0, cupy.copysign(out, x2), out)
