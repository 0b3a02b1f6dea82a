"""Optimizer steps, block by block: what a step reads and writes stays in cache."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..dispatch import only

Array = Any
_FLOATS = ("float32", "float64")
BLOCK = 32768
"""Elements an optimizer updates at a time: its four or five streams then stay in L2 cache."""
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


def _blocks(
    p: Array, g: Array, *state: Array | None, weight_decay: float = 0.0, maximize: bool = False,
    shrink: float = 1.0, scratch: int = 1,
) -> Iterator[Any]:  # fmt: skip
    """(p, d, *state, *scratch) block by block: the buffers' parts and scratch to work in.

    d is ±g + weight_decay p, to be left as it is where it is g itself; p shrinks before.
    """
    changed = bool(weight_decay) or maximize
    size = min(BLOCK, p.size)
    spare = [np.empty(size, dtype=p.dtype) for _ in range(scratch + changed)]
    for start in range(0, p.size, BLOCK):
        part = slice(start, start + BLOCK)
        here, d = p[part], g[part]
        if d.size < size:
            spare = [s[: d.size] for s in spare]
        if changed:
            _direct(here, d, weight_decay, maximize, spare[-1])
            d = spare[-1]
        if shrink != 1.0:
            here *= shrink
        yield here, d, *(None if s is None else s[part] for s in state), *spare[:scratch]


def _direct(p: Array, g: Array, weight_decay: float, maximize: bool, out: Array) -> None:
    if not weight_decay:
        np.negative(g, out=out)
        return
    np.multiply(p, weight_decay, out=out)
    if maximize:
        out -= g
    else:
        out += g


def _decay(lr: float, weight_decay: float, decoupled: bool) -> dict[str, Any]:
    """What `_blocks` has to do for weight decay."""
    if decoupled:
        return {"shrink": 1.0 - lr * weight_decay}
    return {"weight_decay": weight_decay}


def _average(old: Array, new: Array, beta: float, scratch: Array) -> None:
    old *= beta
    np.multiply(new, 1.0 - beta, out=scratch)
    old += scratch


def _average_square(old: Array, new: Array, beta: float, scratch: Array) -> None:
    old *= beta
    np.multiply(new, new, out=scratch)
    scratch *= 1.0 - beta
    old += scratch


def _sign(x: Array, size: float) -> None:
    """x <- size sign(x), where it is the caller's to ignore overflow.

    NumPy's own sign looks at one number after the other, and guesses wrong half the time.
    """
    big = float(np.finfo(x.dtype).max) / 4
    x *= big
    x *= big
    x.clip(-size, size, out=x)


@only(*_FLOATS)
def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
    maximize: bool,
) -> None:  # fmt: skip
    if maximize and not weight_decay and momentum_buffer is None:
        lr, maximize = -lr, False  # one pass less
    blocks = _blocks(p, g, momentum_buffer, weight_decay=weight_decay, maximize=maximize)
    for p_, g_, m_, d in blocks:
        if m_ is not None:
            m_ *= momentum
            if dampening:
                np.multiply(g_, 1.0 - dampening, out=d)
                m_ += d
            else:
                m_ += g_
            if nesterov:
                np.multiply(m_, momentum, out=d)
                d += g_
                d *= lr
            else:
                np.multiply(m_, lr, out=d)
        else:
            np.multiply(g_, lr, out=d)
        p_ -= d


@only(*_FLOATS)
def adam_step(
    p: Array, g: Array, mean: Array, square: Array, largest: Array | None, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float, maximize: bool,
) -> None:  # fmt: skip
    scale = math.sqrt(correction2)
    decay = _decay(lr, weight_decay, decoupled)
    for p_, g_, m_, v_, w_, d in _blocks(p, g, mean, square, largest, maximize=maximize, **decay):
        _average(m_, g_, beta1, d)
        _average_square(v_, g_, beta2, d)
        if w_ is not None:
            np.maximum(w_, v_, out=w_)
            v_ = w_
        # lr (m / c1) / (sqrt(v) / s + eps) = (m lr s / c1) / (sqrt(v) + eps s): one pass less
        np.sqrt(v_, out=d)
        d += eps * scale
        np.divide(m_, d, out=d)
        d *= lr * scale / correction1
        p_ -= d


@only(*_FLOATS)
def nadam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    of_gradient: float, of_mean: float, correction2: float, maximize: bool,
) -> None:  # fmt: skip
    scale = math.sqrt(correction2)
    decay = _decay(lr, weight_decay, decoupled)
    for p_, g_, m_, v_, d, e in _blocks(
        p, g, mean, square, maximize=maximize, scratch=2, **decay
    ):  # fmt: skip
        _average(m_, g_, beta1, d)
        _average_square(v_, g_, beta2, d)
        np.multiply(g_, lr * scale * of_gradient, out=e)
        np.multiply(m_, lr * scale * of_mean, out=d)
        e += d
        np.sqrt(v_, out=d)
        d += eps * scale
        e /= d
        p_ -= e


@only(*_FLOATS)
def radam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    scale: float, adaptive: bool, maximize: bool,
) -> None:  # fmt: skip
    decay = _decay(lr, weight_decay, decoupled)
    for p_, g_, m_, v_, d in _blocks(p, g, mean, square, maximize=maximize, **decay):
        _average(m_, g_, beta1, d)
        _average_square(v_, g_, beta2, d)
        if adaptive:
            np.sqrt(v_, out=d)
            d += eps
            np.divide(m_, d, out=d)
            d *= lr * scale
        else:
            np.multiply(m_, lr * scale, out=d)
        p_ -= d


@only(*_FLOATS)
def adamax_step(
    p: Array, g: Array, mean: Array, largest: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, correction1: float,
    maximize: bool,
) -> None:  # fmt: skip
    blocks = _blocks(p, g, mean, largest, weight_decay=weight_decay, maximize=maximize)
    for p_, g_, m_, u_, d in blocks:
        _average(m_, g_, beta1, d)
        np.abs(g_, out=d)
        d += eps
        u_ *= beta2
        np.maximum(u_, d, out=u_)
        np.divide(m_, u_, out=d)
        d *= lr / correction1
        p_ -= d


@only(*_FLOATS)
def lion_step(
    p: Array, g: Array, mean: Array, /, *,
    lr: float, beta1: float, beta2: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    shrink = 1.0 - lr * weight_decay
    with np.errstate(over="ignore"):
        for p_, g_, m_, d, e in _blocks(p, g, mean, maximize=maximize, shrink=shrink, scratch=2):
            np.multiply(g_, 1.0 - beta1, out=d)
            np.multiply(m_, beta1, out=e)
            d += e
            _sign(d, lr)
            p_ -= d
            _average(m_, g_, beta2, d)


@only(*_FLOATS)
def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float, maximize: bool,
) -> None:  # fmt: skip
    for p_, g_, v_, a_, b_, d in _blocks(
        p, g, square, average, buffer, weight_decay=weight_decay, maximize=maximize
    ):
        _average_square(v_, g_, alpha, d)
        if a_ is not None:
            _average(a_, g_, alpha, d)
            np.multiply(a_, a_, out=d)
            np.subtract(v_, d, out=d)
            np.sqrt(d, out=d)
        else:
            np.sqrt(v_, out=d)
        d += eps
        np.divide(g_, d, out=d)
        if b_ is not None:
            b_ *= momentum
            b_ += d
            np.multiply(b_, lr, out=d)
        else:
            d *= lr
        p_ -= d


@only(*_FLOATS)
def adagrad_step(
    p: Array, g: Array, total: Array, /, *,
    lr: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    if maximize and not weight_decay:
        lr, maximize = -lr, False
    for p_, g_, t_, d in _blocks(p, g, total, weight_decay=weight_decay, maximize=maximize):
        np.multiply(g_, g_, out=d)
        t_ += d
        np.sqrt(t_, out=d)
        d += eps
        np.divide(g_, d, out=d)
        d *= lr
        p_ -= d


@only(*_FLOATS)
def adadelta_step(
    p: Array, g: Array, square: Array, moved: Array, /, *,
    lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    if maximize and not weight_decay:
        lr, maximize = -lr, False
    for p_, g_, v_, a_, d, e in _blocks(
        p, g, square, moved, weight_decay=weight_decay, maximize=maximize, scratch=2
    ):
        _average_square(v_, g_, rho, d)
        np.add(v_, eps, out=d)
        np.sqrt(d, out=d)
        np.add(a_, eps, out=e)
        np.sqrt(e, out=e)
        e /= d
        e *= g_
        _average_square(a_, e, rho, d)
        e *= lr
        p_ -= e


@only(*_FLOATS)
def asgd_step(
    p: Array, g: Array, average: Array, /, *,
    eta: float, lambd: float, mu: float, weight_decay: float, maximize: bool,
) -> None:  # fmt: skip
    # The direction is taken from p before it shrinks: (1 - lambd eta) p - eta (g + decay p).
    blocks = _blocks(
        p, g, average, weight_decay=weight_decay, maximize=maximize, shrink=1.0 - lambd * eta
    )
    for p_, g_, a_, d in blocks:
        np.multiply(g_, eta, out=d)
        p_ -= d
        if mu == 1.0:
            a_[...] = p_
        else:
            np.subtract(p_, a_, out=d)
            d *= mu
            a_ += d


@only(*_FLOATS)
def rprop_step(
    p: Array, g: Array, previous: Array, size: Array, /, *,
    shrink: float, grow: float, smallest: float, largest: float, maximize: bool,
) -> None:  # fmt: skip
    with np.errstate(over="ignore"):
        for p_, g_, q_, s_, d in _blocks(p, g, previous, size, maximize=maximize):
            np.multiply(g_, q_, out=d)
            turned = d < 0
            np.multiply(s_, grow, out=s_, where=d > 0)
            np.multiply(s_, shrink, out=s_, where=turned)
            s_.clip(smallest, largest, out=s_)
            np.copyto(q_, g_)
            q_[turned] = 0
            np.copyto(d, q_)
            _sign(d, 1.0)
            d *= s_
            p_ -= d


@only(*_FLOATS)
def average_step(average: Array, x: Array, /, *, weight: float) -> None:
    if average.ndim != 1 or average.size < BLOCK:
        average += (x - average) * weight
        return
    for a_, x_, d in _blocks(average, x):
        np.subtract(x_, a_, out=d)
        d *= weight
        a_ += d
