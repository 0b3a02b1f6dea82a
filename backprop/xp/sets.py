"""Sets: the different elements of an array, and who is among them. No gradient passes."""

from __future__ import annotations

from typing import Any, NamedTuple

from .. import rules
from ..tensor import Tensor
from ._check import tensor
from .creation import asarray

__all__ = ["isin", "unique_all", "unique_counts", "unique_inverse", "unique_values"]


class UniqueAll(NamedTuple):
    """What `unique_all` returns."""

    values: Tensor
    indices: Tensor
    inverse_indices: Tensor
    counts: Tensor


class UniqueCounts(NamedTuple):
    """What `unique_counts` returns."""

    values: Tensor
    counts: Tensor


class UniqueInverse(NamedTuple):
    """What `unique_inverse` returns."""

    values: Tensor
    inverse_indices: Tensor


def unique_all(x: Tensor, /) -> UniqueAll:
    """The different elements of x, in order, and how they make it up.

    Returns (values, indices, inverse_indices, counts): where each value first stands in x read row
    by row, where each element of x stands among the values, and how often each value occurs. Every
    NaN is different from the others.

    >>> import backprop as bp
    >>> values, indices, inverse, counts = bp.unique_all(bp.asarray([3, 1, 3]))
    >>> values, indices, inverse, counts
    (tensor([1, 3]), tensor([1, 0]), tensor([1, 0, 1]), tensor([1, 2]))
    """
    return UniqueAll(*rules.unique_all(tensor(x, "unique_all")))


def unique_counts(x: Tensor, /) -> UniqueCounts:
    """(values, counts): the different elements of x, in order, and how often each occurs."""
    return UniqueCounts(*rules.unique_counts(tensor(x, "unique_counts")))


def unique_inverse(x: Tensor, /) -> UniqueInverse:
    """(values, inverse_indices): the different elements of x, and where each element of x stands
    among them, so that values[inverse_indices] is x."""
    return UniqueInverse(*rules.unique_inverse(tensor(x, "unique_inverse")))


def unique_values(x: Tensor, /) -> Tensor:
    """The different elements of x, in order."""
    return rules.unique_values(tensor(x, "unique_values"))


def isin(x1: Tensor | int, x2: Tensor | int, /, *, invert: bool = False) -> Tensor:
    """Whether each element of x1 is among those of x2 (with `invert`, whether it is not).

    One of the two may be a number.

    >>> import backprop as bp
    >>> bp.isin(bp.asarray([1, 2, 3]), bp.asarray([3, 1]))
    tensor([ True, False,  True])
    """
    if isinstance(x1, Tensor):
        x2 = _beside(x1, x2, "x2")
    else:
        x1 = _beside(tensor(x2, "isin", "x2"), x1, "x1")
    return rules.isin(x1, x2, invert=bool(invert))


def _beside(x: Tensor, other: Any, name: str) -> Tensor:
    """A number as a Tensor of x's dtype."""
    kinds: dict[str, Any] = {
        "b": bool,
        "i": int,
        "u": int,
        "f": (int, float),
        "c": (int, float, complex),
    }
    wanted = kinds[x.dtype.kind]
    is_number = isinstance(other, wanted) and (wanted is bool or not isinstance(other, bool))
    if not is_number:
        if isinstance(other, (bool, int, float, complex)):
            raise TypeError(f"isin: {name}: got {other!r} beside {x.dtype}, wanted the same kind")
        return tensor(other, "isin", name)
    return asarray(other, dtype=x.dtype, device=x.device)
