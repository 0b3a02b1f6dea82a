"""Lion: every weight moves by the same amount, in the direction of a momentum's sign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_betas, check_range
from .optimizer import Optimizer


class Lion(Optimizer):
    """w <- w - lr (sign(β1 m + (1 - β1) g) + λ w), then m <- β2 m + (1 - β2) g.

    Good learning rates are about a tenth of Adam's, good λ ten times AdamW's. PyTorch has no Lion.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        betas: (β1, β2).
        weight_decay: λ.
        maximize: whether to go up instead of down.

    Source: Chen et al., "Symbolic discovery of optimization algorithms" (2023), program 1.

    >>> import backprop as bp
    >>> w = bp.asarray([1.0, -5.0], requires_grad=True)
    >>> optimizer = bp.optim.Lion([w], lr=0.5)
    >>> (w * w).sum().backward(); optimizer.step(); w.tolist()
    [0.5, -4.5]
    """

    kernel = "lion_step"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, {
            "lr": lr, "betas": betas, "weight_decay": weight_decay, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("Lion", group, "lr", "weight_decay")
        check_betas("Lion", group)

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("exp_avg",)

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        beta1, beta2 = group["betas"]
        return {
            "lr": group["lr"], "beta1": beta1, "beta2": beta2,
            "weight_decay": group["weight_decay"], "maximize": group["maximize"],
        }  # fmt: skip
