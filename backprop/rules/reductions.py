"""Reductions over axes, and their transposes."""

from __future__ import annotations

import math
from typing import Any

import backends

from ..primitive import Primitive
from ..rule import vjp
from .elementwise import astype, exp
from .shapes import broadcast_to, reshape

__all__ = ["argmax", "argmin", "logsumexp", "max", "mean", "min", "sum", "sum_of_squares", "sum_to"]

Axis = int | tuple[int, ...] | None


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def _kept(shape: tuple[int, ...], axis: Axis) -> tuple[int, ...]:
    """The shape after a reduction with keepdims."""
    gone = _axes(axis, len(shape))
    return tuple(1 if i in gone else n for i, n in enumerate(shape))


def _spread(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """What a reduction took in, out of what it gave: each element gets the gradient of its sum."""
    if not keepdims:
        g = reshape(g, shape=_kept(shape, axis))
    return broadcast_to(g, shape=shape)


sum = Primitive("sum", "x")
vjp(sum, lambda g, shapes, axis, keepdims: _spread(g, shapes[0], axis, keepdims))


def _mean(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    return backends.kernels.sum(x, axis=axis, keepdims=keepdims) * (1.0 / _count(x.shape, axis))


def _count(shape: tuple[int, ...], axis: Axis) -> float:
    return math.prod(shape[a] for a in _axes(axis, len(shape))) or math.nan


mean = Primitive("mean", "x", _mean)
vjp(
    mean,
    lambda g, shapes, axis, keepdims: _spread(
        g * (1.0 / _count(shapes[0], axis)), shapes[0], axis, keepdims
    ),
)


def _extreme(g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """g shared evenly by the elements that reach the extreme (as PyTorch's amax)."""
    if not keepdims:
        kept = _kept(tuple(x.shape), axis)
        g, out = reshape(g, shape=kept), reshape(out, shape=kept)
    hit = astype(x == out, dtype=g.dtype)
    return hit * (g / sum(hit, axis=axis, keepdims=True))


max = Primitive("max", "x")
vjp(max, _extreme)

min = Primitive("min", "x")
vjp(min, _extreme)


def _logsumexp(x: Any, *, axis: Axis, keepdims: bool) -> Any:
    xp = backends.namespace(x)
    top = xp.max(x, axis=axis, keepdims=True)
    top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))
    out = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else xp.reshape(out, xp.sum(x, axis=axis).shape)


def _logsumexp_x(g: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    if not keepdims:
        kept = _kept(tuple(x.shape), axis)
        g, out = reshape(g, shape=kept), reshape(out, shape=kept)
    return g * exp(x - out)


logsumexp = Primitive("logsumexp", "x", _logsumexp)
vjp(logsumexp, _logsumexp_x)

sum_of_squares = Primitive("sum_of_squares", "x")
vjp(sum_of_squares, lambda g, x: x * (g * 2))


def _sum_to(x: Any, *, shape: tuple[int, ...]) -> Any:
    extra = len(x.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        i + extra for i, n in enumerate(shape) if n == 1 and x.shape[i + extra] != 1
    )
    if axes:
        x = backends.kernels.sum(x, axis=axes, keepdims=True)
    return backends.namespace(x).reshape(x, shape)


sum_to = Primitive("sum_to", "x", _sum_to, views=True)  # undoes broadcast_to
vjp(sum_to, lambda g, shapes: broadcast_to(g, shape=shapes[0]))

# No derivative: the results are indices.
argmax = Primitive("argmax", "x")
argmin = Primitive("argmin", "x")
