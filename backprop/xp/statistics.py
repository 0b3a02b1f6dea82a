"""Statistics: what many elements have in common, along axes."""

from __future__ import annotations

from typing import Any

from .. import rules
from ..defaults import as_dtype, get_default_dtype, int64
from ..tensor import Tensor
from ._check import tensor
from ._reductions import Axis, over, real, something
from ._shapes import axis as _axis

__all__ = [
    "cumulative_prod", "cumulative_sum", "logsumexp", "max", "mean", "min", "prod", "std", "sum",
    "var",
]  # fmt: skip


def _totalled(
    primitive: Any, x: Tensor, axis: Any, dtype: Any, keepdims: bool, function: str
) -> Tensor:
    axis = over(tensor(x, function), axis, function)
    return _in_dtype(x, dtype, lambda y: primitive(y, axis=axis, keepdims=keepdims))


def _in_dtype(x: Tensor, dtype: Any, function: Any) -> Tensor:
    """A sum or product computed in a dtype; for None in x's, small integers in 64 bits."""
    if dtype is not None:
        dtype = as_dtype(dtype)
        return function(x.astype(dtype)).astype(dtype)
    return function(x.astype(int64) if x.dtype.kind == "b" else x)


def sum(x: Tensor, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """The sum over the axes (all of them for None); 0 of no elements.

    Args:
        dtype: to sum in, and of the result. By default x's; integers smaller than 64 bits are
            widened to those, truth values are counted.

    >>> import backprop as bp
    >>> bp.sum(bp.asarray([[1, 2], [3, 4]]), axis=0)
    tensor([4, 6])
    """
    return _totalled(rules.sum, x, axis, dtype, keepdims, "sum")


def prod(x: Tensor, /, *, axis: Axis = None, dtype: Any = None, keepdims: bool = False) -> Tensor:
    """The product over the axes (all of them for None); 1 of no elements.

    Each element's gradient is the product of the others, zeros included.

    Args:
        dtype: to multiply in, and of the result; as for `sum`.
    """
    return _totalled(rules.prod, x, axis, dtype, keepdims, "prod")


def _floating(x: Any, function: str) -> Tensor:
    """x; of the default dtype where it has whole numbers."""
    return x if tensor(x, function).dtype.kind in "fc" else x.astype(get_default_dtype())


def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over the axes (all of them for None); NaN of no elements.

    Whole numbers give the default dtype.
    """
    x = _floating(x, "mean")
    return rules.mean(x, axis=over(x, axis, "mean"), keepdims=keepdims)


def _spread(
    x: Any, axis: Any, correction: float, keepdims: bool, function: str, real: Any
) -> Tensor:
    x = _floating(x, function)
    if isinstance(correction, bool) or not isinstance(correction, (int, float)):
        raise TypeError(f"{function}: correction: got {correction!r}, wanted a number")
    if x.dtype.kind == "c":
        raise TypeError(
            f"{function}: x: got dtype {x.dtype}, wanted real numbers; the variance of complex "
            "ones is var(backprop.real(x)) + var(backprop.imag(x))"
        )
    return real(x, axis=over(x, axis, function), correction=correction, keepdims=keepdims)


def var(
    x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """The variance: the sum of (x - mean)² over the axes, divided by M - correction.

    Args:
        correction: 0 for a whole population, 1 for a sample of one. Where M - correction, M the
            number of elements, is not positive, the result is NaN.

    >>> import backprop as bp
    >>> float(bp.var(bp.asarray([1.0, 2.0, 3.0]), correction=1))
    1.0
    """
    return _spread(x, axis, correction, keepdims, "var", rules.var)


def std(
    x: Tensor, /, *, axis: Axis = None, correction: float = 0.0, keepdims: bool = False
) -> Tensor:
    """The standard deviation, the square root of the variance (see `var`).

    Where it is 0 it has no derivative; the gradient there is 0, as in PyTorch.
    """
    return _spread(x, axis, correction, keepdims, "std", rules.std)


def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element; equal ones share the gradient evenly."""
    axis = over(real(x, "max"), axis, "max")
    something(x, axis, "max")
    return rules.max(x, axis=axis, keepdims=keepdims)


def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest element; equal ones share the gradient evenly."""
    axis = over(real(x, "min"), axis, "min")
    something(x, axis, "min")
    return rules.min(x, axis=axis, keepdims=keepdims)


def logsumexp(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log sum e^x over the axes, without overflow; -inf of no elements."""
    x = _floating(real(x, "logsumexp"), "logsumexp")
    return rules.logsumexp(x, axis=over(x, axis, "logsumexp"), keepdims=keepdims)


def _running(
    primitive: Any, x: Any, axis: Any, dtype: Any, include_initial: bool, function: str
) -> Tensor:
    shape = tensor(x, function).shape
    if not shape:
        raise ValueError(f"{function}: x: got shape (), wanted one or more axes")
    if axis is None and len(shape) > 1:
        raise ValueError(f"{function}: axis: got None, wanted one of the axes of shape {shape}")
    at = 0 if axis is None else _axis(axis, shape, function)
    return _in_dtype(x, dtype, lambda y: primitive(y, axis=at, include_initial=include_initial))


def cumulative_sum(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """x[0], x[0] + x[1], x[0] + x[1] + x[2], ... along an axis.

    Args:
        axis: may be left out for x of one axis.
        dtype: to sum in, and of the result; as for `sum`.
        include_initial: begin with 0: one element more.

    >>> import backprop as bp
    >>> bp.cumulative_sum(bp.asarray([1, 2, 3]), include_initial=True)
    tensor([0, 1, 3, 6])
    """
    return _running(rules.cumulative_sum, x, axis, dtype, include_initial, "cumulative_sum")


def cumulative_prod(
    x: Tensor, /, *, axis: int | None = None, dtype: Any = None, include_initial: bool = False
) -> Tensor:
    """x[0], x[0] x[1], x[0] x[1] x[2], ... along an axis. Zeros have their right gradients too.

    Args:
        axis: may be left out for x of one axis.
        dtype: to multiply in, and of the result; as for `sum`.
        include_initial: begin with 1: one element more.

    >>> import backprop as bp
    >>> bp.cumulative_prod(bp.asarray([1, 2, 3, 4]))
    tensor([ 1,  2,  6, 24])
    """
    return _running(rules.cumulative_prod, x, axis, dtype, include_initial, "cumulative_prod")
