"""ModuleList: modules in a list."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, overload

from ..module import Module
from .row import Row

__all__ = ["ModuleList"]


class ModuleList(Row):
    """A list of modules whose parameters belong to the module that holds the list.

    It has no forward pass of its own: the holder calls the modules.

    Args:
        modules: modules in order.

    >>> import backprop as bp
    >>> layers = bp.nn.ModuleList([bp.nn.Linear(2, 2) for _ in range(3)])
    >>> [name for name, _ in layers.named_parameters()][:3]
    ['0.weight', '0.bias', '1.weight']
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        if modules is not None:
            self.extend(modules)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> ModuleList: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return vars(self)[self._name(index)]

    def __iadd__(self, modules: Iterable[Module]) -> ModuleList:
        return self.extend(modules)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList(self).extend(other)

    def __repr__(self) -> str:
        """Equal neighbours are shown once, with their number."""
        lines, start = [], 0
        for text, group in groupby(repr(m) for m in self):
            count = len(list(group))
            label = f"({start}): " if count == 1 else f"({start}-{start + count - 1}): {count} x "
            lines.append((label + text).replace("\n", "\n  "))
            start += count
        inside = "\n  ".join(lines)
        return f"{type(self).__name__}(\n  {inside}\n)" if lines else f"{type(self).__name__}()"
