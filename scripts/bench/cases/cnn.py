"""Two convolutions of 3x3, to 16 and to 32 channels, for 28x28 images."""

from __future__ import annotations

from typing import Any

from ..case import Case, Network, Weights
from ._images import after_flatten, channels_last, conv, kernel, max_pool

SHAPES = {
    "0.weight": (16, 1, 3, 3), "0.bias": (16,), "3.weight": (32, 16, 3, 3), "3.bias": (32,),
    "7.weight": (10, 1568), "7.bias": (10,),
}  # fmt: skip


def build(nn: Any) -> Any:
    """The module."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(1568, 10),
    )  # fmt: skip


def jax_weights(w: Weights) -> Any:
    """JAX's parameters."""
    convolutions = [(kernel(w[f"{i}.weight"]), w[f"{i}.bias"]) for i in (0, 3)]
    return convolutions, (after_flatten(w["7.weight"], (32, 7, 7)), w["7.bias"])


def jax_apply(p: Any, state: Any, x: Any) -> Any:
    """The outputs, in JAX."""
    import jax

    x = channels_last(x)
    convolutions, (last, shift) = p
    for weight, bias in convolutions:
        x = max_pool(jax.nn.relu(conv(x, weight, 1) + bias))
    return x.reshape(x.shape[0], -1) @ last + shift, state


NETWORK = Network(SHAPES, build, jax_weights, jax_apply)
CASES = (
    Case(
        "cnn-16-32-b64-sgd", "network", "networks", network=NETWORK, input_shape=(1, 28, 28),
        batch=64,
    ),
)  # fmt: skip
