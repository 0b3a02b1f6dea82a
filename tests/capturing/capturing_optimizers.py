"""Every optimizer, and a small network in training with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import backprop as bp
from backprop import optim

EVERY: dict[str, Any] = {
    "sgd": lambda ps: optim.SGD(ps, lr=0.1),
    "momentum": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, dampening=0.1),
    "nesterov": lambda ps: optim.SGD(ps, lr=0.1, momentum=0.9, nesterov=True, maximize=True),
    "sgd decay": lambda ps: optim.SGD(ps, lr=0.1, weight_decay=0.1),
    "adam": lambda ps: optim.Adam(ps, lr=0.1),
    "amsgrad": lambda ps: optim.Adam(ps, lr=0.1, amsgrad=True, weight_decay=0.1),
    "adam maximize": lambda ps: optim.Adam(ps, lr=0.1, maximize=True, eps=0.0),
    "adamw": lambda ps: optim.AdamW(ps, lr=0.1, amsgrad=True),
    "adadelta": lambda ps: optim.Adadelta(ps, weight_decay=0.1),
    "adagrad": lambda ps: optim.Adagrad(ps, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.5),
    "adamax": lambda ps: optim.Adamax(ps, lr=0.1),
    "asgd": lambda ps: optim.ASGD(ps, lr=0.1, t0=3.0),
    "lion": lambda ps: optim.Lion(ps, lr=0.01),
    "nadam": lambda ps: optim.NAdam(ps, lr=0.1, decoupled_weight_decay=True, weight_decay=0.1),
    "radam": lambda ps: optim.RAdam(ps, lr=0.1),
    "rmsprop": lambda ps: optim.RMSprop(ps, lr=0.01, momentum=0.5, centered=True),
    "rprop": lambda ps: optim.Rprop(ps, lr=0.01),
    "muon": lambda ps: optim.Muon([p for p in ps if p.ndim == 2], lr=0.1),
}


def network() -> bp.nn.Module:
    nn = bp.nn
    return nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Dropout(0.3), nn.Linear(6, 3))


def batches(count: int, size: int = 5, seed: int = 7) -> list[tuple[bp.Tensor, bp.Tensor]]:
    rng = np.random.default_rng(seed)
    return [
        (
            bp.asarray(rng.standard_normal((size, 4)).astype(np.float32)),
            bp.asarray(rng.integers(0, 3, size)),
        )
        for _ in range(count)
    ]


def training(make: Any) -> Any:
    def build() -> tuple[Any, Sequence[Any]]:
        model = network()
        optimizer = make(model.parameters())
        loss_of = bp.nn.CrossEntropyLoss()

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad()
            loss = loss_of(model(x), y)
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer)

    return build
