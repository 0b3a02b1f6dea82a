"""Standardising in NumPy: sums as matrix products, few passes, numbers laid out before use.

Two layouts cover the norms. *Rows*: the statistics run over the last axes and a weight lies along
them (layer and RMS norm). *Channels*: a weight is one number for each stretch of the last axes
(batch, group and instance norm), so all of the backward pass follows from the sums of g and of
g x over each stretch.

Values are centred first only where |mean| is more than a few standard deviations: elsewhere
x a + b with b = -mean a loses no digits, and saves a pass.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import portable
from ..dispatch import only

__all__ = ["mean_square", "moments", "scale_shift", "standardize", "standardize_grad"]

Array = Any
Shape = tuple[int, ...]
_FLOATS = ("float32", "float64")
_PART = 2**18
"""Elements worked on at a time, so that scratch arrays stay small and in cache."""
_LONG = 512
"""From this length on NumPy is as fast with one number for a row as with an array of them."""
_FAR = 4.0
"""Standard deviations between 0 and the mean from which on values are centred first."""


def _parts(rows: int, columns: int) -> list[slice]:
    step = max(1, _PART // max(columns, 1))
    return [slice(i, min(i + step, rows)) for i in range(0, rows, step)]


def _even(x: Array) -> Array:
    """x with its elements in order: the same sums, to the last bit, whatever its layout."""
    return np.ascontiguousarray(x) if x.ndim else x


def _sums(x: Array) -> Array:
    """Over the last axis: a product with ones is three times as fast as a reduction."""
    return x[..., 0] if x.shape[-1] == 1 else x @ np.ones(x.shape[-1], x.dtype)


def _totals(x: Array) -> Array:
    """Over the first axis."""
    return np.ones(len(x), x.dtype) @ x


def _products(x: Array, y: Array) -> Array:
    """The sums of x y over the last axis."""
    return np.vecdot(x, y) if x.shape[-1] >= 16 else _sums(x * y)


def _is_far(mean: Array, r: Array) -> bool:
    return not (np.abs(mean) * r <= _FAR).all()


def _before_stretch(shape: Shape, spread: Shape) -> int:
    """How many axes come before the stretch, if `spread` has a number for each stretch of the last
    axes, the same ones for all samples or not; else 0."""
    if len(spread) != len(shape) or len(shape) < 2 or 0 in shape:
        return 0
    lead = len(shape)
    while lead > 1 and spread[lead - 1] == 1:
        lead -= 1
    fits = spread[1:lead] == shape[1:lead] and spread[0] in (1, shape[0])
    return lead if fits else 0


def _are_rows(shape: Shape, axes: Shape, spread: Shape) -> bool:
    first = axes[0]
    last_axes = axes == tuple(range(first, len(shape)))
    return 0 not in shape and last_axes and spread == (1,) * first + shape[first:]


# ------------------------------------------------------------------------- statistics


@only(*_FLOATS)
def moments(x: Array, /, axes: Shape) -> tuple[Array, Array]:
    x, kept = _even(x), tuple([1 if a in axes else n for a, n in enumerate(x.shape)])
    if x.size and axes == tuple(range(axes[0], x.ndim)):
        mean, var = _of_rows(x.reshape(math.prod(x.shape[: axes[0]]), -1))
    elif x.size and axes == (0, *range(2, x.ndim)):
        mean, var = _of_channels(x.reshape(len(x), x.shape[1], -1))
    else:
        return portable.moments(x, axes)
    return mean.reshape(kept), var.reshape(kept)


def _of_rows(x: Array) -> tuple[Array, Array]:
    """mean(x²) - mean(x)² in one pass, and again from x - mean where that would lose digits."""
    n, mean, var = x.shape[1], np.empty(len(x), x.dtype), np.empty(len(x), x.dtype)
    for rows in _parts(*x.shape):
        part = x[rows]
        m = _sums(part) / n
        v = _products(part, part) / n - m * m
        if not (m * m <= _FAR * v).all():
            part = part - m[:, None]
            d = _sums(part) / n
            v = _products(part, part) / n - d * d
            m += d
        mean[rows], var[rows] = m, np.maximum(v, 0)
    return mean, var


def _of_channels(x: Array) -> tuple[Array, Array]:
    """As `_of_rows`: from sums of x and x², and again from x - mean where those lose digits."""
    mean, var = _about(x, None)
    if not (mean * mean <= _FAR * var).all():
        mean, var = _about(x, mean.astype(x.dtype))
    return mean.astype(x.dtype), var.astype(x.dtype)


def _about(x: Array, k: Array | None) -> tuple[Array, Array]:
    """Each channel's mean and variance, in float64, from sums of d = x - k and of d²."""
    samples, channels, size = x.shape
    flat, wide = x.reshape(samples, -1), None if k is None else _wide(k[None], size)
    once, twice = np.zeros(channels), np.zeros(channels)
    for some in _parts(samples, channels * size):
        d = flat[some] if wide is None else _under(flat[some], wide) - wide
        if size < 16:
            flat_sums = [_totals(v.reshape(len(d), -1)) for v in (d, np.multiply(d, d))]
            once += flat_sums[0].reshape(channels, size).sum(axis=1)
            twice += flat_sums[1].reshape(channels, size).sum(axis=1)
        else:
            d = d.reshape(-1, channels, size)
            once += _totals(_sums(d))
            twice += _totals(np.vecdot(d, d))
    n = samples * size
    once /= n
    var = np.maximum(twice / n - once * once, 0)
    return once if k is None else k + once, var


