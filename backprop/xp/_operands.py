"""What functions of two operands ask: Tensors, of which one may be a Python number instead."""

from __future__ import annotations

from numbers import Number
from typing import Any

from ..tensor import Tensor

NUMBERS = (float, int, bool, complex)


def pair(function: str, x1: Any, x2: Any) -> tuple[Any, Any]:
    """The two, if they are Tensors or one is a Python number; else an error."""
    if isinstance(x1, Tensor) and isinstance(x2, Tensor):
        return x1, x2
    operand(function, "x1", x1)
    operand(function, "x2", x2)
    if isinstance(x1, Tensor) or isinstance(x2, Tensor):
        return x1, x2
    raise TypeError(
        f"{function}: x1 and x2 are both Python numbers, wanted at least one Tensor; "
        "make one first: backprop.asarray(x1)"
    )


def operand(function: str, name: str, x: Any) -> Any:
    """x, if it is a Tensor or a Python number; else an error."""
    if isinstance(x, (Tensor, *NUMBERS)) or (isinstance(x, Number) and hasattr(x, "item")):
        return x  # the last are NumPy's numbers, which count as Python's
    kind = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
    raise TypeError(
        f"{function}: {name} is a {kind}, wanted a Tensor or a Python number; "
        f"wrap it first: backprop.asarray({name})"
    )
