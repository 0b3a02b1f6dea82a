"""NAdam: Adam with Nesterov's momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_betas, check_range, refuse
from .optimizer import Optimizer


class NAdam(Optimizer):
    """Adam whose m̂ looks one step ahead.

    With μ_t = β1 (1 - 0.96^(t ψ) / 2) and M_t = μ_1 ... μ_t:
    m̂ = μ_{t+1} m / (1 - M_{t+1}) + (1 - μ_t) g / (1 - M_t);  w <- w - lr m̂ / (sqrt v̂ + eps).

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        betas: (β1, β2), as in Adam.
        eps: keeps the quotient finite.
        weight_decay: λ, adds λ w to g.
        momentum_decay: ψ.
        decoupled_weight_decay: whether w shrinks by lr λ w instead.
        maximize: whether to go up instead of down.
        foreach, capturable, differentiable: PyTorch's; None or False.

    Source: Dozat, "Incorporating Nesterov momentum into Adam" (2016), algorithm 2 and section 3.
    """

    kernel = "nadam_step"
    scalars = ("mu_product",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("NAdam", foreach=foreach, capturable=capturable, differentiable=differentiable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("NAdam", group, "lr", "eps", "weight_decay", "momentum_decay")
        check_betas("NAdam", group)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def first_scalars(self, group: dict[str, Any]) -> tuple[float, ...]:
        return (1.0,)

    def next_scalars(self, group: dict[str, Any], step: int, *old: float) -> tuple[float, ...]:
        return (old[0] * _momentum(group, step),)

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        mu, ahead = _momentum(group, step), _momentum(group, step + 1)
        product = kept[0] * mu
        return {
            "lr": group["lr"], "beta1": beta1, "beta2": beta2, "eps": group["eps"],
            "weight_decay": group["weight_decay"], "decoupled": group["decoupled_weight_decay"],
            "of_gradient": (1.0 - mu) / (1.0 - product),
            "of_mean": ahead / (1.0 - product * ahead),
            "correction2": 1.0 - beta2**step, "maximize": group["maximize"],
        }  # fmt: skip


def _momentum(group: dict[str, Any], step: int) -> float:
    """μ at a step."""
    return group["betas"][0] * (1.0 - 0.5 * 0.96 ** (step * group["momentum_decay"]))
