"""Standardising over axes: the arithmetic of batch, layer, group, instance and RMS norm."""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp, vjp_joint
from . import reductions
from .elementwise import sqrt
from .reductions import sum_to
from .shapes import broadcast_to, reshape

__all__ = ["mean_square", "moments", "scale_shift", "standardize", "standardize_grad"]

Shape = tuple[int, ...]

# Statistics, for `standardize`, whose rule accounts for how they depend on x. They have none of
# their own, and so leave nothing in the graph.
moments = Primitive("moments", "x", outputs=2)
mean_square = Primitive("mean_square", "x")

scale_shift = Primitive("scale_shift", "x scale shift")
vjp(scale_shift, lambda g, scale: g * scale, lambda g, x: g * x, lambda g: g)

# (x - mean) / sqrt(var + eps) weight + bias, mean and var being those of x over the axes. The
# gradient by x is the whole one: what x does through its mean and var counts in it.
standardize = Primitive("standardize", "x mean var weight bias")
standardize_grad = Primitive("standardize_grad", "g x mean var weight", outputs=3)


def _standardize_inputs(
    g: Any, x: Any, mean: Any, var: Any, weight: Any, shapes: Any,
    axes: Shape, spread: Shape, eps: float,
) -> tuple[Any, ...]:  # fmt: skip
    """`shapes` is () where there is no weight or bias: a bare number is neither."""
    by_x, by_weight, by_bias = standardize_grad(
        g, x, mean, var, weight, axes=axes, spread=spread, eps=eps
    )
    of_weight, of_bias = shapes[3:]
    by_weight = reshape(by_weight, shape=of_weight) if of_weight else None
    return by_x, None, None, by_weight, reshape(by_bias, shape=of_bias) if of_bias else None


vjp_joint(standardize, _standardize_inputs)


def _standardize_grad_inputs(
    gs: Any, g: Any, x: Any, mean: Any, weight: Any, shapes: Any,
    axes: Shape, spread: Shape, eps: float,
) -> tuple[Any, ...]:  # fmt: skip
    """With P(q) = r (q - mean(q) - z mean(q z)), the Jacobian of z by x, which is symmetric, the
    three outputs are P(h), sum(g z), sum(g) for h = g weight. Against v, u, t they make

        L = n r (mean(v h) - mean(v) mean(h) - mean(v z) mean(h z)) + sum(u g z) + sum(t g),

    and as dr = -r² mean(z dx) and dz = P(dx),

        dL/dh = P(v),    dL/dg = P(v) weight + u z + t,
        dL/dx = P(u g - r mean(h z) v - r mean(v z) h)
                - r² z (mean(v h) - mean(v) mean(h) - mean(v z) mean(h z)).

    Mean and r are taken from x anew: derivatives of higher order see through them.
    """
    v, u, t = gs
    full = tuple(x.shape)

    def average(q: Any) -> Any:
        return reductions.mean(q, axis=axes, keepdims=True)

    centred = x if mean is None else x - average(x)
    r = 1.0 / sqrt(average(centred * centred) + eps)
    z = centred * r
    w = 1.0 if weight is None else reshape(weight, shape=spread)

    def project(q: Any) -> Any:
        q = q - z * average(q * z)
        return (q if mean is None else q - average(q)) * r

    by_g = by_x = by_weight = None
    if v is not None:
        h, pv = g * w, project(v)
        vz, hz = average(v * z), average(h * z)
        rest = average(v * h) - vz * hz
        if mean is not None:
            rest = rest - average(v) * average(h)
        by_g = pv * w
        by_x = project((v * hz + h * vz) * -r) - z * (rest * (r * r))
        if weight is not None:
            by_weight = reshape(sum_to(pv * g, shape=spread), shape=shapes[4])
    if u is not None:
        through_z = project(g * u)
        by_g = z * u if by_g is None else by_g + z * u
        by_x = through_z if by_x is None else by_x + through_z
    if t is not None:
        t = broadcast_to(t, shape=full)
        by_g = t if by_g is None else by_g + t
    return by_g, by_x, None, None, by_weight


vjp_joint(standardize_grad, _standardize_grad_inputs)
