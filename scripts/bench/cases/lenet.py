"""LeNet-5 with ReLU and max pooling, for 28x28 images.

Source: LeCun et al., "Gradient-based learning applied to document recognition" (1998)."""

from __future__ import annotations

from typing import Any

from ..case import Case, Network, Weights
from ._images import after_flatten, channels_last, conv, kernel, max_pool

SHAPES = {
    "0.weight": (6, 1, 5, 5), "0.bias": (6,), "3.weight": (16, 6, 5, 5), "3.bias": (16,),
    "7.weight": (120, 400), "7.bias": (120,), "9.weight": (84, 120), "9.bias": (84,),
    "11.weight": (10, 84), "11.bias": (10,),
}  # fmt: skip


def build(nn: Any) -> Any:
    """The module."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )  # fmt: skip


def jax_weights(w: Weights) -> Any:
    """JAX's parameters."""
    return {
        "conv": [(kernel(w[f"{i}.weight"]), w[f"{i}.bias"]) for i in (0, 3)],
        "linear": [
            (after_flatten(w["7.weight"], (16, 5, 5)), w["7.bias"]),
            *((w[f"{i}.weight"].T.copy(), w[f"{i}.bias"]) for i in (9, 11)),
        ],
    }


def jax_apply(p: Any, state: Any, x: Any) -> Any:
    """The outputs, in JAX."""
    import jax

    x = channels_last(x)
    for (weight, bias), padding in zip(p["conv"], (2, 0), strict=True):
        x = max_pool(jax.nn.relu(conv(x, weight, padding) + bias))
    x = x.reshape(x.shape[0], -1)
    for i, (weight, bias) in enumerate(p["linear"]):
        x = jax.nn.relu(x) if i else x
        x = x @ weight + bias
    return x, state


NETWORK = Network(SHAPES, build, jax_weights, jax_apply)
CASES = tuple(
    Case(
        f"lenet-b64-{rule}", "network", "networks", network=NETWORK, input_shape=(1, 28, 28),
        batch=64, optimizer=rule,
    )
    for rule in ("sgd", "adam")
)  # fmt: skip
