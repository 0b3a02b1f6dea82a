"""ModuleDict: modules by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..module import Module
from .pairs import pairs

__all__ = ["ModuleDict"]


class ModuleDict(Module):
    """A dict of modules whose parameters belong to the module that holds the dict.

    It has no forward pass of its own: the holder calls the modules. Names are texts without dots,
    and none that a ModuleDict has for itself, such as "keys".

    Args:
        modules: a mapping of names to modules, or pairs of both.

    >>> import backprop as bp
    >>> paths = bp.nn.ModuleDict({"linear": bp.nn.Linear(2, 1), "act": bp.nn.ReLU()})
    >>> list(paths)
    ['linear', 'act']
    >>> paths["linear"](bp.zeros((4, 2))).shape
    (4, 1)
    """

    _has_places = False

    def __init__(self, modules: Mapping[str, Module] | Iterable[Any] | None = None) -> None:
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(f"ModuleDict: there is no module {key!r}; there is {', '.join(self)}")
        return vars(self)[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        self[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and isinstance(vars(self).get(key), Module)

    def clear(self) -> None:
        """Take all modules out."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take a module out and return it."""
        module = self[key]
        del self[key]
        return module

    def keys(self) -> list[str]:
        """The names, in order."""
        return list(self._modules())

    def items(self) -> list[tuple[str, Module]]:
        """The names with their modules, in order."""
        return list(self._modules().items())

    def values(self) -> list[Module]:
        """The modules, in order."""
        return list(self._modules().values())

    def update(self, modules: Mapping[str, Module] | Iterable[Any]) -> None:
        """Add modules, or replace those that are there under the same names."""
        for key, module in pairs("ModuleDict", modules):
            self[key] = module

    def _modules(self) -> dict[str, Module]:
        return {k: v for k, v in vars(self).items() if isinstance(v, Module)}
