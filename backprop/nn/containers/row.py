"""Modules in a row, under their numbers: what a list and a sequence of modules share."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from ..module import Module

R = TypeVar("R", bound="Row")


class Row(Module):
    """Modules in order. Their attributes' names are what the state calls them."""

    _has_places = False

    def __len__(self) -> int:
        return len(self._names())

    def __iter__(self) -> Iterator[Module]:
        return iter([v for v in vars(self).values() if isinstance(v, Module)])

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def __setitem__(self, index: int, module: Module) -> None:
        self.add_module(self._name(index), module)

    def __delitem__(self, index: int | slice) -> None:
        names = self._names()
        gone = names[index] if isinstance(index, slice) else [self._name(index)]
        self._number([m for n, m in zip(names, self, strict=True) if n not in gone])

    def append(self: R, module: Module) -> R:
        """Add a module at the end; returns itself."""
        number = len(self)
        while str(number) in vars(self):  # a slice keeps its names: it may not begin at 0
            number += 1
        self.add_module(str(number), module)
        return self

    def extend(self: R, modules: Iterable[Module]) -> R:
        """Add modules at the end; returns itself."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{type(self).__name__}.extend: got a {type(modules).__name__}, "
                "wanted modules to go through"
            )
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: R, index: int, module: Module) -> R:
        """Put a module before the one at this index, all under new numbers; returns itself."""
        if not isinstance(module, Module):
            raise TypeError(
                f"{type(self).__name__}.insert: got a {type(module).__name__}, wanted a Module"
            )
        if not -len(self) <= index <= len(self):
            raise IndexError(
                f"{type(self).__name__}: index {index} is out of range for {len(self)}"
            )
        modules = list(self)
        modules.insert(index, module)
        self._number(modules)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a module (of a slice: several) out and return it."""
        taken = self[key]  # type: ignore[index]
        del self[key]
        return taken

    def _names(self) -> list[str]:
        return [k for k, v in vars(self).items() if isinstance(v, Module)]

    def _name(self, index: int) -> str:
        names, index = self._names(), operator.index(index)
        if not -len(names) <= index < len(names):
            raise IndexError(
                f"{type(self).__name__}: index {index} is out of range for {len(names)}"
            )
        return names[index]

    def _number(self, modules: list[Module]) -> None:
        """Hold these modules, under 0, 1, 2, ..."""
        for name in self._names():
            delattr(self, name)
        for i, module in enumerate(modules):
            self.add_module(str(i), module)
