"""What elementwise primitives ask of their operands: numbers or arrays of certain kinds.

These wrap a primitive's forward function. The fast ones, such as add, go without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import backends
from backends.dispatch import dtype_name

Function = Callable[..., Any]

REAL = "real numbers, which have an order"


def kind(x: Any) -> str:
    """'b', 'i', 'u', 'f' or 'c' for the dtype of an array, or the type of a Python number."""
    dtype = getattr(x, "dtype", None)
    if dtype is None:
        return type(x).__name__[0]
    return getattr(dtype, "kind", None) or dtype_name(dtype)[0]


def said(*operands: Any) -> str:
    """Their dtypes or types, each once."""
    given = [x for x in operands if x is not None]
    names = [dtype_name(x.dtype) if hasattr(x, "dtype") else type(x).__name__ for x in given]
    return " and ".join(dict.fromkeys(names))


def either(name: str) -> Function:
    """The kernel of that name for two operands, of which the first may be a Python number."""
    kernel = getattr(backends.kernels, name)

    def forward(x: Any, y: Any) -> Any:
        if hasattr(x, "dtype"):
            return kernel(x, y)
        return kernel.implementation(y)(x, y)

    return forward


def of_kinds(kinds: str, name: str, wanted: str, function: Function) -> Function:
    """The function, for operands of these kinds alone; `wanted` says in words which."""

    def forward(*operands: Any) -> Any:
        for x in operands:
            if x is not None and kind(x) not in kinds:
                raise TypeError(f"{name}: got {said(*operands)}, wanted {wanted}")
        return function(*operands)

    return forward


def in_reals(name: str, function: Function) -> Function:
    """The function, for which the libraries themselves refuse complex numbers, with an error that
    says so."""

    def forward(*operands: Any) -> Any:
        try:
            return function(*operands)
        except Exception as error:  # CuPy's is at times one of its compiler
            if any(kind(x) == "c" for x in operands):
                raise TypeError(
                    f"{name}: got {said(*operands)}, wanted real numbers; "
                    "take a part first: backprop.real, imag or abs"
                ) from error
            raise

    return forward
