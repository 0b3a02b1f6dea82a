"""Adadelta: steps as large as recent steps were, in proportion to recent gradients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_range, refuse
from .optimizer import Optimizer


class Adadelta(Optimizer):
    """v <- ρ v + (1 - ρ) g², d = sqrt(u + eps) / sqrt(v + eps) g, u <- ρ u + (1 - ρ) d².

    Then w <- w - lr d.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: a factor of the step.
        rho: ρ, how slowly both averages forget; from 0 to 1.
        eps: keeps the quotient finite, and the first steps from being 0.
        weight_decay: λ, adds λ w to g.
        maximize: whether to go up instead of down.
        foreach, capturable, differentiable: PyTorch's; None or False.

    Source: Zeiler, "ADADELTA: an adaptive learning rate method" (2012), algorithm 1.
    """

    kernel = "adadelta_step"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("Adadelta", foreach=foreach, capturable=capturable, differentiable=differentiable)
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("Adadelta", group, "lr", "eps", "weight_decay")
        check_range("Adadelta", group, "rho", high=1.0)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        return {
            "lr": group["lr"], "rho": group["rho"], "eps": group["eps"],
            "weight_decay": group["weight_decay"], "maximize": group["maximize"],
        }  # fmt: skip
