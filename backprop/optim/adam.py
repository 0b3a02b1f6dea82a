"""Adam: steps scaled by running averages of the gradient and of its square."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_betas, check_range, refuse
from .optimizer import Optimizer


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
        amsgrad: whether the largest v so far takes the place of v.
        maximize: whether to go up instead of down.
        decoupled_weight_decay: whether w shrinks by lr λ w, as in AdamW.
        foreach, capturable, differentiable, fused: PyTorch's; None or False.

    Source: Kingma and Ba, "Adam: a method for stochastic optimization" (2014), algorithm 1;
    Reddi, Kale and Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2.

    >>> import backprop as bp
    >>> w = bp.asarray([1.0], requires_grad=True)
    >>> optimizer = bp.optim.Adam([w], lr=0.1)
    >>> (w * w).sum().backward(); optimizer.step(); round(w.item(), 6)
    0.9
    """

    kernel, places = "adam_step", ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        refuse(
            type(self).__name__, foreach=foreach, capturable=capturable,
            differentiable=differentiable, fused=fused,
        )  # fmt: skip
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize,
            "decoupled_weight_decay": decoupled_weight_decay,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range(type(self).__name__, group, "lr", "eps", "weight_decay")
        check_betas(type(self).__name__, group)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        names = ("exp_avg", "exp_avg_sq")
        return (*names, "max_exp_avg_sq") if group["amsgrad"] else names

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {
            "lr": group["lr"], "beta1": beta1, "beta2": beta2, "eps": group["eps"],
            "weight_decay": group["weight_decay"], "decoupled": group["decoupled_weight_decay"],
            "correction1": 1.0 - beta1**step, "correction2": 1.0 - beta2**step,
            "maximize": group["maximize"],
        }  # fmt: skip
