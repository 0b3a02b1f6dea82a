"""Sequential: modules one after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, overload

from .module import Module

__all__ = ["Sequential"]


class Sequential(Module):
    """Each module takes what the one before it gave.

    Args:
        modules: modules in order, or one mapping of names to modules.

    >>> import backprop as bp
    >>> net = bp.nn.Sequential(bp.nn.Linear(2, 8), bp.nn.Tanh(), bp.nn.Linear(8, 1))
    >>> net(bp.zeros((4, 2))).shape
    (4, 1)
    """

    def __init__(self, *modules: Any) -> None:
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            named = dict(modules[0])
        else:
            named = {str(i): m for i, m in enumerate(modules)}
        for name, module in named.items():
            self.add_module(name, module)

    def forward(self, x: Any) -> Any:
        for module in self:
            x = module(x)
        return x

    def append(self, module: Module) -> Sequential:
        """Add a module at the end; returns itself."""
        number = len(self)
        while str(number) in vars(self):  # a slice keeps its names: it may not begin at 0
            number += 1
        self.add_module(str(number), module)
        return self

    def __iter__(self) -> Iterator[Module]:
        return iter([v for v in vars(self).values() if isinstance(v, Module)])

    def __len__(self) -> int:
        return len(list(self.children()))

    @overload
    def __getitem__(self, index: int) -> Module: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):  # the same modules under the same names
            return Sequential(dict(list(self.named_children())[index]))
        return list(self.children())[index]

    def __setitem__(self, index: int, module: Module) -> None:
        name = [k for k, _ in self.named_children()][index]
        self.add_module(name, module)
