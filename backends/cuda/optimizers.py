"""Optimizer steps, in place, one pass over the buffers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from .. import portable
from .launch import FLOATS, Source, flat, live, override

Array = Any
_code = Source(__file__)
__all__ = [
    "adadelta_step",
    "adagrad_step",
    "adam_step",
    "adamax_step",
    "asgd_step",
    "average_step",
    "lion_step",
    "nadam_step",
    "radam_step",
    "rmsprop_step",
    "rprop_step",
    "sgd_step",
]


def _side_by_side(step: Callable[..., None]) -> Callable[..., None]:
    """Buffers that cannot be walked through side by side go to the portable step."""
    otherwise = getattr(portable, step.__name__)

    @override(*FLOATS)
    @wraps(step)
    def chosen(p: Array, *buffers: Array | None, **settings: Any) -> None:
        (step if flat(p, *buffers) else otherwise)(p, *buffers, **settings)

    return chosen


def _start(name: str, buffers: tuple[Array | None, ...], *numbers: Any) -> None:
    p: Array = buffers[0]
    given = [np.int64(v) if isinstance(v, bool) else np.float64(v) for v in numbers]
    launch, memory = live(given)
    if launch:
        _code.each(name, p.dtype.char, p.size, *buffers, np.int64(p.size), memory, *given)


def _turn(maximize: bool) -> float:
    return -1.0 if maximize else 1.0


def _decay(
    lr: float, weight_decay: float, decoupled: bool, maximize: bool
) -> tuple[float, float, float]:
    """(decay, shrink, turn)"""
    if decoupled:
        return 0.0, 1.0 - lr * weight_decay, _turn(maximize)
    return weight_decay, 1.0, _turn(maximize)


@_side_by_side
def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
    maximize: bool,
) -> None:  # fmt: skip
    _start(
        "sgd_step", (p, g, momentum_buffer),
        lr, momentum, 1.0 - dampening, bool(nesterov), weight_decay, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def adam_step(
    p: Array, g: Array, mean: Array, square: Array, largest: Array | None, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "adam_step", (p, g, mean, square, largest),
        lr / correction1, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, math.sqrt(correction2),
        *_decay(lr, weight_decay, decoupled, maximize),
    )  # fmt: skip


@_side_by_side
def nadam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    of_gradient: float, of_mean: float, correction2: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "nadam_step", (p, g, mean, square),
        lr * of_gradient, lr * of_mean, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps,
        math.sqrt(correction2),
        *_decay(lr, weight_decay, decoupled, maximize),
    )  # fmt: skip


@_side_by_side
def radam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    scale: float, adaptive: bool, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "radam_step", (p, g, mean, square),
        lr * scale, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, bool(adaptive),
        *_decay(lr, weight_decay, decoupled, maximize),
    )  # fmt: skip


@_side_by_side
def adamax_step(
    p: Array, g: Array, mean: Array, largest: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, correction1: float,
    maximize: bool,
) -> None:  # fmt: skip
    _start(
        "adamax_step", (p, g, mean, largest),
        lr / correction1, beta1, 1.0 - beta1, beta2, eps, weight_decay, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def lion_step(
    p: Array, g: Array, mean: Array, /, *,
    lr: float, beta1: float, beta2: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    shrink = 1.0 - lr * weight_decay
    _start(
        "lion_step", (p, g, mean),
        lr, beta1, 1.0 - beta1, beta2, 1.0 - beta2, shrink, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "rmsprop_step", (p, g, square, average, buffer),
        lr, alpha, 1.0 - alpha, eps, momentum, weight_decay, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def adagrad_step(
    p: Array, g: Array, total: Array, /, *,
    lr: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "adagrad_step", (p, g, total),
        lr, eps, weight_decay, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def adadelta_step(
    p: Array, g: Array, square: Array, moved: Array, /, *,
    lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "adadelta_step", (p, g, square, moved),
        lr, rho, 1.0 - rho, eps, weight_decay, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def asgd_step(
    p: Array, g: Array, average: Array, /, *,
    eta: float, lambd: float, mu: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "asgd_step", (p, g, average),
        eta, 1.0 - lambd * eta, mu, weight_decay, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def rprop_step(
    p: Array, g: Array, previous: Array, size: Array, /, *,
    shrink: float, grow: float, smallest: float, largest: float, maximize: bool,
) -> None:  # fmt: skip
    _start(
        "rprop_step", (p, g, previous, size),
        shrink, grow, smallest, largest, _turn(maximize),
    )  # fmt: skip


@_side_by_side
def average_step(average: Array, x: Array, /, *, weight: float) -> None:  # fmt: skip
    _start(
        "average_step", (average, x),
        weight,
    )  # fmt: skip
