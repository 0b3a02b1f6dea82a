"""Python's operators on Tensors: `x + y`, `x @ w`, `x < 0`."""

from __future__ import annotations

from typing import Any

from . import rules
from .graph import Box
from .operation import infix, prefix, reflected

Tensor = Any  # what these return; tensor.py makes it of this class


class Operators(Box):
    """The operators of a Tensor, each a primitive."""

    __slots__ = ()
    __array_ufunc__ = None  # `array + tensor` is ours to refuse, not NumPy's to take apart
    __hash__ = object.__hash__

    __add__ = infix(rules.add)
    __radd__ = infix(rules.add)
    __sub__ = infix(rules.subtract)
    __rsub__ = reflected(rules.subtract)
    __mul__ = infix(rules.multiply)
    __rmul__ = infix(rules.multiply)
    __truediv__ = infix(rules.divide)
    __rtruediv__ = reflected(rules.divide)
    __floordiv__ = infix(rules.floor_divide)
    __rfloordiv__ = reflected(rules.floor_divide)
    __mod__ = infix(rules.remainder)
    __rmod__ = reflected(rules.remainder)
    __pow__ = infix(rules.power)
    __rpow__ = reflected(rules.power)
    __matmul__ = infix(rules.matmul)
    __rmatmul__ = reflected(rules.matmul)

    __neg__ = prefix(rules.negative)

    def __pos__(self) -> Tensor:
        return self

    __abs__ = prefix(rules.abs)

    __eq__ = infix(rules.equal)
    __ne__ = infix(rules.not_equal)
    __lt__ = infix(rules.less)
    __le__ = infix(rules.less_equal)
    __gt__ = infix(rules.greater)
    __ge__ = infix(rules.greater_equal)

    __and__ = infix(rules.bitwise_and)
    __rand__ = reflected(rules.bitwise_and)
    __or__ = infix(rules.bitwise_or)
    __ror__ = reflected(rules.bitwise_or)
    __xor__ = infix(rules.bitwise_xor)
    __rxor__ = reflected(rules.bitwise_xor)
    __lshift__ = infix(rules.bitwise_left_shift)
    __rlshift__ = reflected(rules.bitwise_left_shift)
    __rshift__ = infix(rules.bitwise_right_shift)
    __rrshift__ = reflected(rules.bitwise_right_shift)

    __invert__ = prefix(rules.bitwise_invert)
