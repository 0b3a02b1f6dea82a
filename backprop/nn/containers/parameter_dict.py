"""ParameterDict: parameters by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from typing import Any

from ..module import Module
from .pairs import pairs
from .parameter_list import as_parameter, described

__all__ = ["ParameterDict"]


class ParameterDict(Module):
    """A dict of parameters that belong to the module that holds the dict.

    A Tensor put into it becomes a Parameter; other values stay what they are. As in PyTorch a
    plain dict is taken in the order of its names, sorted; an OrderedDict, a ParameterDict or pairs
    in their own order.

    Args:
        parameters: a mapping of names to values, or pairs of both.

    >>> import backprop as bp
    >>> sides = bp.nn.ParameterDict({"right": bp.zeros(2), "left": bp.zeros(3)})
    >>> [name for name, _ in sides.named_parameters()]
    ['left', 'right']
    """

    def __init__(self, parameters: Any = None) -> None:
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(f"ParameterDict: there is no {key!r}; there is {', '.join(self._keys)}")
        return vars(self)[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str) or not key or "." in key or hasattr(type(self), key):
            raise ValueError(
                f"ParameterDict: name: got {key!r}, wanted one without dots that is no attribute "
                "of every ParameterDict"
            )
        setattr(self, key, as_parameter(value))
        self._keys[key] = None

    def __delitem__(self, key: str) -> None:
        self[key]
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __or__(self, other: Any) -> ParameterDict:
        both = self.copy()
        both.update(other)
        return both

    def __ior__(self, other: Any) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another dict of the same parameters."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """What is under the name; if nothing is, put the default there."""
        if key not in self:
            self[key] = default
        return self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """What is under the name, or the default."""
        return vars(self)[key] if key in self else default

    def clear(self) -> None:
        """Take everything out."""
        for key in list(self):
            del self[key]

    def pop(self, key: str) -> Any:
        """Take a value out and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Take the last value out and return it with its name."""
        if not self._keys:
            raise KeyError("ParameterDict: popitem of an empty dict")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """A new dict with these names and one value for all."""
        return ParameterDict((key, default) for key in keys)

    def keys(self) -> KeysView[str]:
        """The names, in order."""
        return self._keys.keys()

    def items(self) -> list[tuple[str, Any]]:
        """The names with their values, in order."""
        return [(key, self[key]) for key in self._keys]

    def values(self) -> list[Any]:
        """The values, in order."""
        return [self[key] for key in self._keys]

    def update(self, parameters: Any) -> None:
        """Add values, or replace those that are there under the same names."""
        found = pairs("ParameterDict", parameters)
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            found.sort(key=lambda pair: pair[0])
        for key, value in found:
            self[key] = value

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterDict: it holds parameters and has no forward pass")

    def extra_repr(self) -> str:
        return "\n".join(f"({k}): {described(v)}" for k, v in self.items())
