"""Sequential: modules one after another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, overload

from .containers.row import Row
from .functional._checks import integer

__all__ = ["Sequential"]


class Sequential(Row):
    """Each module takes what the one before it gave.

    Args:
        modules: modules in order, or one mapping of names to modules.

    A slice is a Sequential of the same modules under the same names; `+` puts two in a row, `*`
    repeats the same modules (which then share their parameters).

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

    def forward(self, input: Any) -> Any:
        for module in self:
            input = module(input)
        return input

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            names = self._names()[index]
            return type(self)({name: vars(self)[name] for name in names})
        return vars(self)[self._name(index)]

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *_sequential(other))

    def __iadd__(self, other: Sequential) -> Sequential:
        return self.extend(_sequential(other))

    def __mul__(self, other: int) -> Sequential:
        return Sequential(*list(self) * _times(other))

    def __rmul__(self, other: int) -> Sequential:
        return self * other

    def __imul__(self, other: int) -> Sequential:
        return self.extend(list(self) * (_times(other) - 1))


def _sequential(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise TypeError(
            f"Sequential + {type(other).__name__}: wanted another Sequential; for one module there "
            "is append, for a list of them extend"
        )
    return other


def _times(number: Any) -> int:
    count = integer(number)
    if count is None or count < 1:
        raise ValueError(f"Sequential * {number!r}: wanted a whole number of at least 1")
    return count
