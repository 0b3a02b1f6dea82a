"""What every function of the namespace asks of its arguments."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor


def tensor(x: Any, function: str, name: str = "x") -> Tensor:
    """x, if it is a Tensor; else an error that says what to do."""
    if isinstance(x, Tensor):
        return x
    kind = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
    raise TypeError(
        f"{function}: {name} is a {kind}, wanted a Tensor; wrap it first: backprop.asarray({name})"
    )
