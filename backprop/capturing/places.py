"""Where a function finds what is not among its arguments: its globals, what it closes over, and
what that leads to.

A recording cannot see Python's assignments. Before and after it these places are looked at: a
Tensor that was read and has made room for another would be the old one at every replay.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..graph import Box
from ..nn import Module
from ..optim import Optimizer

_MOST = 20_000
"""How many things to look at; a container with more than `_LARGE` is passed over."""
_LARGE = 1000
PLAIN = (bool, int, float, str, type(None))
_ENDS = (
    ModuleType, type, BuiltinFunctionType, CodeType, str, bytes, int, float, complex, Optimizer,
)  # fmt: skip
_GONE = object()
_CELL = object()
"""The key of what is in a cell: any other object may be a key of a dict, None too."""


class Place:
    """Where something is: a key of a dict, an index of a list, or a cell of a closure.

    Attributes:
        name: what to call it in a message.
        value: what was there when it was looked at.
    """

    __slots__ = ("holder", "key", "name", "value")

    def __init__(self, name: str, holder: Any, key: Any) -> None:
        self.name, self.holder, self.key = name, holder, key
        self.value = self.now()

    def now(self) -> Any:
        """What is there now."""
        try:
            return self.holder.cell_contents if self.key is _CELL else self.holder[self.key]
        except (ValueError, LookupError):  # not assigned yet, or gone
            return _GONE

    def put_back(self) -> None:
        """Put there what was there at first."""
        if self.now() is self.value or isinstance(self.holder, tuple):
            return
        if self.key is _CELL:
            self.holder.cell_contents = self.value
        elif isinstance(self.holder, dict) or len(self.holder) > self.key:
            self.holder[self.key] = self.value


def reach(function: Any) -> tuple[list[Place], list[Module]]:
    """The places of Tensors that a function can reach, and the modules."""
    found: list[Place] = []
    modules: list[Module] = []
    seen: set[int] = set()
    stack: list[Any] = [function]
    while stack and len(seen) < _MOST:
        for place in _inside(stack.pop()):
            value = place.value
            if isinstance(value, Box):
                found.append(place)
            elif id(value) not in seen and not isinstance(value, _ENDS):
                seen.add(id(value))
                stack.append(value)
                if isinstance(value, Module):
                    modules.append(value)
    return found, modules


def numbers(function: Any) -> list[Place]:
    """The places of plain numbers and texts that a function, and the user's functions it calls,
    name themselves: globals and what they close over, the attributes of these and of the object
    whose method it is, and entries of dicts."""
    found: list[Place] = []
    seen: set[int] = set()
    stack: list[Any] = [function]
    while stack and len(seen) < _MOST:
        f: Any = stack.pop()
        owner: Any = None
        if isinstance(f, MethodType):
            f, owner = f.__func__, f.__self__
        if not isinstance(f, FunctionType) or id(f) in seen or _is_ours(f):
            continue
        seen.add(id(f))
        names, texts = set(_names(f.__code__)), set(_texts(f.__code__))
        around = list(_inside(f))
        for value in (owner, *[p.value for p in around]):
            if isinstance(value, (FunctionType, MethodType)):
                stack.append(value)
            elif isinstance(value, dict):
                found += [p for p in _items(value) if p.key in texts]
            elif not isinstance(value, (*_ENDS, Module)):
                own = getattr(value, "__dict__", None)
                found += [p for p in _items(own or {}, ".") if p.key in names]
        found += around
    return [p for p in found if isinstance(p.value, PLAIN)]


def attributes(x: Any) -> list[Place]:
    """The plain attributes of an argument that is some object."""
    if isinstance(x, (Box, Module, *_ENDS)):
        return []
    own = getattr(x, "__dict__", None)
    return [p for p in _items(own or {}, ".") if isinstance(p.value, PLAIN)]


def _is_ours(function: Any) -> bool:
    return str(function.__module__).partition(".")[0] in ("backprop", "backends")


def _inside(x: Any) -> Iterator[Place]:
    """What a thing leads to."""
    if isinstance(x, FunctionType):
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            yield Place(name, cell, _CELL)
        for name in set(_names(x.__code__)):
            if name in x.__globals__:
                yield Place(name, x.__globals__, name)
        defaults = (*(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values())
        yield from _items(defaults)
    elif isinstance(x, MethodType):
        yield from _items((x.__func__, x.__self__))
    elif isinstance(x, (dict, list, tuple)):
        yield from _items(x)
    elif isinstance(own := getattr(x, "__dict__", None), dict):
        yield from _items(own, ".")


def _items(x: Any, dot: str = "") -> Iterator[Place]:
    if len(x) <= _LARGE:
        for key in list(x) if isinstance(x, dict) else range(len(x)):
            yield Place(f"{dot}{key}" if dot else f"[{key!r}]", x, key)


def _names(code: CodeType | None) -> Iterator[str]:
    """The names that a function's code, and that of functions in it, looks up."""
    if code is None:
        return
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _texts(code: CodeType) -> Iterator[str]:
    """The texts that a function's code, and that of functions in it, holds."""
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant
        elif isinstance(constant, CodeType):
            yield from _texts(constant)


__all__ = ["PLAIN", "Place", "attributes", "numbers", "reach"]
