"""Optimizer steps, in place."""

from __future__ import annotations

from itertools import product

import numpy as np

from .common import Seen, case


def _buffers(*present, size=700, view=lambda a: a):
    """p and g, then a positive buffer of state for each True, None for each False."""

    def make(rng, dtype):
        p, g = (rng.normal(size=size).astype(dtype) for _ in range(2))
        state = [rng.random(size).astype(dtype) + 2 if there else None for there in present]
        return tuple(a if a is None else Seen(a, view) for a in (p, g, *state))

    return make


_DIRECTIONS = [{"weight_decay": w, "maximize": m} for w in (0.0, 0.1) for m in (False, True)]
_ADAM = {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}

for _number, _direction in enumerate(_DIRECTIONS):
    for _buffer, _nesterov in product((True, False), repeat=2):
        case(
            "sgd_step", f"{_buffer} {_nesterov} {_number}", _buffers(_buffer), lr=0.1,
            momentum=0.9, dampening=0.0 if _nesterov else 0.3, nesterov=_nesterov, **_direction,
        )  # fmt: skip
    for _decoupled, _extra in product((True, False), repeat=2):
        _label = f"{_decoupled} {_extra} {_number}"
        case(
            "adam_step", _label, _buffers(True, True, _extra), correction1=0.19,
            correction2=0.002, decoupled=_decoupled, **_ADAM, **_direction,
        )  # fmt: skip
        case(
            "radam_step", _label, _buffers(True, True), scale=0.3, adaptive=_extra,
            decoupled=_decoupled, **_ADAM, **_direction,
        )  # fmt: skip
    for _decoupled in (True, False):
        case(
            "nadam_step", f"{_decoupled} {_number}", _buffers(True, True), of_gradient=0.5,
            of_mean=0.7, correction2=0.002, decoupled=_decoupled, **_ADAM, **_direction,
        )  # fmt: skip
    case("adamax_step", _number, _buffers(True, True), correction1=0.19, **_ADAM, **_direction)
    case(
        "lion_step", _number, _buffers(True), lr=0.01, beta1=0.9, beta2=0.99, **_direction
    )  # fmt: skip
    case("adagrad_step", _number, _buffers(True), lr=0.1, eps=1e-8, **_direction)
    case("adadelta_step", _number, _buffers(True, True), lr=0.5, rho=0.9, eps=1e-6, **_direction)
    for _mu in (1.0, 0.3):
        case(
            "asgd_step", f"{_mu} {_number}", _buffers(True), eta=0.1, lambd=0.2, mu=_mu,
            **_direction,
        )  # fmt: skip
    for _centered, _buffer in product((True, False), repeat=2):
        case(
            "rmsprop_step", f"{_centered} {_buffer} {_number}",
            lambda rng, dtype, there=(True, _centered, _buffer): tuple(
                # small averages: the variance, square - average², stays away from 0
                a if a is None or i != 3 else Seen(a.array * 0.1, a.view)
                for i, a in enumerate(_buffers(*there)(rng, dtype))
            ),
            lr=0.01, alpha=0.99, eps=1e-8, momentum=0.9, **_direction,
        )  # fmt: skip


def _turning(rng, dtype):
    """Gradients that keep their sign, turn, and were or are 0 or NaN."""
    g, before = (rng.choice([-2.0, -1.0, 0.0, 1.0, 3.0], size=600) for _ in range(2))
    g[7] = np.nan
    size = rng.random(600) + 0.1
    return tuple(a.astype(dtype) for a in (rng.normal(size=600), g, before, size))


for _maximize, _low in product((True, False), (0.0, 0.4)):
    case(
        "rprop_step", f"{_maximize} {_low}", _turning, shrink=0.5, grow=1.2, smallest=_low,
        largest=0.8, maximize=_maximize,
    )  # fmt: skip
_SPECIAL = {"weight_decay": 0.0, "maximize": False}
_STRANGE = np.array([0.0, -0.0, np.nan, 1e15, -1e15, 1.0])


def _strange(*state):
    """Gradients that a step must not hide."""
    return lambda rng, dtype: tuple(
        a.astype(dtype) for a in (np.ones(6), _STRANGE, *(np.full(6, v) for v in state))
    )


case("lion_step", "special", _strange(0.0), lr=0.1, beta1=0.9, beta2=0.99, **_SPECIAL)
case("adamax_step", "special", _strange(0.0, 1.0), correction1=0.19, **_ADAM, **_SPECIAL)
case(
    "adam_step", "special", _strange(0.0, 1.0, 1.0), correction1=0.19, correction2=0.002,
    decoupled=False, **_ADAM, **_SPECIAL,
)  # fmt: skip
for _weight in (0.0, 0.3, 1.0):
    case("average_step", _weight, _buffers(), weight=_weight)
case("average_step", "matrix", _buffers(size=(5, 7)), weight=0.3)
case("average_step", "empty", _buffers(size=0), weight=0.3, launches=False)
_SGD = {"lr": 1, "momentum": 0, "dampening": 0, "nesterov": False, **_SPECIAL}
case("sgd_step", "whole numbers", _buffers(True), **_SGD)
case("sgd_step", "strided", _buffers(True, view=lambda a: a[::2]), launches=False, **_SGD)
case("sgd_step", "empty", _buffers(True, size=0), launches=False, **_SGD)
