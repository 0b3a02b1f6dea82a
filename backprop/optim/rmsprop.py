"""RMSprop: steps scaled by a running root mean square of the gradient."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_range, refuse
from .optimizer import Optimizer


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
        maximize: whether to go up instead of down.
        capturable, foreach, differentiable: PyTorch's; None or False.

    Source: Tieleman and Hinton, lecture 6.5 of "Neural networks for machine learning" (2012);
    formulas as PyTorch's.
    """

    kernel, places = "rmsprop_step", ("square_avg", "grad_avg", "momentum_buffer")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("RMSprop", capturable=capturable, foreach=foreach, differentiable=differentiable)
        super().__init__(params, {
            "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay,
            "momentum": momentum, "centered": centered, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("RMSprop", group, "lr", "eps", "weight_decay", "momentum", "alpha")

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        names = ["square_avg"]
        if group["momentum"]:
            names.append("momentum_buffer")
        if group["centered"]:
            names.append("grad_avg")
        return tuple(names)

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        return {
            "lr": group["lr"], "alpha": group["alpha"], "eps": group["eps"],
            "weight_decay": group["weight_decay"], "momentum": group["momentum"],
            "maximize": group["maximize"],
        }  # fmt: skip
