"""ASGD: gradient descent that also averages the weights it passes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_range, refuse
from .optimizer import Optimizer


class ASGD(Optimizer):
    """w <- (1 - λ η) w - η g;  ax <- ax + μ (w - ax), the average to be used in the end.

    η_t = lr / (1 + λ lr t)^α falls with the steps t, and μ_t = 1 / max(1, t - t0): until the step
    t0 the average is w itself, from then on the mean. It is `optimizer.state[w]["ax"]`.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the first η.
        lambd: λ.
        alpha: α.
        t0: when averaging begins.
        weight_decay: adds weight_decay w to g.
        maximize: whether to go up instead of down.
        foreach, differentiable, capturable: PyTorch's; None or False.

    Source: Polyak and Juditsky, "Acceleration of stochastic approximation by averaging" (1992);
    formulas as PyTorch's.
    """

    kernel = "asgd_step"
    scalars = ("eta", "mu")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        refuse("ASGD", foreach=foreach, differentiable=differentiable, capturable=capturable)
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("ASGD", group, "lr", "lambd", "alpha", "t0", "weight_decay")

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("ax",)

    def first_scalars(self, group: dict[str, Any]) -> tuple[float, ...]:
        return group["lr"], 1.0

    def next_scalars(self, group: dict[str, Any], step: int, *old: float) -> tuple[float, ...]:
        lr = group["lr"]
        eta = lr / (1.0 + group["lambd"] * lr * step) ** group["alpha"]
        return eta, 1.0 / max(1.0, step - group["t0"])

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        eta, mu = kept
        return {
            "eta": eta, "lambd": group["lambd"], "mu": mu,
            "weight_decay": group["weight_decay"], "maximize": group["maximize"],
        }  # fmt: skip
