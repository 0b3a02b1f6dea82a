"""Adamax: Adam with the largest recent gradient in place of the mean square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_betas, check_range, refuse
from .optimizer import Optimizer


class Adamax(Optimizer):
    """m <- β1 m + (1 - β1) g, u <- max(β2 u, |g| + eps); w <- w - lr m / ((1 - β1^t) u).

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        betas: (β1, β2).
        eps: keeps the quotient finite.
        weight_decay: λ, adds λ w to g.
        maximize: whether to go up instead of down.
        foreach, differentiable, capturable: PyTorch's; None or False.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014), algorithm 2.
    """

    kernel = "adamax_step"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        refuse("Adamax", foreach=foreach, differentiable=differentiable, capturable=capturable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("Adamax", group, "lr", "eps", "weight_decay")
        check_betas("Adamax", group)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {
            "lr": group["lr"], "beta1": beta1, "beta2": beta2, "eps": group["eps"],
            "weight_decay": group["weight_decay"], "correction1": 1.0 - beta1**step,
            "maximize": group["maximize"],
        }  # fmt: skip
