"""HIPS autograd: NumPy with a tape, and updates in plain NumPy."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd import make_vjp, value_and_grad

from ..case import BETA1, BETA2, EPS, MOMENTUM, Case
from .base import Contender, Step


class Autograd(Contender):
    """`value_and_grad` of the loss; the optimizer is a loop over the parameters."""

    packages = ("autograd", "numpy")

    def mlp(self, case: Case) -> Step:
        x, y = case.data()
        rows = np.arange(case.batch)

        def loss_of(parameters: Any) -> Any:
            h = x
            for i in range(0, len(parameters), 2):
                h = anp.maximum(h, 0) if i else h
                h = anp.dot(h, parameters[i]) + parameters[i + 1]
            if case.outputs == 1:
                return anp.mean((h - y) ** 2)
            h = h - anp.max(h, axis=1, keepdims=True)
            return anp.mean(anp.log(anp.sum(anp.exp(h), axis=1)) - h[rows, y])

        both = value_and_grad(loss_of)
        parameters = [a for layer in case.layers() for a in layer]
        means = [np.zeros_like(p) for p in parameters]
        squares = [np.zeros_like(p) for p in parameters]
        t = 0

        def step() -> Any:
            nonlocal t
            t += 1
            loss, gradients = both(parameters)
            for p, g, m, v in zip(parameters, gradients, means, squares, strict=True):
                if case.optimizer == "sgd":
                    m[...] = MOMENTUM * m + g
                    p -= case.lr * m
                else:
                    m[...] = BETA1 * m + (1 - BETA1) * g
                    v[...] = BETA2 * v + (1 - BETA2) * g * g
                    p -= case.lr / (1 - BETA1**t) * m / (np.sqrt(v / (1 - BETA2**t)) + EPS)
            return loss

        return step

    def chain(self, case: Case) -> Step:
        x, y = np.ones((8, 8)), np.ones((8, 8))

        def forward(x: Any) -> Any:
            out = x
            for _ in range(case.count):
                out = out * y
            return out

        def step() -> Any:
            back, _ = make_vjp(forward)(x)
            return back(y)

        return step
