"""Standardising: values less their mean, in units of their standard deviation.

One family serves batch, layer, group, instance and RMS norm. They differ in the axes that the
statistics run over, and in `spread`: the shape in which a weight lies over the values.
"""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import writes
from ..registry import namespace

__all__ = [
    "mean_square", "moments", "move_towards", "scale_shift", "standardize", "standardize_grad",
]  # fmt: skip

Array = Any
Shape = tuple[int, ...]


def moments(x: Array, /, axes: Shape) -> tuple[Array, Array]:
    """(mean, mean squared distance from it) over the axes, which are kept with size 1."""
    xp = namespace(x)
    mean = xp.mean(x, axis=axes, keepdims=True)
    far = x - mean
    off = xp.mean(far, axis=axes, keepdims=True)  # what rounding made the mean of large x miss
    return mean + off, xp.mean(far * far, axis=axes, keepdims=True) - off * off


def mean_square(x: Array, /, axes: Shape) -> Array:
    """The mean of x² over the axes, which are kept with size 1."""
    return namespace(x).mean(x * x, axis=axes, keepdims=True)


@writes("running")
def move_towards(running: Array, value: Array, /, momentum: Any, factor: float) -> None:
    """running <- (1 - momentum) running + momentum factor value, in place; of one size."""
    value = namespace(running).reshape(value, running.shape)
    running[...] = running * (1 - momentum) + value * (momentum * factor)


def scale_shift(x: Array, scale: Array, shift: Array, /) -> Array:
    """x scale + shift, both broadcast to x."""
    return x * scale + shift


def standardize(
    x: Array, mean: Array | None, var: Array, weight: Array | None, bias: Array | None, /,
    axes: Shape, spread: Shape, eps: float,
) -> Array:  # fmt: skip
    """(x - mean) / sqrt(var + eps) weight + bias. No mean: x is not centred (RMS norm).

    `mean` and `var` have x's shape with the axes of size 1; `weight` and `bias` are laid over x in
    the shape `spread`.
    """
    xp = namespace(x)
    out = (x if mean is None else x - mean) / xp.sqrt(var + eps)
    if weight is not None:
        out = out * xp.reshape(weight, spread)
    return out if bias is None else out + xp.reshape(bias, spread)


def standardize_grad(
    g: Array, x: Array, mean: Array | None, var: Array, weight: Array | None, /,
    axes: Shape, spread: Shape, eps: float,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The gradients of `standardize` by x, by the weight and by the bias (in the shape `spread`),
    where mean and var are those of x over the axes.

    With r = 1 / sqrt(var + eps), z = (x - mean) r and h = g weight:

        r (h - mean(h) - z mean(h z)),    sum g z,    sum g

    and without the mean(h) where x is not centred.
    """
    xp = namespace(g)
    r = 1.0 / xp.sqrt(var + eps)
    z = (x if mean is None else x - mean) * r
    h = g if weight is None else g * xp.reshape(weight, spread)
    count = max(math.prod(x.shape[a] for a in axes), 1)
    dx = h - z * (xp.sum(h * z, axis=axes, keepdims=True) / count)
    if mean is not None:
        dx = dx - xp.sum(h, axis=axes, keepdims=True) / count
    over = tuple(i for i, n in enumerate(spread) if n == 1)
    by_weight = xp.sum(g * z, axis=over, keepdims=True)
    return dx * r, by_weight, xp.sum(g, axis=over, keepdims=True)
