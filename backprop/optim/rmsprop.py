"""RMSprop: steps scaled by a running root mean square of the gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import backends

from .optimizer import Optimizer, check_range


class RMSprop(Optimizer):
    """v <- α v + (1 - α) g²; w <- w - lr g / (sqrt v + eps), through a momentum buffer if wanted.

    Centered, the running mean of g is subtracted: the root becomes that of a variance.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        alpha: how slowly v forgets.
        eps: keeps the quotient finite.
        weight_decay: λ, adds λ w to g.
        momentum: of the steps.
        centered: whether to divide by the standard deviation.

    Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012);
    formulas as PyTorch's.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
            "momentum": momentum, "centered": centered,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        zero_up = (0.0, math.inf)
        check_range(
            "RMSprop", group, lr=zero_up, eps=zero_up, weight_decay=zero_up, momentum=zero_up,
            alpha=zero_up,
        )  # fmt: skip

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        names = ["square_avg"]
        if group["centered"]:
            names.append("grad_avg")
        if group["momentum"]:
            names.append("momentum_buffer")
        return tuple(names)

    def update(self, group: dict[str, Any], step: int, p: Any, g: Any, *state: Any) -> None:
        named = dict(zip(self.buffers(group), state, strict=True))
        backends.kernels.rmsprop_step(
            p, g, named["square_avg"], named.get("grad_avg"), named.get("momentum_buffer"),
            lr=group["lr"], alpha=group["alpha"], eps=group["eps"],
            weight_decay=group["weight_decay"], momentum=group["momentum"],
        )  # fmt: skip