@only(*_FLOATS)
def mean_square(x: Array, /, axes: Shape) -> Array:
    if axes != tuple(range(axes[0], x.ndim)) or not x.size:
        return portable.mean_square(x, axes)
    lead = x.shape[: axes[0]]
    rows = _even(x).reshape(math.prod(lead), -1)
    return (_products(rows, rows) / rows.shape[1]).reshape(*lead, *[1] * len(axes))


# ------------------------------------------------------------------------- channels


def _wide(v: Array, size: int) -> Array:
    """(samples or 1, channels) numbers in a form to lay over (samples, channels, size) values."""
    if size == 1:
        return v
    if size >= _LONG:
        return v[:, :, None]
    out = np.empty((*v.shape, size), v.dtype)
    out[...] = v[:, :, None]
    return out.reshape(len(v), -1)


def _under(x: Array, wide: Array) -> Array:
    """Some samples' values (samples, channels x size) in the shape that `wide` lies over."""
    return x if wide.ndim == 2 else x.reshape(len(x), wide.shape[1], -1)


class _Numbers:
    """Numbers for each channel (of each sample), wide for the part that is worked on."""

    def __init__(self, v: Array, size: int) -> None:
        self.v, self.size = v, size
        self.same = _wide(v, size) if len(v) == 1 else None

    def of(self, some: slice) -> Array:
        return _wide(self.v[some], self.size) if self.same is None else self.same


def _map(out: Array, size: int, *terms: tuple[Array, Array], shift: Array) -> None:
    """out <- sum of x scale, plus shift, for terms (x, scale): a pass for each operation."""
    flat = out.reshape(len(out), -1)
    moved = _Numbers(shift, size)
    factors = [(x.reshape(flat.shape), _Numbers(v, size)) for x, v in terms]
    for some in _parts(*flat.shape):
        wide = moved.of(some)
        o = _under(flat[some], wide)
        for i, (x, numbers) in enumerate(factors):
            if i == 0:
                np.multiply(_under(x[some], wide), numbers.of(some), out=o)
                o += wide
            else:
                o += _under(x[some], wide) * numbers.of(some)


@only(*_FLOATS)
def scale_shift(x: Array, scale: Array, shift: Array, /) -> Array:
    lead = _before_stretch(x.shape, scale.shape)
    if not lead or scale.shape != shift.shape or not x.dtype == scale.dtype == shift.dtype:
        return portable.scale_shift(x, scale, shift)
    out = np.empty(x.shape, x.dtype)
    scale, shift = scale.reshape(len(scale), -1), shift.reshape(len(shift), -1)
    _map(out, math.prod(x.shape[lead:]), (x, scale), shift=shift)
    return out


