"""Optimizers' steps in one pass; the arithmetic is that of `cpu/optimizers.py`, in its order."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import njit

from .. import optimizers as plain
from .threads import shared

Array = Any


def _compiled(function: Callable[..., Any]) -> Any:
    return njit(nogil=True, error_model="numpy", cache=True)(function)


@cache
def loops(dtype: Any) -> dict[str, Any]:
    """The loops for arrays of a dtype. Numbers are rounded to it, as NumPy does with Python's."""
    F = np.dtype(dtype).type

    def sgd(p, g, m, lr, mu, rest, decay, moves, nesterov, dampened, maximize):  # type: ignore
        lr, mu, rest, decay = F(lr), F(mu), F(rest), F(decay)
        for i in range(p.size):
            d = g[i]
            if decay != 0:
                d = p[i] * decay - d if maximize else p[i] * decay + d
            elif maximize:
                d = -d
            if moves:
                v = m[i] * mu
                v = v + d * rest if dampened else v + d
                m[i] = v
                d = v * mu + d if nesterov else v
            p[i] -= d * lr

    def adam(p, g, m, v, w, b1, r1, b2, r2, eps, rate, shrink, decay, largest, maximize):  # type: ignore
        b1, r1, b2, r2, eps = F(b1), F(r1), F(b2), F(r2), F(eps)
        rate, shrink, decay = F(rate), F(shrink), F(decay)
        for i in range(p.size):
            d, x = g[i], p[i]
            if decay != 0:
                d = x * decay - d if maximize else x * decay + d
            elif maximize:
                d = -d
            if shrink != 1:
                x = x * shrink
            mean = m[i] * b1 + d * r1
            square = v[i] * b2 + d * d * r2
            m[i] = mean
            v[i] = square
            if largest:
                top = w[i]
                if not (top >= square or top != top):
                    top = square
                w[i] = top
                square = top
            p[i] = x - mean / (np.sqrt(square) + eps) * rate

    return {"sgd": _compiled(sgd), "adam": _compiled(adam)}


def sgd_numbers(
    moves: bool, /, *, lr: float, momentum: float, dampening: float, nesterov: bool,
    weight_decay: float, maximize: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """What the loop "sgd" takes after its arrays."""
    if maximize and not weight_decay and not moves:
        lr, maximize = -lr, False
    return (lr, momentum, 1.0 - dampening, float(weight_decay), moves, bool(nesterov),
            bool(dampening), bool(maximize))  # fmt: skip


def adam_numbers(
    kept: bool, /, *, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float,
    decoupled: bool, correction1: float, correction2: float, maximize: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """What the loop "adam" takes after its arrays."""
    scale = math.sqrt(correction2)
    shrink = 1.0 - lr * weight_decay if decoupled else 1.0
    return (beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps * scale, lr * scale / correction1, shrink,
            0.0 if decoupled else float(weight_decay), kept, bool(maximize))  # fmt: skip


def sgd_step(p: Array, g: Array, momentum_buffer: Array | None, /, **numbers: Any) -> None:
    """See `portable.sgd_step`."""
    moves = momentum_buffer is not None
    arrays = p, g, momentum_buffer if moves else p
    shared(loops(p.dtype.name)["sgd"], p.size, arrays, sgd_numbers(moves, **numbers))


def adam_step(
    p: Array, g: Array, mean: Array, square: Array, largest: Array | None, /, **numbers: Any
) -> None:
    """See `portable.adam_step`."""
    kept = largest is not None
    arrays = p, g, mean, square, largest if kept else p
    shared(loops(p.dtype.name)["adam"], p.size, arrays, adam_numbers(kept, **numbers))


FORMS: dict[Any, Any] = {plain.sgd_step: sgd_step, plain.adam_step: adam_step}
"""The compiled form of a kernel."""
