"""A ResNet of eight layers for 32x32 images: three blocks of 16, 32 and 64 channels.

Source: He et al., "Deep residual learning for image recognition" (2016), section 4.2, smaller."""

from __future__ import annotations

from typing import Any

from ..case import Case, Network, Weights
from ._images import batch_norm, channels_last, conv, kernel

BLOCKS = ((16, 16, 1), (16, 32, 2), (32, 64, 2))  # channels before and after, stride


def _shapes() -> dict[str, tuple[int, ...]]:
    def pair(name: str, number: int, n: int, m: int, size: int) -> dict[str, tuple[int, ...]]:
        return {
            f"{name}.{number}.weight": (m, n, size, size),
            f"{name}.{number + 1}.weight": (m,),
            f"{name}.{number + 1}.bias": (m,),
        }

    found = pair("stem", 0, 3, 16, 3)
    for i, (n, m, stride) in enumerate(BLOCKS):
        found |= pair(f"blocks.{i}.main", 0, n, m, 3) | pair(f"blocks.{i}.main", 3, m, m, 3)
        found |= pair(f"blocks.{i}.short", 0, n, m, 1) if stride > 1 else {}
    return found | {"head.weight": (10, 64), "head.bias": (10,)}


def build(nn: Any) -> Any:
    """The module."""

    def normed(n: int, m: int, size: int, stride: int) -> list[Any]:
        padding = size // 2
        convolution = nn.Conv2d(n, m, size, stride=stride, padding=padding, bias=False)
        return [convolution, nn.BatchNorm2d(m)]

    class Block(nn.Module):
        def __init__(self, n: int, m: int, stride: int) -> None:
            super().__init__()
            self.main = nn.Sequential(
                *normed(n, m, 3, stride), nn.ReLU(), *normed(m, m, 3, 1)
            )  # fmt: skip
            self.short = nn.Sequential(*(normed(n, m, 1, stride) if stride > 1 else ()))
            self.relu = nn.ReLU()

        def forward(self, x: Any) -> Any:
            return self.relu(self.main(x) + self.short(x))

    class ResNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(*normed(3, 16, 3, 1), nn.ReLU())
            self.blocks = nn.Sequential(*(Block(*sizes) for sizes in BLOCKS))
            self.head = nn.Linear(64, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.blocks(self.stem(x)).mean((2, 3)))

    return ResNet()


def jax_weights(w: Weights) -> Any:
    """JAX's parameters: the same, with kernels channels-last."""
    found = {k: kernel(v) if v.ndim == 4 else v for k, v in w.items()}
    return found | {"head.weight": w["head.weight"].T.copy()}


def jax_state() -> Any:
    """Running mean and variance of each normalisation, by its name."""
    import numpy as np

    shapes = {k[:-5]: s for k, s in _shapes().items() if k.endswith(".bias") and k[0] != "h"}
    return {k: (np.zeros(s, np.float32), np.ones(s, np.float32)) for k, s in shapes.items()}


def jax_apply(p: Any, state: Any, x: Any) -> Any:
    """The outputs, in JAX."""
    import jax
    import jax.numpy as jnp

    new = {}

    def normed(x: Any, name: str, number: int, stride: int = 1) -> Any:
        weight, norm = p[f"{name}.{number}.weight"], f"{name}.{number + 1}"
        x = conv(x, weight, weight.shape[0] // 2, stride)
        x, new[norm] = batch_norm(x, p[f"{norm}.weight"], p[f"{norm}.bias"], state[norm])
        return x

    x = jax.nn.relu(normed(channels_last(x), "stem", 0))
    for i, (_, _, stride) in enumerate(BLOCKS):
        name = f"blocks.{i}"
        y = normed(jax.nn.relu(normed(x, f"{name}.main", 0, stride)), f"{name}.main", 3)
        short = normed(x, f"{name}.short", 0, stride) if stride > 1 else x
        x = jax.nn.relu(y + short)
    return jnp.mean(x, (1, 2)) @ p["head.weight"] + p["head.bias"], new


NETWORK = Network(_shapes(), build, jax_weights, jax_apply, jax_state)
CASES = (
    Case(
        "resnet-8-b32-sgd", "network", "networks", network=NETWORK, input_shape=(3, 32, 32),
        batch=32,
    ),
)  # fmt: skip
