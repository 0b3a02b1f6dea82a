"""Python's operators on Tensors: `x + y`, `x @ w`, `x < 0`."""

from __future__ import annotations

from typing import Any

from . import rules
from .graph import Box

Tensor = Any  # what these return; tensor.py makes it of this class


class Operators(Box):
    """The operators of a Tensor, each a primitive."""

    __slots__ = ()
    __array_ufunc__ = None  # `array + tensor` is ours to refuse, not NumPy's to take apart
    __hash__ = object.__hash__

    def __add__(self, other: Any) -> Tensor:
        return rules.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return rules.add(self, other)

    def __sub__(self, other: Any) -> Tensor:
        return rules.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return rules.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return rules.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return rules.multiply(self, other)

    def __truediv__(self, other: Any) -> Tensor:
        return rules.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return rules.divide(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return rules.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return rules.power(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return rules.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return rules.matmul(other, self)

    def __neg__(self) -> Tensor:
        return rules.negative(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return rules.abs(self)

    def __eq__(self, other: Any) -> Any:
        return rules.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return rules.not_equal(self, other)

    def __lt__(self, other: Any) -> Tensor:
        return rules.less(self, other)

    def __le__(self, other: Any) -> Tensor:
        return rules.less_equal(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return rules.greater(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return rules.greater_equal(self, other)

    def __and__(self, other: Any) -> Tensor:
        return rules.logical_and(_truth(self, "&"), _truth(other, "&"))

    def __or__(self, other: Any) -> Tensor:
        return rules.logical_or(_truth(self, "|"), _truth(other, "|"))

    def __invert__(self) -> Tensor:
        return rules.logical_not(_truth(self, "~"))


def _truth(x: Any, operator: str) -> Any:
    if not isinstance(x, bool) and not (isinstance(x, Box) and "bool" in str(x.data.dtype)):
        kind = x.data.dtype if isinstance(x, Box) else type(x).__name__
        raise TypeError(f"{operator}: got {kind}, wanted truth values")
    return x
