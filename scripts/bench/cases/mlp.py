"""Multilayer perceptrons with ReLU, from one that is all overhead to one that is all products."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..case import Case, Network, Weights


def dense(sizes: tuple[int, ...]) -> Network:
    """Linear layers of those sizes, with ReLU between them."""

    def build(nn: Any) -> Any:
        layers: list[Any] = []
        for i, (n, m) in enumerate(pairwise(sizes)):
            layers += [nn.ReLU()] if i else []
            layers += [nn.Linear(n, m)]
        return nn.Sequential(*layers)

    def jax_apply(layers: Any, state: Any, x: Any) -> Any:
        import jax

        for i, (w, b) in enumerate(layers):
            x = jax.nn.relu(x) if i else x
            x = x @ w + b
        return x, state

    shapes: dict[str, tuple[int, ...]] = {}
    for i, (n, m) in enumerate(pairwise(sizes)):
        shapes |= {f"{2 * i}.weight": (m, n), f"{2 * i}.bias": (m,)}
    return Network(shapes, build, _transposed, jax_apply)


def _transposed(weights: Weights) -> Any:
    values = list(weights.values())
    return [(w.T.copy(), b) for w, b in zip(values[::2], values[1::2], strict=True)]


def case(name: str, group: str, sizes: tuple[int, ...], batch: int, **more: Any) -> Case:
    """The training step of a perceptron."""
    return Case(
        name, "mlp", group, network=dense(sizes), sizes=sizes, input_shape=sizes[:1],
        outputs=sizes[-1], batch=batch, **more,
    )  # fmt: skip


def _both(text: str, batch: int, when: str = "normal") -> list[Case]:
    sizes = tuple(int(n) for n in text.split("-"))
    return [
        case(f"mlp-{text}-b{batch}-{rule}", "mlp", sizes, batch, when=when, optimizer=rule)
        for rule in ("sgd", "adam")
    ]


CASES = (
    *_both("2-8-8-1", 1, when="quick"),
    *_both("784-128-64-10", 32, when="quick"),
    *_both("784-256-128-10", 128),
    *_both("784-512-512-10", 512),
    *_both("1024-2048-2048-10", 256),
)
