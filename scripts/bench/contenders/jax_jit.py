"""JAX: the whole training step as one compiled function."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from .. import mnist
from ..case import BETA1, BETA2, EPS, MOMENTUM, Case
from .base import Contender, Step


class Jit(Contender):
    """`jax.jit` of loss, gradient and update, whose old parameters are given up (donated).

    Images have their channels last and weights are (inputs, outputs), as JAX's libraries do."""

    packages = ("jax", "jaxlib", "numpy")

    def __init__(self, device: str = "cpu", tf32: bool = False) -> None:
        super().__init__(device, tf32)
        try:
            found = jax.default_backend()
        except (RuntimeError, AssertionError) as error:  # the latter where it knows no such device
            raise ImportError(f"JAX {jax.__version__} finds no {device} device {error}") from error
        if (device == "cuda") != (found in ("gpu", "cuda")):
            raise ImportError(f"JAX {jax.__version__} runs on {found}, wanted {device}")
        if device == "cuda":  # whose default is TF32
            jax.config.update(
                "jax_default_matmul_precision", "tensorfloat32" if tf32 else "highest"
            )

    def about(self) -> dict[str, Any]:
        about = super().about()
        pool = f"XLA on {jax.default_backend()}"
        if self.device == "cpu":
            pool += f", {os.environ.get('NPROC') or os.cpu_count()} threads"
        about["pools"] = [pool, *(about["pools"] or [])]
        return about

    def device_name(self) -> str:
        return str(jax.devices()[0].device_kind)

    def wait(self, result: Any) -> None:
        jax.block_until_ready(result)

    def train(self, case: Case) -> tuple[Callable[..., Any], Any]:
        """The function (training state, x, y) -> (training state, loss), and the first state."""
        network = case.network
        assert network is not None

        def loss_of(p: Any, state: Any, x: Any, y: Any) -> Any:
            z, state = network.jax_apply(p, state, x)
            if case.outputs == 1:
                return jnp.mean((z - y) ** 2), state
            return -jnp.mean(jax.nn.log_softmax(z)[jnp.arange(len(z)), y]), state

        def train(training: Any, x: Any, y: Any) -> Any:
            p, state, moments = training
            (loss, state), g = jax.value_and_grad(loss_of, has_aux=True)(p, state, x, y)
            update = _sgd if case.optimizer == "sgd" else _adam
            p, moments = update(p, moments, g, case.lr)
            return (p, state, moments), loss

        p = jax.tree.map(jnp.asarray, network.jax_weights(case.weights()))
        moments = jax.tree.map(jnp.zeros_like, p)
        if case.optimizer == "adam":
            moments = moments, jax.tree.map(jnp.zeros_like, p), jnp.zeros(())
        return train, (p, jax.tree.map(jnp.asarray, network.jax_state()), moments)

    def mlp(self, case: Case) -> Step:
        train, training = self.train(case)
        jitted = jax.jit(train, donate_argnums=0)
        x, y = (jnp.asarray(a) for a in case.data())

        def step() -> Any:
            nonlocal training
            training, loss = jitted(training, x, y)
            return loss

        return step

    network = mlp

    def epoch(self, case: Case) -> Step:
        """Batches are gathered inside the compiled step, from data on the device."""
        train, training = self.train(case)

        def on_rows(training: Any, images: Any, labels: Any, rows: Any) -> Any:
            return train(training, images[rows], labels[rows])

        jitted = jax.jit(on_rows, donate_argnums=0)
        rng = np.random.default_rng(0)

        def run() -> Any:
            nonlocal training
            images, labels = (jnp.asarray(a) for a in mnist.read(self.folder))
            images = images.reshape(len(images), -1).astype(jnp.float32) / 255
            labels = labels.astype(jnp.int32)
            order = rng.permutation(len(images))
            for at in range(0, len(order), case.batch):
                training, loss = jitted(training, images, labels, order[at : at + case.batch])
            return loss

        return run


def _sgd(p: Any, m: Any, g: Any, lr: float) -> tuple[Any, Any]:
    m = jax.tree.map(lambda m, g: MOMENTUM * m + g, m, g)
    return jax.tree.map(lambda p, m: p - lr * m, p, m), m


def _adam(p: Any, moments: Any, g: Any, lr: float) -> tuple[Any, Any]:
    m, v, t = moments
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, g)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, g)
    rate, scale = lr / (1 - BETA1**t), 1 / (1 - BETA2**t)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v * scale) + EPS), p, m, v)
    return p, (m, v, t)
