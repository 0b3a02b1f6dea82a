"""Python's operators on Tensors: `x + y`, `x @ w`, `x < 0`."""

from __future__ import annotations

from typing import Any

from . import rules
from .graph import Box, Leaf, mode
from .operation import infix, prefix, reflected

Tensor = Any  # what these return; tensor.py makes it of this class


def _update(operator: Any) -> Any:
    """`x += y`, which is `x = x + y`: what was computed from x before is left alone.

    But a variable under `no_grad` is overwritten and stays the variable it is, so that
    `w -= rate * w.grad` is a step of gradient descent.
    """

    def update(x: Any, y: Any) -> Tensor:
        out = operator(x, y)
        if type(x.node) is not Leaf or mode.recording:
            return out
        if out.shape != x.shape:
            raise ValueError(
                f"{operator.__name__}: the result has shape {out.shape}, but under "
                f"backprop.no_grad() it overwrites a variable of shape {x.shape}; wanted the same"
            )
        return x.copy_(out)

    return update


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

    __iadd__ = _update(__add__)
    __isub__ = _update(__sub__)
    __imul__ = _update(__mul__)
    __itruediv__ = _update(__truediv__)
    __ifloordiv__ = _update(__floordiv__)
    __imod__ = _update(__mod__)
    __ipow__ = _update(__pow__)
    __imatmul__ = _update(__matmul__)

    __neg__ = prefix(rules.negative)
    __pos__ = prefix(rules.identity)  # not x itself, which x[i] = v would change
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
