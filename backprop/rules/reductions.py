"""Reductions over axes, and their transposes."""

from __future__ import annotations

import math
from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .elementwise import astype, exp
from .scans import backwards, cumulative_prod, part
from .shapes import broadcast_to, permute_dims, reshape

__all__ = [
    "logsumexp", "max", "mean", "min", "prod", "std", "sum", "sum_of_squares", "sum_to", "var",
]  # fmt: skip

Axis = int | tuple[int, ...] | None
Shape = tuple[int, ...]


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def _kept(shape: Shape, axis: Axis) -> Shape:
    """The shape after a reduction with keepdims."""
    gone = _axes(axis, len(shape))
    return tuple(1 if i in gone else n for i, n in enumerate(shape))


def _count(shape: Shape, axis: Axis) -> int:
    """How many elements make one result."""
    return math.prod(shape[a] for a in _axes(axis, len(shape)))


def with_axes(g: Any, shape: Shape, axis: Axis, keepdims: bool) -> Any:
    """g with the axes that the reduction took away."""
    return g if keepdims else reshape(g, shape=_kept(shape, axis))


def _spread(g: Any, shape: Shape, axis: Axis, keepdims: bool) -> Any:
    """What a reduction took in, out of what it gave: each element gets the gradient of its sum."""
    return broadcast_to(with_axes(g, shape, axis, keepdims), shape=shape)


sum = Primitive("sum", "x")
vjp(sum, lambda g, shapes, axis, keepdims: _spread(g, shapes[0], axis, keepdims))


def _divided(total: Any, count: int) -> Any:
    """NaN for a mean of nothing."""
    return total / count if count else total * math.nan


def _mean(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    total = backends.kernels.sum(x, axis=axis, keepdims=keepdims)
    return _divided(total, _count(x.shape, axis))


mean = Primitive("mean", "x", _mean)
vjp(
    mean,
    lambda g, shapes, axis, keepdims: _spread(
        _divided(g, _count(shapes[0], axis)), shapes[0], axis, keepdims
    ),
)


def _around_mean(x: Any, axis: Axis) -> Any:
    return x - mean(x, axis=axis, keepdims=True)


def _var(x: Any, *, axis: Axis, correction: float, keepdims: bool) -> Any:
    x = _around_mean(x, axis)
    total = backends.kernels.sum(x * x, axis=axis, keepdims=keepdims)
    return total / _freedom(x.shape, axis, correction)


def _freedom(shape: Shape, axis: Axis, correction: float) -> float:
    """The divisor: M - correction, NaN where nothing is left of it."""
    left = _count(shape, axis) - correction
    return left if left > 0 else math.nan


def _var_x(g: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    """2 (x - mean) / (M - correction): the mean's own derivative adds nothing."""
    g = with_axes(g, x.shape, axis, keepdims)
    return g * (2.0 / _freedom(x.shape, axis, correction)) * _around_mean(x, axis)


var = Primitive("var", "x", _var)
vjp(var, _var_x)


def _std(x: Any, *, axis: Axis, correction: float, keepdims: bool) -> Any:
    return backends.kernels.sqrt(_var(x, axis=axis, correction=correction, keepdims=keepdims))


def _std_x(g: Any, out: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    """(x - mean) / (out (M - correction)); 0 where out is 0, as in PyTorch."""
    flat = out == 0
    g = where(flat, 0.0, g / (where(flat, 1.0, out) * _freedom(x.shape, axis, correction)))
    return with_axes(g, x.shape, axis, keepdims) * _around_mean(x, axis)


std = Primitive("std", "x", _std)
vjp(std, _std_x)


def _extreme(g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g shared evenly by the elements that reach the extreme (as PyTorch's amax)."""
    g, out = (with_axes(v, tuple(x.shape), axis, keepdims) for v in (g, out))
    hit = astype(x == out, dtype=g.dtype)
    return hit * (g / sum(hit, axis=axis, keepdims=True))


max = Primitive("max", "x")
vjp(max, _extreme)

min = Primitive("min", "x")
vjp(min, _extreme)


def _prod_x(g: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g times the product of the other elements: of those before and of those after each one.

    No division: right where some x are 0.
    """
    shape = tuple(x.shape)
    gone = _axes(axis, len(shape))
    order = (*(i for i in range(len(shape)) if i not in gone), *gone)
    if len(gone) != 1:  # bring the axes together as the last one
        x = permute_dims(x, axes=order)
        x = reshape(x, shape=(*x.shape[: len(shape) - len(gone)], _count(shape, axis)))
    along = gone[0] if len(gone) == 1 else -1
    before = cumulative_prod(x, axis=along, include_initial=True)
    after = cumulative_prod(backwards(x, along), axis=along, include_initial=True)
    others = part(before, along, None, -1) * part(backwards(after, along), along, 1, None)
    if len(gone) != 1:
        others = reshape(others, shape=tuple(shape[i] for i in order))
        others = permute_dims(others, axes=tuple(order.index(i) for i in range(len(shape))))
    return with_axes(g, shape, axis, keepdims) * others


prod = Primitive("prod", "x")
vjp(prod, _prod_x)


def _logsumexp(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    xp = backends.namespace(x)
    if _count(x.shape, axis):
        top = xp.max(x, axis=axis, keepdims=True)
        top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
        total = xp.sum(xp.exp(x - top), axis=axis, keepdims=True)
        out = xp.log(xp.where(total == 0, xp.ones_like(total), total)) + top
        out = xp.where(total == 0, xp.full_like(out, -math.inf), out)
    else:
        out = xp.sum(x, axis=axis, keepdims=True) - math.inf
    if keepdims:
        return out
    gone = _axes(axis, x.ndim)
    return xp.reshape(out, tuple(n for i, n in enumerate(x.shape) if i not in gone))


def _logsumexp_x(g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    g, out = (with_axes(v, tuple(x.shape), axis, keepdims) for v in (g, out))
    return g * exp(x - out)


logsumexp = Primitive("logsumexp", "x", _logsumexp)
vjp(logsumexp, _logsumexp_x)

sum_of_squares = Primitive("sum_of_squares", "x")
vjp(sum_of_squares, lambda g, x: x * (g * 2))


def _sum_to(x: Any, *, shape: Shape) -> Any:
    extra = len(x.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1
    )
    if axes:
        x = backends.kernels.sum(x, axis=axes, keepdims=True)
    return backends.namespace(x).reshape(x, shape)


sum_to = Primitive("sum_to", "x", _sum_to)  # undoes broadcast_to
vjp(sum_to, lambda g, shapes: broadcast_to(g, shape=shapes[0]))
