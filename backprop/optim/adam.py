"""Adam: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import backends

from .optimizer import Optimizer, check_range


class Adam(Optimizer):
    """m <- β1 m + (1 - β1) g, v <- β2 v + (1 - β2) g²; w <- w - lr m̂ / (sqrt v̂ + eps).

    m̂ = m / (1 - β1^t) and v̂ = v / (1 - β2^t) undo the averages' start at 0. Weight decay λ adds
    λ w to g (AdamW shrinks w itself instead).

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        betas: (β1, β2).
        eps: keeps the quotient finite.
        weight_decay: λ.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014), algorithm 1.
    """

    decoupled = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
        )

    def check(self, group: dict[str, Any]) -> None:
        name, zero_up = type(self).__name__, (0.0, math.inf)
        check_range(name, group, lr=zero_up, eps=zero_up, weight_decay=zero_up)
        if len(group["betas"]) != 2 or not all(0.0 <= b < 1.0 for b in group["betas"]):
            raise ValueError(
                f"{name}: betas: got {group['betas']}, wanted two numbers of at least 0 and below 1"
            )

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def update(self, group: dict[str, Any], step: int, p: Any, g: Any, *state: Any) -> None:
        beta1, beta2 = group["betas"]
        backends.kernels.adam_step(
            p, g, *state,
            lr=group["lr"], beta1=beta1, beta2=beta2, eps=group["eps"],
            weight_decay=group["weight_decay"], decoupled=self.decoupled,
            correction1=1.0 - beta1**step, correction2=1.0 - beta2**step,
        )  # fmt: skip
