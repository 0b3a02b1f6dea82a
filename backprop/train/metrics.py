"""Metrics: gathered batch by batch on the device, read once at the end."""

from __future__ import annotations

import math
from typing import Any

from .. import nn
from ..tensor import Tensor


class Metric:
    """Sums over batches that become one or more named numbers.

    `update` adds a batch; `result` gives the numbers; `state` and `set_state` carry the sums over
    an interruption.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew."""
        self.count = 0
        self.sums: list[Any] = []

    def add(self, count: int, *sums: Tensor) -> None:
        """Count samples and add sums, without waiting for the device."""
        self.count += count
        values = [s.detach() for s in sums]
        self.sums = (
            values if not self.sums else [a + b for a, b in zip(self.sums, values, strict=True)]
        )

    def state(self) -> dict[str, Any]:
        return {"count": self.count, "sums": [float(s) for s in self.sums]}

    def set_state(self, state: dict[str, Any]) -> None:
        self.count, self.sums = state["count"], list(state["sums"])

    def update(self, output: Tensor, target: Tensor) -> None:
        raise NotImplementedError

    def result(self) -> dict[str, float]:
        raise NotImplementedError


class Accuracy(Metric):
    """The share of samples whose class is the one with the largest score.

    With one score a sample (a logit), class 1 is predicted where it is positive.
    """

    def update(self, output: Tensor, target: Tensor) -> None:
        if output.ndim > 1 and output.shape[1] > 1:
            hit = output.argmax(axis=1) == target
        else:
            hit = (output.reshape(-1) > 0) == (target.reshape(-1) > 0.5)
        self.add(len(output), hit.astype("int64").sum())

    def result(self) -> dict[str, float]:
        return {"accuracy": float(self.sums[0]) / self.count if self.count else math.nan}


class Regression(Metric):
    """rmse = sqrt(mean (y - t)²) and r2 = 1 - Σ (y - t)² / Σ (t - mean t)².

    Args:
        scale: units of the target per unit of the network's output (the standard deviation that
            a standardised target was divided by): rmse is then in the target's own units.

    r2 is NaN where the targets do not vary.
    """

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        super().__init__()

    def update(self, output: Tensor, target: Tensor) -> None:
        d = output.detach().double() - target.double()
        t = target.double()
        self.add(target.size, (d * d).sum(), t.sum(), (t * t).sum())

    def result(self) -> dict[str, float]:
        if not self.count:
            return {"rmse": math.nan, "r2": math.nan}
        errors, total, squares = (float(s) for s in self.sums)
        spread = squares - total * total / self.count
        r2 = 1.0 - errors / spread if spread > 1e-12 * max(squares, 1e-300) else math.nan
        return {"rmse": math.sqrt(errors / self.count) * self.scale, "r2": r2}


def metric_for(loss: Any, scale: float = 1.0) -> Metric | None:
    """The metric that goes with a loss: accuracy for losses of classes, else rmse and r2."""
    classes = (nn.CrossEntropyLoss, nn.NLLLoss, nn.BCEWithLogitsLoss)
    if isinstance(loss, classes):
        return Accuracy()
    if isinstance(loss, (nn.MSELoss, nn.L1Loss, nn.HuberLoss, nn.HalfSquaredErrorLoss)):
        return Regression(scale)
    return None
