"""What assigning to a module's attribute means.

A module has no lists of its parts: they are found by looking at its attributes. So a name that
stands for a parameter has to go on doing so, or the optimizer, the state and the device would
silently lose sight of it.
"""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .parameter import Buffer, Parameter

ABSENT = "_absent"
"""The attribute that says what kind of part a name that is None stands for."""


def kind_of(value: Any, module: type) -> type | None:
    """Parameter, Buffer, Module, or None for what is no part of a module."""
    return next((k for k in (Parameter, Buffer, module) if isinstance(value, k)), None)


def called(kind: type) -> str:
    """What users call a kind of part."""
    return kind.__name__ if kind in (Parameter, Buffer) else "Module"


def settle(owner: Any, name: str, value: Any, module: type) -> Any:
    """What to store for `owner.name = value`, and where in the order: PyTorch's rules.

    A parameter takes any name. The name of a parameter, a module or a buffer takes another of its
    kind, or None, and remains one of that kind; a Tensor given for a buffer becomes the buffer.

    Raises:
        TypeError: something of another kind.
    """
    own = vars(owner)
    absent = own.get(ABSENT, {})
    old = own.get(name)
    was = kind_of(old, module) or absent.get(name)
    becomes = kind_of(value, module)
    if was is None and becomes is None:
        return value
    if value is None:
        own.setdefault(ABSENT, {})[name] = was
        return None
    if was is Buffer and isinstance(value, Tensor) and becomes is None:
        value, becomes = _as_buffer(value, old), Buffer
    elif was is not None and becomes not in _takes(was, module):
        raise TypeError(_refusal(owner, name, value, was))
    if was is not becomes:
        own.pop(name, None)  # it comes last among those of its new kind
    absent.pop(name, None)
    return value


def _takes(was: type, module: type) -> tuple[type, ...]:
    """The kinds of part that the name of a part of this kind takes."""
    return (Parameter, Buffer, module) if was is Buffer else (Parameter, was)


def declare(owner: Any, name: str, kind: type) -> None:
    """Let a name stand for a part of this kind that is not there (yet)."""
    own = vars(owner)
    own.pop(name, None)
    own.setdefault(ABSENT, {})[name] = kind
    own[name] = None


def _as_buffer(value: Tensor, old: Any) -> Buffer:
    buffer = Buffer(value, getattr(old, "persistent", True))
    buffer.node = value.node  # a running value may have a history
    return buffer


def _refusal(owner: Any, name: str, value: Any, was: type) -> str:
    what = f"{type(owner).__name__}: {name} is a {called(was).lower()} and cannot become a"
    if was is Parameter:
        advice = (
            f"wrap it (nn.Parameter(...)), overwrite the values ({name}.copy_(...)), or take the "
            f"parameter away first (del module.{name})"
        )
    elif was is Buffer:
        advice = "wanted a Tensor or None"
    else:
        advice = f"wanted a Module or None, or take the module away first (del module.{name})"
    return f"{what} {type(value).__name__}; {advice}"
