"""Losses: minus the logarithm of a likelihood.

A network with parameters Θ that assigns the density p(t | x, Θ) to a target is fitted by making
the observed targets likely: maximise Π p(t_n | x_n, Θ), that is, minimise
E(Θ) = -Σ log p(t_n | x_n, Θ), usually divided by the number of samples. Most losses here are
such an E for one density, which their descriptions name; the others ask for a margin or an order.

`reduction` is "mean", "sum" or "none" throughout. Names, arguments and numbers are PyTorch's. Its
arguments `size_average` and `reduce`, which it gave up for `reduction`, keep their places and have
to stay None. Where it broadcasts an input and a target of different shapes (and warns), losses
here refuse: (N, 1) predictions and (N,) targets would be N² comparisons.
"""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ..functional.losses._common import check_reduction
from ..module import Buffer, Module

__all__ = ["Loss"]


class Loss(Module):
    """The base of all losses: called as loss(input, target)."""

    _reductions: tuple[str, ...] = ()  # those that it knows beside "mean", "sum" and "none"

    def __init__(
        self, size_average: Any = None, reduce: Any = None, reduction: str = "mean"
    ) -> None:
        check_reduction(reduction, self._reductions, size_average=size_average, reduce=reduce)
        super().__init__()
        self.reduction = reduction

    def extra_repr(self) -> str:
        return f"reduction={self.reduction!r}"


class Weighted(Loss):
    """A loss with weights: a buffer, which moves with it and is part of its state."""

    weight: Tensor | None

    def __init__(
        self,
        weight: Tensor | None = None,
        size_average: Any = None,
        reduce: Any = None,
        reduction: str = "mean",
    ) -> None:
        super().__init__(size_average, reduce, reduction)
        self.weight = None if weight is None else Buffer(weight)
