"""What functions of linear algebra ask of their arguments."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from ._check import tensor
from ._shapes import integer

Shape = tuple[int, ...]


def floating(x: Any, function: str, name: str = "x") -> Tensor:
    """x, if it is a Tensor of real or complex floating-point numbers."""
    x = tensor(x, function, name)
    if x.dtype.kind not in "fc":
        raise TypeError(
            f"{function}: {name} has dtype {x.dtype}, wanted a floating-point one; "
            f"convert it first: {name}.astype(backprop.float32)"
        )
    return x


def matrices(x: Any, function: str, name: str = "x") -> Tensor:
    """x, if it is a Tensor of at least two axes."""
    x = tensor(x, function, name)
    if x.ndim < 2:
        raise ValueError(f"{function}: {name} has shape {x.shape}, wanted matrices, (..., M, N)")
    return x


def square(x: Any, function: str, name: str = "x") -> Tensor:
    """x, if it is a Tensor of floating-point square matrices."""
    x = floating(x, function, name)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(
            f"{function}: {name} has shape {x.shape}, wanted square matrices, (..., M, M)"
        )
    return x


def together(x1: Shape, x2: Shape) -> bool:
    """Whether the shapes broadcast."""
    return all(m == n or m == 1 or n == 1 for m, n in zip(reversed(x1), reversed(x2), strict=False))


def axis_from_the_back(axis: Any, x1: Tensor, x2: Tensor, function: str) -> int:
    """An axis both have, counted from the back as the standard asks where shapes broadcast."""
    least = min(x1.ndim, x2.ndim)
    axis = integer(axis, function, "axis")
    if not least:
        raise ValueError(
            f"{function}: x1 has shape {x1.shape}, x2 {x2.shape}: wanted at least one axis each"
        )
    if not -least <= axis < 0:
        raise ValueError(
            f"{function}: axis: got {axis}, wanted {-least} .. -1 (counted from the back, since "
            f"the shapes {x1.shape} and {x2.shape} broadcast)"
        )
    return axis


def others_together(x1: Tensor, x2: Tensor, axis: int, function: str) -> None:
    """Raise if the shapes but for the axis do not broadcast."""
    one, two = list(x1.shape), list(x2.shape)
    del one[axis], two[axis]
    if not together(tuple(one), tuple(two)):
        raise ValueError(
            f"{function}: x1 has shape {x1.shape}, x2 {x2.shape}: wanted the axes beside axis "
            f"{axis} to broadcast"
        )
