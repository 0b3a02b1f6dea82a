"""JAX: the whole training step as one compiled function."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

from ..cases import BETA1, BETA2, EPS, LR, MOMENTUM, Case
from .base import Contender, Step
from .by_hand import initial


class Jit(Contender):
    """`jax.jit` of loss, gradient and update, whose old parameters are given up (donated)."""

    packages = ("jax", "jaxlib", "numpy")

    def about(self) -> dict[str, Any]:
        about = super().about()
        about["float32"] = (
            f"matmul precision {jax.config.jax_default_matmul_precision or 'default'}"
        )
        about["pools"] = [
            f"XLA on {jax.default_backend()}, a thread a core",
            *(about["pools"] or []),
        ]
        return about

    def wait(self, result: Any) -> None:
        jax.block_until_ready(result)

    def mlp(self, case: Case) -> Step:
        inputs, targets = (jnp.asarray(a) for a in case.data())

        def loss_of(layers: Any, x: Any, y: Any) -> Any:
            h = x
            for i, (w, b) in enumerate(layers):
                h = jax.nn.relu(h) if i else h
                h = h @ w + b
            if case.sizes[-1] == 1:
                return jnp.mean((h - y) ** 2)
            return -jnp.mean(jax.nn.log_softmax(h)[jnp.arange(case.batch), y])

        def train(layers: Any, state: Any, x: Any, y: Any) -> Any:
            loss, g = jax.value_and_grad(loss_of)(layers, x, y)
            update = _sgd if case.optimizer == "sgd" else _adam
            return (*update(layers, state, g), loss)

        jitted = jax.jit(train, donate_argnums=(0, 1))
        layers = jax.tree.map(jnp.asarray, initial(case))
        zeros = jax.tree.map(jnp.zeros_like, layers)
        other = jax.tree.map(jnp.zeros_like, layers)
        state = zeros if case.optimizer == "sgd" else (zeros, other, jnp.zeros(()))

        def step() -> Any:
            nonlocal layers, state
            layers, state, loss = jitted(layers, state, inputs, targets)
            return loss

        return step


def _sgd(p: Any, m: Any, g: Any) -> tuple[Any, Any]:
    m = jax.tree.map(lambda m, g: MOMENTUM * m + g, m, g)
    return jax.tree.map(lambda p, m: p - LR * m, p, m), m


def _adam(p: Any, state: Any, g: Any) -> tuple[Any, Any]:
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
    rate, scale = LR / (1 - BETA1**t), 1 / (1 - BETA2**t)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * scale) + EPS), p, m, v)
    return p, (m, v, t)
