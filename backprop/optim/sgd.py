"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .checks import check_range, refuse
from .optimizer import Optimizer


class SGD(Optimizer):
    """w <- w - lr g, with momentum: m <- μ m + (1 - dampening) g, w <- w - lr m.

    With Nesterov's momentum the step is lr (g + μ m). Weight decay λ adds λ w to g.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the learning rate.
        momentum: μ.
        dampening: how much of a new gradient the momentum leaves out.
        weight_decay: λ.
        nesterov: whether to look ahead (needs momentum and no dampening).
        maximize: whether to go up instead of down.
        foreach, differentiable, fused: PyTorch's; None or False.

    Source: Sutskever et al., "On the importance of initialization and momentum in deep learning"
    (2013); formulas as PyTorch's.

    >>> import backprop as bp
    >>> w = bp.asarray([1.0], requires_grad=True)
    >>> optimizer = bp.optim.SGD([w], lr=0.1)
    >>> (w * w).sum().backward(); optimizer.step(); round(w.item(), 6)
    0.8
    """

    kernel, places = "sgd_step", ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        refuse("SGD", foreach=foreach, differentiable=differentiable, fused=fused)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "dampening": dampening,
            "weight_decay": weight_decay, "nesterov": nesterov, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("SGD", group, "lr", "momentum", "weight_decay")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD: nesterov needs momentum > 0 and dampening = 0")

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] else ()

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        return {
            "lr": group["lr"], "momentum": group["momentum"],
            "dampening": group["dampening"] if step > 1 else 0.0, "nesterov": group["nesterov"],
            "weight_decay": group["weight_decay"], "maximize": group["maximize"],
        }  # fmt: skip
