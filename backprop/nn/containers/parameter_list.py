"""ParameterList: parameters in a list."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any

from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter

__all__ = ["ParameterList"]


class ParameterList(Module):
    """A list of parameters that belong to the module that holds the list.

    A Tensor put into it becomes a Parameter; other values stay what they are.

    Args:
        values: what the list begins with.

    >>> import backprop as bp
    >>> weights = bp.nn.ParameterList([bp.zeros(2), bp.ones((2, 3))])
    >>> [(name, p.shape) for name, p in weights.named_parameters()]
    [('0', (2,)), ('1', (2, 3))]
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        self._size = 0
        if values is not None:
            self.extend(values)

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)([self[i] for i in range(*index.indices(len(self)))])
        return vars(self)[self._name(index)]

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._name(index), as_parameter(value))

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Add a value at the end; returns itself."""
        setattr(self, str(self._size), as_parameter(value))
        self._size += 1
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add values at the end; returns itself."""
        if isinstance(values, Tensor) or not isinstance(values, Iterable):
            raise TypeError(
                f"ParameterList.extend: got a {type(values).__name__}, wanted values to go "
                "through; for one parameter there is append"
            )
        for value in list(values):
            self.append(value)
        return self

    def _name(self, index: int) -> str:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"ParameterList: index {index} is out of range for {len(self)}")
        return str(index % len(self))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("ParameterList: it holds parameters and has no forward pass")

    def extra_repr(self) -> str:
        return "\n".join(f"({i}): {described(v)}" for i, v in enumerate(self))


def as_parameter(value: Any) -> Any:
    """A Tensor as a Parameter; anything else as it is."""
    if isinstance(value, Tensor) and not isinstance(value, Parameter):
        return Parameter(value)
    return value


def described(value: Any) -> str:
    """One line on a value of a container."""
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    size = "x".join(str(n) for n in value.shape)
    where = "" if value.device == "cpu" else f" ({value.device})"
    return f"{type(value).__name__} containing: [{value.dtype} of size {size}{where}]"
