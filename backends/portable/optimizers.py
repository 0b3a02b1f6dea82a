"""The optimizers' steps, in place. p, g and the state are flat buffers (an arena's), so that one
call updates a whole model."""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace

__all__ = ["adam_step", "rmsprop_step", "sgd_step"]

Array = Any


def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
) -> None:  # fmt: skip
    """p -= lr d, d = g + weight_decay p or its running sum m <- momentum m + (1 - dampening) d."""
    d = g + p * weight_decay if weight_decay else g
    if momentum_buffer is not None:
        momentum_buffer[...] = momentum_buffer * momentum + d * (1.0 - dampening)
        d = d + momentum_buffer * momentum if nesterov else momentum_buffer
    p[...] = p - d * lr


def adam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float,
) -> None:  # fmt: skip
    """p -= lr (mean / correction1) / (sqrt(square / correction2) + eps), both averages moved."""
    if weight_decay and decoupled:
        p[...] = p * (1.0 - lr * weight_decay)
    elif weight_decay:
        g = g + p * weight_decay
    mean[...] = mean * beta1 + g * (1.0 - beta1)
    square[...] = square * beta2 + g * g * (1.0 - beta2)
    root = namespace(p).sqrt(square) / math.sqrt(correction2) + eps
    p[...] = p - mean / root * (lr / correction1)


def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float,
) -> None:  # fmt: skip
    """p -= lr g / (sqrt(square [- average²]) + eps), through a momentum buffer if there is one."""
    if weight_decay:
        g = g + p * weight_decay
    square[...] = square * alpha + g * g * (1.0 - alpha)
    variance = square
    if average is not None:
        average[...] = average * alpha + g * (1.0 - alpha)
        variance = square - average * average
    d = g / (namespace(p).sqrt(variance) + eps)
    if buffer is not None:
        buffer[...] = buffer * momentum + d
        d = buffer
    p[...] = p - d * lr
