"""Adagrad: steps scaled by the root of the sum of all squared gradients so far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .checks import check_range, refuse
from .optimizer import Optimizer


class Adagrad(Optimizer):
    """s <- s + g²; w <- w - lr_t g / (sqrt s + eps), lr_t = lr / (1 + (t - 1) lr_decay).

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        lr_decay: how fast it falls with the steps.
        weight_decay: λ, adds λ w to g.
        initial_accumulator_value: what s starts at.
        eps: keeps the quotient finite.
        maximize: whether to go up instead of down.
        foreach, differentiable, fused: PyTorch's; None or False.

    Source: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization" (2011); formulas as PyTorch's.
    """

    kernel = "adagrad_step"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse("Adagrad", foreach=foreach, differentiable=differentiable, fused=fused)
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range(
            "Adagrad", group, "lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps"
        )

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("sum",)

    def first(self, group: dict[str, Any]) -> Mapping[str, float]:
        return {"sum": group["initial_accumulator_value"]}

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        return {
            "lr": group["lr"] / (1.0 + (step - 1) * group["lr_decay"]), "eps": group["eps"],
            "weight_decay": group["weight_decay"], "maximize": group["maximize"],
        }  # fmt: skip
