"""Rprop: every weight has a step size of its own, and only the gradient's sign counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .checks import check_range, number, refuse
from .optimizer import Optimizer


class Rprop(Optimizer):
    """w <- w - s sign(g); s grows while g keeps its sign, shrinks when g turns.

    Where g turned, the weight stays and the next gradient counts as the first. For whole-batch
    training: the noise of small batches turns gradients for no reason.

    Args:
        params: parameters, or dicts of parameters and settings.
        lr: the first step size.
        etas: the factors to shrink and to grow by, below and above 1.
        step_sizes: the smallest and the largest step size.
        maximize: whether to go up instead of down.
        capturable, foreach, differentiable: PyTorch's; None or False.

    Source: Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning:
    the RPROP algorithm" (1993); formulas as PyTorch's.
    """

    kernel = "rprop_step"

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50.0),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        refuse("Rprop", capturable=capturable, foreach=foreach, differentiable=differentiable)
        super().__init__(params, {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize,
        })  # fmt: skip

    def check(self, group: dict[str, Any]) -> None:
        check_range("Rprop", group, "lr")
        etas, sizes = group["etas"], group["step_sizes"]
        if not (_pair(etas) and 0.0 < etas[0] < 1.0 < etas[1]):
            raise ValueError(
                f"Rprop: etas: got {etas}, wanted a number between 0 and 1 and one above 1"
            )
        if not (_pair(sizes) and 0.0 <= sizes[0] <= sizes[1]):
            raise ValueError(
                f"Rprop: step_sizes: got {sizes}, wanted two numbers of at least 0, "
                "the smaller first"
            )

    def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
        return ("prev", "step_size")

    def first(self, group: dict[str, Any]) -> Mapping[str, float]:
        return {"step_size": group["lr"]}

    def numbers(self, group: dict[str, Any], step: int, *kept: float) -> dict[str, Any]:
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]
        return {
            "shrink": shrink, "grow": grow, "smallest": smallest, "largest": largest,
            "maximize": group["maximize"],
        }  # fmt: skip


def _pair(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and len(value) == 2 and all(map(number, value))
