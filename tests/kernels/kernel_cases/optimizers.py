"""Optimizer steps, in place."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backends.cpu.optimizers import BLOCK

from .common import Table, array


def _optimizer(buffers: int, settings: list[dict[str, Any]]) -> Callable[[str], list[Any]]:
    """Flat buffers longer than a block, so that the cut between blocks is crossed.

    A setting's "_without" numbers the buffers of state that are None.
    """

    def cases(dtype: str) -> list[Any]:
        out = []
        for size in (1, 17, BLOCK + 5):
            for setting in settings:
                without = setting.get("_without", ())
                state = [
                    None if i in without else np.abs(array(size, dtype, 10 + i)) + 0.5
                    for i in range(buffers)
                ]
                kw = {k: v for k, v in setting.items() if k != "_without"}
                out.append(((array(size, dtype), array(size, dtype, 1), *state), kw))
        return out

    return cases


_DIRECTIONS = [{"weight_decay": w, "maximize": m} for w in (0.0, 0.01) for m in (False, True)]
_SGD = [
    {"lr": 0.1, "momentum": m, "dampening": d, "nesterov": n, "_without": () if m else (0,), **direction}
    for m, d, n in [(0.0, 0.0, False), (0.9, 0.0, False), (0.9, 0.3, False), (0.9, 0.0, True)]
    for direction in _DIRECTIONS
]  # fmt: skip
_BETAS = {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
_DECOUPLED = [{**d, "decoupled": False} for d in _DIRECTIONS] + [
    {**d, "decoupled": True} for d in _DIRECTIONS[1:3]
]
_ADAM = [
    {**_BETAS, "correction1": 0.1, "correction2": 0.001, "_without": without, **direction}
    for direction in _DECOUPLED
    for without in [(), (2,)]
]
_NADAM = [
    {**_BETAS, "of_gradient": 0.5, "of_mean": m, "correction2": 0.001, **direction}
    for direction in _DECOUPLED
    for m in (0.7, 0.0)
]
_RADAM = [
    {**_BETAS, "scale": 0.3, "adaptive": adaptive, **direction}
    for direction in _DECOUPLED
    for adaptive in (True, False)
]
_RMSPROP = [
    {"lr": 0.01, "alpha": 0.9, "eps": 1e-8, "momentum": m, "_without": without, **direction}
    for direction in _DIRECTIONS
    for m, without in [(0.0, (1, 2)), (0.9, (1,))]
] + [
    {"lr": 0.01, "alpha": 0.5, "eps": 1e-2, "momentum": m, "_without": without, **_DIRECTIONS[0]}
    for m, without in [(0.0, (2,)), (0.9, ())]
]


def _with(settings: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**settings, **direction} for direction in _DIRECTIONS]


def _averages(dtype: str) -> list[Any]:
    found = [
        ((array(size, dtype), array(size, dtype, 1)), {"weight": weight})
        for size in (1, 17, BLOCK + 5)
        for weight in (0.0, 0.3, 1.0)
    ]
    return [*found, ((array((3, 4), dtype), array((3, 4), dtype, 1)), {"weight": 0.3})]


def _rmsprop(dtype: str) -> list[Any]:
    cases = _optimizer(3, _RMSPROP)(dtype)
    for args, _ in cases:  # the average's square must stay below the average of squares
        args[2][...] = 4.0
        if args[3] is not None:
            args[3][...] = 0.25
    return cases


CASES: Table = {
    "sgd_step": _optimizer(1, _SGD),
    "adam_step": _optimizer(3, _ADAM),
    "nadam_step": _optimizer(2, _NADAM),
    "radam_step": _optimizer(2, _RADAM),
    "adamax_step": _optimizer(2, _with({**_BETAS, "correction1": 0.1})),
    "lion_step": _optimizer(1, _with({"lr": 0.01, "beta1": 0.9, "beta2": 0.99})),
    "rmsprop_step": _rmsprop,
    "adagrad_step": _optimizer(1, _with({"lr": 0.01, "eps": 1e-8})),
    "adadelta_step": _optimizer(2, _with({"lr": 0.5, "rho": 0.9, "eps": 1e-6})),
    "asgd_step": _optimizer(1, [
        {"eta": 0.1, "lambd": 0.2, "mu": mu, **direction}
        for mu in (1.0, 0.3)
        for direction in _DIRECTIONS
    ]),
    "rprop_step": _optimizer(2, [
        {"shrink": 0.5, "grow": 1.2, "smallest": low, "largest": high, "maximize": maximize}
        for low, high in [(1e-6, 50.0), (0.6, 0.9)]
        for maximize in (False, True)
    ]),
    "average_step": _averages,
}  # fmt: skip
