"""`at`: a Tensor with other values at an index, as a new Tensor."""

from __future__ import annotations

from typing import Any

from .. import rules
from ..graph import Box
from ..index import normal
from ..rules.operands import kind
from ..subscript import explain_value, prepared
from ..tensor import Tensor
from ._check import tensor
from .creation import full, ones_like

__all__ = ["at"]

_NOT_GIVEN: Any = object()


def _set(x: Tensor, value: Any, index: Any) -> Tensor:
    return rules.set_at(x, value, index=index, reuse=False)


def _subtract(x: Tensor, value: Any, index: Any) -> Tensor:
    if not isinstance(value, Box):
        value = full((), value, dtype=x.dtype, device=x.device)  # -1 is no unsigned number
    return rules.sum_at(x, rules.negative(value), index=index)


def _divide(x: Tensor, value: Any, index: Any) -> Tensor:
    return x / rules.prod_at(ones_like(x), value, index=index)


def _power(x: Tensor, value: Any, index: Any) -> Tensor:
    base = rules.getitem(x, index=index)
    if isinstance(index, tuple) and any(hasattr(i, "dtype") for i in index):
        value = rules.getitem(rules.prod_at(ones_like(x), value, index=index), index=index)
    return _set(x, base**value, index)


class at:
    """The place `index` of x, to make Tensors that differ from x there: at(x, index).set(value).

    at(x)[index] is the same. x itself is never changed. Unlike `x[index] += value`, the updates
    accumulate where an index repeats.

    Args:
        x: any Tensor, a variable too.
        index: what stands in `x[index]`.

    The value that the methods take is a Tensor or a number. It is broadcast to the shape of
    x[index], and the result has x's dtype. All are differentiable in x and in the value, at every
    order.

    >>> import backprop as bp
    >>> x = bp.zeros(4)
    >>> at(x, 1).set(5.0)
    tensor([0., 5., 0., 0.])
    >>> at(x)[[0, 2, 0]].add(bp.asarray([1.0, 2.0, 3.0]))
    tensor([4., 0., 2., 0.])
    """

    __slots__ = ("_key", "_x")

    def __init__(self, x: Tensor, index: Any = _NOT_GIVEN, /) -> None:
        self._x, self._key = tensor(x, "at"), index

    def __getitem__(self, index: Any, /) -> at:
        if self._key is not _NOT_GIVEN:
            raise ValueError(
                "at: got a second index, wanted one: at(x, index) or at(x)[index]; "
                "an index of an index is x[first][second], to be read only"
            )
        return at(self._x, index)

    def __repr__(self) -> str:
        return f"at({self._x!r}{'' if self._key is _NOT_GIVEN else f', {self._key!r}'})"

    def _apply(self, name: str, value: Any, function: Any, kinds: str) -> Tensor:
        x, what = self._x, f"at.{name}"
        if self._key is _NOT_GIVEN:
            raise ValueError(f"{what}: got no index, wanted one: at(x, index) or at(x)[index]")
        if kind(x.data) not in kinds:
            wanted = {"fc": "floating-point numbers", "iuf": "real numbers"}.get(kinds, "numbers")
            raise TypeError(f"{what}: x: got dtype {x.dtype}, wanted {wanted}")
        self._fits(value, what)
        index = normal(self._key, x.data)
        if isinstance(index, bool):  # all of x, or nothing
            if not index:
                return rules.identity(x)
            index = (...,)
        value = prepared(x, index, value, what)
        try:
            return function(x, value, index)
        except (IndexError, ValueError) as error:
            explain_value(x, index, value, what, error)
            raise

    def _fits(self, value: Any, what: str) -> None:
        """Raise for fractions that would be lost in whole numbers, unless they are just set."""
        mine, its = kind(self._x.data), kind(value.data if isinstance(value, Box) else value)
        if what != "at.set" and mine in "iu" and its == "f":
            raise TypeError(
                f"{what}: got fractional values for x of {self._x.dtype}; "
                "convert x first: x.astype(backprop.float32)"
            )

    def set(self, value: Any, /) -> Tensor:
        """x with the value at the index. Where the index repeats, the last value stays, and has
        the gradient."""
        return self._apply("set", value, _set, "biufc")

    def add(self, value: Any, /) -> Tensor:
        """x with the value added at the index."""
        return self._apply("add", value, lambda x, v, i: rules.sum_at(x, v, index=i), "iufc")

    def subtract(self, value: Any, /) -> Tensor:
        """x with the value subtracted at the index."""
        return self._apply("subtract", value, _subtract, "iufc")

    def multiply(self, value: Any, /) -> Tensor:
        """x multiplied by the value at the index."""
        return self._apply("multiply", value, lambda x, v, i: rules.prod_at(x, v, index=i), "iufc")

    def divide(self, value: Any, /) -> Tensor:
        """x divided by the value at the index: by the product of the values where it repeats."""
        return self._apply("divide", value, _divide, "fc")

    def power(self, value: Any, /) -> Tensor:
        """x to the power of the value at the index: of the product of the values where it
        repeats."""
        return self._apply("power", value, _power, "fc")

    def min(self, value: Any, /) -> Tensor:
        """The smaller of x and the value at the index; equal ones share the gradient evenly."""
        return self._apply("min", value, lambda x, v, i: rules.min_at(x, v, index=i), "iuf")

    def max(self, value: Any, /) -> Tensor:
        """The larger of x and the value at the index; equal ones share the gradient evenly."""
        return self._apply("max", value, lambda x, v, i: rules.max_at(x, v, index=i), "iuf")
