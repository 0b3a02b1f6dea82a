"""RAdam: Adam that waits for its averages to settle."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from .checks import check_betas, check_range, refuse
from .optimizer import Optimizer


class RAdam(Optimizer):
    """w <- w - lr r_t m̂ sqrt(1 - β2^t) / (sqrt v + eps); at first, w <- w - lr m̂.

    ρ_∞ = 2 / (1 - β2) - 1 and ρ_t = ρ_∞ - 2 t β2^t / (1 - β2^t) say over how many steps v is
    averaged. Where ρ_t > 5, r_t = sqrt((ρ_t - 4)(ρ_t - 2) ρ_∞ / ((ρ_∞ - 4)(ρ_∞ - 2) ρ_t));
    before, the quotient is left out.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        betas: (β1, β2), as in Adam.
        eps: keeps the quotient finite.
        weight_decay: λ, adds λ w to g.
        decoupled_weight_decay: whether w shrinks by lr λ w instead.
        maximize: whether to go up instead of down.
        foreach, capturable, differentiable: PyTorch's; None or False.

    Source: Liu et al., "On the variance of the adaptive learning rate and beyond" (2019),
    algorithm 2.
    """

    kernel = "radam_step"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("RAdam", foreach=foreach, capturable=capturable, differentiable=differentiable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("RAdam", group, "lr", "eps", "weight_decay")
        check_betas("RAdam", group)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        correction1, correction2 = 1.0 - beta1**step, 1.0 - beta2**step
        limit = 2.0 / (1.0 - beta2) - 1.0
        length = limit - 2.0 * step * beta2**step / correction2
        scale, adaptive = 1.0 / correction1, length > 5.0
        if adaptive:
            above = (length - 4.0) * (length - 2.0) * limit
            below = (limit - 4.0) * (limit - 2.0) * length
            scale *= math.sqrt(above / below * correction2)
        return {
            "lr": group["lr"], "beta1": beta1, "beta2": beta2, "eps": group["eps"],
            "weight_decay": group["weight_decay"], "decoupled": group["decoupled_weight_decay"],
            "scale": scale, "adaptive": adaptive, "maximize": group["maximize"],
        }  # fmt: skip
