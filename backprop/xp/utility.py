"""Truth over axes, differences of neighbours, indicators of classes."""

from __future__ import annotations

from typing import Any

import backends
from backends import record

from .. import rules
from ..defaults import get_default_dtype, int64, native
from ..tensor import Tensor
from ._check import tensor
from ._reductions import Axis, over
from ._shapes import axis as _axis
from ._shapes import integer

__all__ = ["all", "any", "diff", "one_hot"]


def all(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether every element over the axes is True (not 0); True of no elements."""
    return rules.all(x, axis=over(tensor(x, "all"), axis, "all"), keepdims=keepdims)


def any(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Whether some element over the axes is True (not 0); False of no elements."""
    return rules.any(x, axis=over(tensor(x, "any"), axis, "any"), keepdims=keepdims)


def diff(
    x: Tensor, /, *, axis: int = -1, n: int = 1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The differences x[i + 1] - x[i] of neighbours along an axis, taken n times.

    Args:
        n: each time there is one element less.
        prepend, append: put before and behind x first; of x's shape but for the axis.

    >>> import backprop as bp
    >>> bp.diff(bp.asarray([1, 4, 9, 16])), bp.diff(bp.asarray([1, 4, 9, 16]), n=2)
    (tensor([3, 5, 7]), tensor([2, 2]))
    """
    shape = tensor(x, "diff").shape
    at, times = _axis(axis, shape, "diff"), integer(n, "diff", "n")
    if times < 0:
        raise ValueError(f"diff: n: got {n}, wanted 0 or more")
    if x.dtype.kind == "b":
        raise TypeError(
            "diff: x: got dtype bool, wanted numbers; neighbours differ by x[1:] ^ x[:-1]"
        )
    parts = [x]
    for other, name in ((prepend, "prepend"), (append, "append")):
        if other is None:
            continue
        given = tensor(other, "diff", name).shape
        if len(given) != len(shape) or given[:at] + given[at + 1 :] != shape[:at] + shape[at + 1 :]:
            raise ValueError(
                f"diff: {name}: got shape {given} for x of shape {shape}, "
                f"wanted the same but for axis {at}"
            )
        if other.dtype != x.dtype:
            raise TypeError(f"diff: {name}: got dtype {other.dtype}, wanted x's, {x.dtype}")
        parts.insert(len(parts) if name == "append" else 0, other)
    if len(parts) > 1:
        x = rules.concat(*parts, axis=at)
    elif not times:
        return rules.identity(x)  # a tensor of its own, as any other result
    before = (slice(None),) * at
    for _ in range(min(times, x.shape[at])):
        after, first = (rules.getitem(x, index=(*before, s, ...)) for s in _NEIGHBOURS)
        x = after - first
    return x


_NEIGHBOURS = slice(1, None), slice(None, -1)


def one_hot(x: Tensor, num_classes: int, /, *, dtype: Any = None) -> Tensor:
    """1 at the index that each element of x is, 0 elsewhere, along a new last axis.

    Args:
        x: integers from 0 to num_classes - 1, of any shape (...).
        num_classes: how many there are: the result has shape (..., num_classes).
        dtype: of the result; the default dtype if None.

    >>> import backprop as bp
    >>> bp.one_hot(bp.asarray([2, 0]), 3)
    tensor([[0., 0., 1.],
            [1., 0., 0.]])
    """
    if tensor(x, "one_hot").dtype.kind not in "iu":
        raise TypeError(f"one_hot: x: got dtype {x.dtype}, wanted integers")
    classes = integer(num_classes, "one_hot", "num_classes")
    if classes < 0:
        raise ValueError(f"one_hot: num_classes: got {classes}, wanted 0 or more")
    x = x.astype(int64)

    def look(array: Any) -> None:
        stray = backends.kernels.stray_class(array, classes)
        if stray is not None:
            raise ValueError(f"one_hot: x: got the class {stray}, wanted 0 .. {classes - 1}")

    record.check(look, x.data)
    wanted = get_default_dtype() if dtype is None else dtype
    return rules.one_hot(x, classes=classes, dtype=native(wanted, backends.of(x.data)))
