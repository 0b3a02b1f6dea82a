"""Standardising on a GPU: a block of threads to each set of values that shares its statistics."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, THREADS, Source, override

Array = Any
Shape = tuple[int, ...]
_code = Source(__file__)
__all__ = ["mean_square", "moments", "standardize", "standardize_grad"]

_BLOCKS = 1024
_COLUMNS = 2**16
"""Blocks, or threads, that keep a GPU busy: sums for fewer weights are cut into parts."""


class _Sets(NamedTuple):
    """Numbers laid over values: each serves `per` neighbours, `sets` of them before they repeat.

    Number s has the values (k // per · sets + s) · per + k % per, for k < n.
    """

    per: int
    sets: int
    n: int


def _sets(shape: Shape, kept: Shape) -> _Sets | None:
    """How numbers of shape `kept` lie over values of `shape`, if the axes that they have (size not
    1) are neighbours and are whole; else None."""
    have = [a for a, n in enumerate(kept) if n != 1]
    fits = len(kept) == len(shape) and all(kept[a] == shape[a] for a in have)
    size = math.prod(shape)
    if not fits or not size:
        return None
    if not have:
        return _Sets(size, 1, size)
    between = [a for a in range(have[0], have[-1] + 1) if shape[a] != 1]
    if between != have:
        return None
    sets = math.prod(kept)
    return _Sets(math.prod(shape[have[-1] + 1 :]), sets, size // sets)


def _kept(shape: Shape, axes: Shape) -> Shape:
    return tuple([1 if a in axes else n for a, n in enumerate(shape)])


def _whole(*numbers: int) -> list[Any]:
    return [np.int64(n) for n in numbers]


def _given(a: Array | None) -> Any:
    """The array in order; None, a null pointer, stays."""
    return None if a is None else cupy.ascontiguousarray(a)


@override(*FLOATS)
def moments(x: Array, /, axes: Shape) -> tuple[Array, Array]:
    kept = _kept(x.shape, axes)
    lay = _sets(x.shape, kept)
    if lay is None:
        return portable.moments(x, axes)
    mean, var = cupy.empty(kept, x.dtype), cupy.empty(kept, x.dtype)
    lengths = _whole(lay.sets, lay.per)
    _code.rows("moments", x, lay.sets, lay.n, cupy.ascontiguousarray(x), mean, var, *lengths)
    return mean, var


@override(*FLOATS)
def mean_square(x: Array, /, axes: Shape) -> Array:
    kept = _kept(x.shape, axes)
    if not x.size or axes != tuple(range(axes[0], x.ndim)):
        return portable.mean_square(x, axes)
    out = cupy.empty(kept, x.dtype)
    _code.rows("mean_square", x, out.size, x.size // out.size, cupy.ascontiguousarray(x), out)
    return out


def _layouts(x: Array, axes: Shape, spread: Shape, *others: Array | None) -> Any:
    """How the statistics and the weights lie over x, if the CUDA code covers it."""
    alike = all(a is None or a.dtype == x.dtype for a in others)
    return (_sets(x.shape, _kept(x.shape, axes)), _sets(x.shape, spread)) if alike else (None, None)


@override(*FLOATS)
def standardize(
    x: Array, mean: Array | None, var: Array, weight: Array | None, bias: Array | None, /,
    axes: Shape, spread: Shape, eps: float,
) -> Array:  # fmt: skip
    lay, w_lay = _layouts(x, axes, spread, mean, var, weight, bias)
    if lay is None or w_lay is None:
        return portable.standardize(x, mean, var, weight, bias, axes, spread, eps)
    out = cupy.empty(x.shape, x.dtype)
    arrays = [_given(a) for a in (x, mean, var, weight, bias)]
    lengths = _whole(x.size, lay.per, lay.sets, w_lay.per, w_lay.sets)
    _code.each("standardize", x.dtype.char, x.size, *arrays, out, *lengths, np.float64(eps))
    return out


@override(*FLOATS)
def standardize_grad(
    g: Array, x: Array, mean: Array | None, var: Array, weight: Array | None, /,
    axes: Shape, spread: Shape, eps: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    lay, w_lay = _layouts(x, axes, spread, g, mean, var, weight)
    if lay is None or w_lay is None or g.shape != x.shape:
        return portable.standardize_grad(g, x, mean, var, weight, axes, spread, eps)
    g, x, mean, var, weight = (_given(a) for a in (g, x, mean, var, weight))
    small = np.float64(eps)
    of_h, of_hz = cupy.empty((lay.sets,), x.dtype), cupy.empty((lay.sets,), x.dtype)
    _code.rows(
        "standardize_sums", x, lay.sets, lay.n, g, x, mean, var, weight, of_h, of_hz,
        *_whole(lay.sets, lay.per, w_lay.per, w_lay.sets), small,
    )  # fmt: skip
    dx = cupy.empty(x.shape, x.dtype)
    lengths = _whole(x.size, lay.per, lay.sets, w_lay.per, w_lay.sets)
    _code.each(
        "standardize_slopes", x.dtype.char, x.size, g, x, mean, var, weight, of_h, of_hz, dx,
        *lengths, small,
    )  # fmt: skip
    return dx, *_weight_sums(g, x, mean, var, lay, w_lay, spread, small)


def _weight_sums(
    g: Array, x: Array, mean: Array | None, var: Array,
    lay: _Sets, w_lay: _Sets, spread: Shape, eps: Any,
) -> tuple[Array, Array]:  # fmt: skip
    """The gradients by weight and bias, summed part by part, and then over the parts."""
    near = w_lay.per >= 32  # neighbouring elements share their weight
    each = THREADS if near else 32
    parts = min(-(-(_BLOCKS if near else _COLUMNS) // w_lay.sets), -(-w_lay.n // each))
    of_gz, of_g = (cupy.empty((w_lay.sets, parts), x.dtype) for _ in range(2))
    arrays, lengths = (g, x, mean, var, of_gz, of_g), _whole(*lay[:2], *w_lay[:2], parts)
    if near:
        _code.rows("standardize_weights", x, of_g.size, w_lay.n, *arrays, *lengths, eps)
    else:
        char, count = x.dtype.char, np.int64(of_g.size)
        rest = count, *lengths, np.int64(w_lay.n), eps
        _code.each("standardize_columns", char, of_g.size, *arrays, *rest)
    by_weight, by_bias = (cupy.sum(v, axis=1).reshape(spread) for v in (of_gz, of_g))
    return by_weight, by_bias
