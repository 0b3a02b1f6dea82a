"""Dtypes: what they can hold, what two of them become together, and casting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..defaults import as_dtype
from ..tensor import Tensor, asarray
from ._check import tensor

__all__ = ["astype", "can_cast", "finfo", "iinfo", "isdtype", "result_type"]

KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}
"""The standard's kinds of dtypes, as the letters that dtypes call their kind by."""


def astype(x: Tensor, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Tensor:
    """x in another dtype; differentiable between floating-point ones, real or complex.

    Args:
        copy: False gives x itself where it has that dtype (and is on that device) already.
        device: where the result is to be; None: where x is.

    Raises TypeError for complex to real: say which part is meant, by `real`, `imag` or `abs`.

    >>> import backprop as bp
    >>> bp.astype(bp.asarray([1.7, -1.7]), bp.int32)
    tensor([ 1, -1], dtype=int32)
    """
    x = tensor(x, "astype")
    out = x.astype(dtype)
    if device is not None:
        out = out.to_device(device)
    return asarray(out, copy=True) if copy and out is x else out


def can_cast(from_: Any, to: Any, /) -> bool:
    """Whether type promotion leads from one dtype (or a Tensor's) to another.

    >>> import backprop as bp
    >>> bp.can_cast(bp.int8, bp.int16), bp.can_cast(bp.float64, bp.float32)
    (True, False)
    """
    return np.can_cast(_dtype_of(from_, "can_cast"), as_dtype(to))


@dataclass(frozen=True)
class FloatInfo:
    """What a floating-point dtype can hold; see `finfo`."""

    bits: int
    eps: float
    max: float
    min: float
    smallest_normal: float
    dtype: np.dtype[Any]

    @property
    def tiny(self) -> float:
        """NumPy's name for `smallest_normal`."""
        return self.smallest_normal


@dataclass(frozen=True)
class IntegerInfo:
    """What an integer dtype can hold; see `iinfo`."""

    bits: int
    max: int
    min: int
    dtype: np.dtype[Any]


def finfo(type: Any, /) -> FloatInfo:
    """The limits of a floating-point dtype, or of a Tensor's; of a complex one, those of its parts.

    eps is the distance from 1.0 to the next larger number.

    >>> import backprop as bp
    >>> bp.finfo(bp.float32).eps == 2.0**-23
    True
    """
    dtype = _dtype_of(type, "finfo")
    if dtype.kind not in "fc":
        raise TypeError(f"finfo: got dtype {dtype}, wanted a floating-point one; see iinfo")
    of = np.finfo(dtype)
    numbers = (float(of.eps), float(of.max), float(of.min), float(of.smallest_normal))
    return FloatInfo(int(of.bits), *numbers, np.dtype(of.dtype))


def iinfo(type: Any, /) -> IntegerInfo:
    """The limits of an integer dtype, or of a Tensor's.

    >>> import backprop as bp
    >>> bp.iinfo(bp.int8).max
    127
    """
    dtype = _dtype_of(type, "iinfo")
    if dtype.kind not in "iu":
        raise TypeError(f"iinfo: got dtype {dtype}, wanted an integer one; see finfo")
    of = np.iinfo(dtype)
    return IntegerInfo(int(of.bits), int(of.max), int(of.min), dtype)


def isdtype(dtype: Any, kind: Any) -> bool:
    """Whether a dtype is of a kind.

    `kind` is a dtype, one of "bool", "signed integer", "unsigned integer", "integral",
    "real floating", "complex floating" and "numeric", or a tuple of those: any of them.

    >>> import backprop as bp
    >>> bp.isdtype(bp.float32, "real floating"), bp.isdtype(bp.int8, ("bool", bp.int16))
    (True, False)
    """
    if isinstance(dtype, Tensor):
        raise TypeError("isdtype: dtype is a Tensor, wanted a dtype; give its .dtype")
    if isinstance(kind, tuple):
        return any(isdtype(dtype, k) for k in kind)
    if not isinstance(kind, str):
        return as_dtype(dtype) == as_dtype(kind)
    if kind not in KINDS:
        known = ", ".join(map(repr, KINDS))
        raise ValueError(f"isdtype: kind: got {kind!r}, wanted a dtype or one of {known}")
    return as_dtype(dtype).kind in KINDS[kind]


def result_type(*arrays_and_dtypes: Any) -> np.dtype[Any]:
    """The dtype of an operation between these Tensors, dtypes and Python numbers.

    A Python number gives way to the dtypes it stands beside; only its kind can matter. Where the
    standard leaves the result open (integers with floating-point numbers, truth values with
    either), it is NumPy's.

    >>> import backprop as bp
    >>> bp.result_type(bp.int8, bp.uint8)
    dtype('int16')
    >>> bp.result_type(bp.zeros(2), 1j)
    dtype('complex64')
    """
    numbers = [a for a in arrays_and_dtypes if type(a) in (bool, int, float, complex)]
    others = [
        _dtype_of(a, "result_type")
        for a in arrays_and_dtypes
        if type(a) not in (bool, int, float, complex)
    ]
    if not others:
        raise ValueError("result_type: got no Tensor and no dtype, wanted at least one")
    return np.result_type(*others, *numbers)


def _dtype_of(x: Any, function: str) -> np.dtype[Any]:
    """The dtype of a Tensor, or the dtype that x is."""
    if isinstance(x, Tensor):
        return x.dtype
    if hasattr(x, "shape") and not isinstance(x, (np.dtype, type)):
        tensor(x, function)
    return as_dtype(x)
