"""The optimizers' steps, in place. p, g and the state are flat buffers (an arena's), so that one
call updates a whole model.

Everywhere `maximize` turns the gradient round first, and weight decay adds weight_decay p to it
(decoupled, p shrinks by lr weight_decay instead).
"""

from __future__ import annotations

import math
from typing import Any

from ..dispatch import writes
from ..registry import namespace
from .elementwise import clip

__all__ = [
    "adadelta_step",
    "adagrad_step",
    "adam_step",
    "adamax_step",
    "asgd_step",
    "average_step",
    "lion_step",
    "muon_step",
    "nadam_step",
    "orthogonalize",
    "radam_step",
    "rmsprop_step",
    "rprop_step",
    "sgd_step",
]

Array = Any


def _direction(p: Array, g: Array, weight_decay: float, maximize: bool) -> Array:
    g = -g if maximize else g
    return g + p * weight_decay if weight_decay else g


def _decayed(
    p: Array, g: Array, lr: float, weight_decay: float, decoupled: bool, maximize: bool
) -> Array:
    """The direction; decoupled, p shrinks."""
    if not decoupled:
        return _direction(p, g, weight_decay, maximize)
    if weight_decay:
        p[...] = p * (1.0 - lr * weight_decay)
    return _direction(p, g, 0.0, maximize)


def _average(old: Array, new: Array, beta: float) -> None:
    old[...] = old * beta + new * (1.0 - beta)


@writes("p", "momentum_buffer")
def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
    maximize: bool,
) -> None:  # fmt: skip
    """p -= lr d, d the gradient or its running sum m <- momentum m + (1 - dampening) g."""
    d = _direction(p, g, weight_decay, maximize)
    if momentum_buffer is not None:
        momentum_buffer[...] = momentum_buffer * momentum + d * (1.0 - dampening)
        d = d + momentum_buffer * momentum if nesterov else momentum_buffer
    p[...] = p - d * lr


