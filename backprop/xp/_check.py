"""What every function of the namespace asks of its arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, TypeVar, cast

from ..operation import prefix
from ..tensor import Tensor


def tensor(x: Any, function: str, name: str = "x") -> Tensor:
    """x, if it is a Tensor; else an error that says what to do."""
    if isinstance(x, Tensor):
        return x
    kind = f"{type(x).__module__}.{type(x).__name__}".removeprefix("builtins.")
    raise TypeError(
        f"{function}: {name} is a {kind}, wanted a Tensor; wrap it first: backprop.asarray({name})"
    )


F = TypeVar("F", bound=Callable[..., Any])


def computes(primitive: Any) -> Callable[[F], F]:
    """Decorates a function of one Tensor that says everything but how: by this primitive.

    The function gets the primitive's short way in (see `operation.py`) for its body.
    """

    def fill(described: F) -> F:
        return cast(F, update_wrapper(prefix(primitive), described))

    return fill