@only(*_FLOATS)
def standardize(
    x: Array, mean: Array | None, var: Array, weight: Array | None, bias: Array | None, /,
    axes: Shape, spread: Shape, eps: float,
) -> Array:  # fmt: skip
    x, r = _even(x), 1.0 / np.sqrt(var + eps)
    if _are_rows(x.shape, axes, spread):
        return _rows(x, mean, r, weight, bias, math.prod(spread))
    if mean is None or not _before_stretch(x.shape, spread):
        return portable.standardize(x, mean, var, weight, bias, axes, spread, eps)
    far, scale, shift = _affine(mean, r, weight, bias, spread)
    return scale_shift(x - mean if far else x, scale, shift)


def _affine(
    mean: Array, r: Array, weight: Array | None, bias: Array | None, spread: Shape
) -> tuple[bool, Array, Array]:
    """Whether values are to be centred first; and what to multiply them by and to add then."""
    far = _is_far(mean, r)
    scale = r if weight is None else r * weight.reshape(spread)
    shift = -(np.zeros_like(mean) if far else mean) * scale
    if bias is not None:
        shift = shift + bias.reshape(spread)
    if scale.shape != shift.shape:
        scale, shift = np.broadcast_arrays(scale, shift)
    return far, scale, shift


@only(*_FLOATS)
def standardize_grad(
    g: Array, x: Array, mean: Array | None, var: Array, weight: Array | None, /,
    axes: Shape, spread: Shape, eps: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    g, x, r = _even(g), _even(x), 1.0 / np.sqrt(var + eps)
    if _are_rows(x.shape, axes, spread):
        dx, by_weight, by_bias = _rows_grad(g, x, mean, r, weight, math.prod(spread))
        return dx, by_weight.reshape(spread), by_bias.reshape(spread)
    lead = _before_stretch(x.shape, spread)
    if mean is None or not lead or spread[0] != 1 or math.prod(var.shape[lead:]) != 1:
        return portable.standardize_grad(g, x, mean, var, weight, axes, spread, eps)
    if _is_far(mean, r):
        x, mean = x - mean, np.zeros_like(mean)
    (a, b, c), by_weight, by_bias = _slopes(g, x, mean, r, weight, axes, lead)
    dx = np.empty(x.shape, x.dtype)
    _map(dx, math.prod(x.shape[lead:]), (x, b), (g, a), shift=c)
    return dx, by_weight.reshape(spread), by_bias.reshape(spread)


def _slopes(
    g: Array, x: Array, mean: Array, r: Array, weight: Array | None, axes: Shape, lead: int
) -> tuple[tuple[Array, Array, Array], Array, Array]:
    """The gradient is g a + x b + c: the numbers for each stretch (of each sample), and the
    gradients by weight and bias."""
    w = 1.0 if weight is None else weight.reshape(1, *x.shape[1:lead])
    mean, r = mean.reshape(mean.shape[:lead]), r.reshape(r.shape[:lead])
    n = math.prod(x.shape[a] for a in axes)
    if mean.size == x.shape[1] and axes[0] == 0:  # batch norm
        of_g, of_gx = _stretch_sums(g, x, lead, together=True)
        by_bias, by_weight = of_g, (of_gx - mean * of_g) * r
        h, hz = by_bias * w, by_weight * w
    else:
        of_g, of_gx = _stretch_sums(g, x, lead, together=False)
        of_gz = (of_gx - mean * of_g) * r
        by_bias, by_weight = of_g.sum(axis=0), of_gz.sum(axis=0)
        groups = tuple(a for a in axes if a < lead)
        h, hz = (np.sum(v * w, axis=groups, keepdims=True) for v in (of_g, of_gz))
    of_x = r * r * hz * (-1.0 / n)
    constant = r * h * (-1.0 / n) - mean * of_x
    shape = (len(r), *x.shape[1:lead])
    a, b, c = (np.broadcast_to(v, shape).reshape(len(r), -1) for v in (r * w, of_x, constant))
    return (a, b, c), by_weight, by_bias


def _stretch_sums(g: Array, x: Array, lead: int, together: bool) -> tuple[Array, Array]:
    """The sums of g and of g x over each stretch, and if together over the samples."""
    shape = (1, *x.shape[1:lead]) if together else x.shape[:lead]
    size = math.prod(x.shape[lead:])
    g, x = (v.reshape(len(v), -1, size) for v in (g, x))
    once, twice = (np.zeros((shape[0], g.shape[1]), x.dtype) for _ in range(2))
    for some in _parts(len(x), g.shape[1] * size):
        of_g, of_gx = _sums(g[some]), _products(g[some], x[some])
        if together:
            once += _totals(of_g)
            twice += _totals(of_gx)
        else:
            once[some], twice[some] = of_g, of_gx
    return once.reshape(shape), twice.reshape(shape)


# ------------------------------------------------------------------------------- rows


def _lay(left: Array, along: Array, more: Array, also: Array, out: Array) -> None:
    """out <- left alongᵀ + more alsoᵀ. A product of thin matrices is twice as fast as NumPy's loop
    over short rows (and with two columns BLAS does it, with one NumPy)."""
    np.matmul(np.stack([left, more], axis=1), np.stack([along, also]), out=out)


def _rows(
    x: Array, mean: Array | None, r: Array, weight: Array | None, bias: Array | None, n: int
) -> Array:
    """x a + b with a = r ⊗ weight and b = -mean r ⊗ weight + 1 ⊗ bias."""
    if mean is not None and _is_far(mean, r):
        x, mean = x - mean, None
    result = np.empty(x.shape, x.dtype)
    x, out, r = x.reshape(-1, n), result.reshape(-1, n), r.reshape(-1)
    w = np.ones(n, x.dtype) if weight is None else weight.reshape(-1)
    zeros, nothing = np.zeros_like(r), np.zeros(n, x.dtype)
    minus = zeros if mean is None else mean.reshape(-1) * -r
    shift = nothing if bias is None else bias.reshape(-1)
    shifted = mean is not None or bias is not None
    ones = np.ones_like(r)
    for rows in _parts(*x.shape):
        o = out[rows]
        _lay(r[rows], w, zeros[rows], nothing, o)
        o *= x[rows]
        if shifted:
            b = np.empty_like(o)
            _lay(minus[rows], w, ones[rows], shift, b)
            o += b
    return result


def _rows_grad(
    g: Array, x: Array, mean: Array | None, r: Array, weight: Array | None, n: int
) -> tuple[Array, Array, Array]:
    """With h = g weight and z = (x - mean) r: r h - r z mean(h z) - r mean(h)."""
    centred = mean is not None
    if mean is not None and _is_far(mean, r):
        x, mean = x - mean, None
    dx = np.empty(x.shape, x.dtype)
    g, x, out, r = g.reshape(-1, n), x.reshape(-1, n), dx.reshape(-1, n), r.reshape(-1)
    w = np.ones(n, x.dtype) if weight is None else weight.reshape(-1)
    m, nothing, none = (
        None if mean is None else mean.reshape(-1),
        np.zeros_like(r),
        np.zeros_like(w),
    )
    by_weight, by_bias = np.zeros_like(w), np.zeros_like(w)
    for rows in _parts(*x.shape):
        gs, xs, o, rs = g[rows], x[rows], out[rows], r[rows]
        np.multiply(gs, xs, out=o)
        by_weight += rs @ o
        by_bias += _totals(gs)
        hx, h = o @ w, gs @ w
        if m is not None:
            by_weight -= (rs * m[rows]) @ gs
            hx -= m[rows] * h
        of_x = hx * rs * rs * rs * (-1.0 / n)
        constant = h * rs * (-1.0 / n) if centred else nothing[rows]
        if m is not None:
            constant = constant - m[rows] * of_x
        _lay(rs, w, nothing[rows], none, o)
        o *= gs
        o += xs * of_x[:, None]
        if centred:
            o += constant[:, None]
    return dx, by_weight, by_bias
