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
            return self.holder.cell_contents if self.key is None else self.holder[self.key]
        except (ValueError, LookupError):  # not assigned yet, or gone
            return _GONE

    def put_back(self) -> None:
        """Put there what was there at first."""
        if self.now() is self.value or isinstance(self.holder, tuple):
            return
        if self.key is None:
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
    """The places of plain numbers and texts that a function names itself: globals, what it closes
    over, and attributes of the object whose method it is."""
    found = []
    if isinstance(function, MethodType):
        names = set(_names(getattr(function.__func__, "__code__", None)))
        own = getattr(function.__self__, "__dict__", {})
        found = [p for p in _items(own, ".") if p.key in names]
        function = function.__func__
    found += list(_inside(function))
    return [p for p in found if isinstance(p.value, PLAIN) and not isinstance(p.holder, tuple)]


def _inside(x: Any) -> Iterator[Place]:
    """What a thing leads to."""
    if isinstance(x, FunctionType):
        for name, cell in zip(x.__code__.co_freevars, x.__closure__ or (), strict=True):
            yield Place(name, cell, None)
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


__all__ = ["PLAIN", "Place", "numbers", "reach"]