@writes("p", "mean", "square", "largest")
def adam_step(
    p: Array, g: Array, mean: Array, square: Array, largest: Array | None, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr (mean / correction1) / (sqrt(square / correction2) + eps), both averages moved.

    With `largest`, the largest value that square ever had takes its place (AMSGrad).
    """
    g = _decayed(p, g, lr, weight_decay, decoupled, maximize)
    _average(mean, g, beta1)
    _average(square, g * g, beta2)
    if largest is not None:
        largest[...] = namespace(p).maximum(largest, square)
        square = largest
    root = namespace(p).sqrt(square) / math.sqrt(correction2) + eps
    p[...] = p - mean / root * (lr / correction1)


@writes("p", "mean", "square")
def nadam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    of_gradient: float, of_mean: float, correction2: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr (of_gradient g + of_mean mean) / (sqrt(square / correction2) + eps)."""
    g = _decayed(p, g, lr, weight_decay, decoupled, maximize)
    _average(mean, g, beta1)
    _average(square, g * g, beta2)
    root = namespace(p).sqrt(square) / math.sqrt(correction2) + eps
    p[...] = p - (g * of_gradient + mean * of_mean) / root * lr


@writes("p", "mean", "square")
def radam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    scale: float, adaptive: bool, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr scale mean / (sqrt(square) + eps), or without the quotient where not adaptive."""
    g = _decayed(p, g, lr, weight_decay, decoupled, maximize)
    _average(mean, g, beta1)
    _average(square, g * g, beta2)
    d = mean / (namespace(p).sqrt(square) + eps) if adaptive else mean
    p[...] = p - d * (lr * scale)


@writes("p", "mean", "largest")
def adamax_step(
    p: Array, g: Array, mean: Array, largest: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, correction1: float,
    maximize: bool,
) -> None:  # fmt: skip
    """p -= lr (mean / correction1) / largest, largest <- max(beta2 largest, |g| + eps)."""
    xp = namespace(p)
    g = _direction(p, g, weight_decay, maximize)
    _average(mean, g, beta1)
    largest[...] = xp.maximum(largest * beta2, xp.abs(g) + eps)
    p[...] = p - mean / largest * (lr / correction1)


@writes("p", "mean")
def lion_step(
    p: Array, g: Array, mean: Array, /, *,
    lr: float, beta1: float, beta2: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr sign(beta1 mean + (1 - beta1) g), p shrunk; then mean moves by beta2."""
    g = _decayed(p, g, lr, weight_decay, True, maximize)
    p[...] = p - namespace(p).sign(mean * beta1 + g * (1.0 - beta1)) * lr
    _average(mean, g, beta2)


@writes("p", "square", "average", "buffer")
def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr g / (sqrt(square [- average²]) + eps), through a momentum buffer if there is one."""
    g = _direction(p, g, weight_decay, maximize)
    _average(square, g * g, alpha)
    variance = square
    if average is not None:
        _average(average, g, alpha)
        variance = square - average * average
    d = g / (namespace(p).sqrt(variance) + eps)
    if buffer is not None:
        buffer[...] = buffer * momentum + d
        d = buffer
    p[...] = p - d * lr


@writes("p", "total")
def adagrad_step(
    p: Array, g: Array, total: Array, /, *,
    lr: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr g / (sqrt(total) + eps), total the sum of all g² so far."""
    g = _direction(p, g, weight_decay, maximize)
    total[...] = total + g * g
    p[...] = p - g / (namespace(p).sqrt(total) + eps) * lr


@writes("p", "square", "moved")
def adadelta_step(
    p: Array, g: Array, square: Array, moved: Array, /, *,
    lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= lr d, d = sqrt(moved + eps) / sqrt(square + eps) g, moved the running mean of d²."""
    xp = namespace(p)
    g = _direction(p, g, weight_decay, maximize)
    _average(square, g * g, rho)
    d = xp.sqrt(moved + eps) / xp.sqrt(square + eps) * g
    _average(moved, d * d, rho)
    p[...] = p - d * lr


@writes("p", "average")
def asgd_step(
    p: Array, g: Array, average: Array, /, *,
    eta: float, lambd: float, mu: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    """p <- (1 - lambd eta) p - eta g, then average += mu (p - average)."""
    g = _direction(p, g, weight_decay, maximize)
    p[...] = p * (1.0 - lambd * eta) - g * eta
    average[...] = p if mu == 1.0 else average + (p - average) * mu


@writes("p", "previous", "size")
def rprop_step(
    p: Array, g: Array, previous: Array, size: Array, /, *,
    shrink: float, grow: float, smallest: float, largest: float, maximize: bool,
) -> None:  # fmt: skip
    """p -= size sign(g); size grows while g keeps its sign, and shrinks when that turns.

    Where it turned p stays, and 0 is kept as the previous gradient.
    """
    xp = namespace(p)
    g = _direction(p, g, 0.0, maximize)
    product = g * previous
    turned = product < 0
    changed = xp.where(product > 0, size * grow, xp.where(turned, size * shrink, size))
    size[...] = clip(changed, smallest, largest)
    previous[...] = xp.where(turned, xp.zeros_like(g), g)
    p[...] = p - xp.sign(previous) * size


def orthogonalize(
    x: Array, /, *, coefficients: tuple[float, float, float], steps: int, eps: float
) -> Array:
    """A matrix with about the singular vectors of x and singular values near 1 (Newton-Schulz).

    X <- a X + (b X Xᵀ + c (X Xᵀ)²) X, from x over its Frobenius norm (at least eps).
    """
    xp = namespace(x)
    a, b, c = coefficients
    tall = x.shape[0] > x.shape[1]
    y = x.T if tall else x
    y = y / xp.maximum(xp.linalg.vector_norm(y), xp.asarray(eps, dtype=x.dtype, device=x.device))
    for _ in range(steps):
        gram = y @ y.T
        y = y * a + (gram * b + gram @ gram.T * c) @ y  # x @ x.T, which libraries halve the work of
    return y.T if tall else y


@writes("p", "momentum_buffer")
def muon_step(
    p: Array, g: Array, momentum_buffer: Array, /, *,
    lr: float, weight_decay: float, momentum: float, nesterov: bool,
    coefficients: tuple[float, float, float], steps: int, eps: float, ratio: float,
) -> None:  # fmt: skip
    """p <- (1 - lr weight_decay) p - lr ratio O, O the running mean of g made orthogonal.

    All are matrices.
    """
    _average(momentum_buffer, g, momentum)
    d = g * (1.0 - momentum) + momentum_buffer * momentum if nesterov else momentum_buffer
    d = orthogonalize(d, coefficients=coefficients, steps=steps, eps=eps)
    p[...] = p * (1.0 - lr * weight_decay) - d * (lr * ratio)


@writes("average")
def average_step(average: Array, x: Array, /, *, weight: float) -> None:
    """average += weight (x - average)."""
    average[...] = average + (x - average) * weight
