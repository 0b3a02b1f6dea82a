"""Metrics: gathered batch by batch on the device, read once at the end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import nn
from ..tensor import Tensor, asarray


class Metric:
    """Sums over batches that become one or more named numbers.

    A subclass defines `measure`, what a batch adds to the sums, and `result`, the numbers they
    make. (One that is not made of sums defines `update` instead of `measure`.) `state` and
    `set_state` carry the sums over an interruption.
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
        if self.sums:  # bare numbers where they come from a saved state
            values = [
                b + (a if isinstance(a, Tensor) else asarray(a, dtype=b.dtype, device=b.device))
                for a, b in zip(self.sums, values, strict=True)
            ]
        self.sums = values

    def state(self) -> dict[str, Any]:
        return {"count": self.count, "sums": [_host(s) for s in self.sums]}

    def set_state(self, state: dict[str, Any]) -> None:
        self.count, self.sums = state["count"], list(state["sums"])

    def measure(self, output: Tensor, target: Tensor) -> tuple[int, tuple[Tensor, ...]]:
        """(how many samples a batch has, its sums): operations on Tensors alone, since a Trainer
        records them."""
        raise NotImplementedError

    def update(self, output: Tensor, target: Tensor) -> None:
        """Add a batch."""
        count, sums = self.measure(output, target)
        self.add(count, *sums)

    def take(self, seen: Sequence[Any], target: Tensor) -> None:
        """Add a batch of which `measured` was told."""
        if of_sums(self):
            self.add(*seen)
        else:
            self.update(seen[0], target)

    def result(self) -> dict[str, float]:
        raise NotImplementedError


def measured(metric: Metric | None, output: Tensor, target: Tensor) -> tuple[Any, ...]:
    """What a metric is to be told of a batch: what it measures; or the output, where its update
    is its own."""
    if metric is None:
        return ()
    if not of_sums(metric):
        return (output,)
    count, sums = metric.measure(output, target)
    return (count, *sums)


def of_sums(metric: Metric | None) -> bool:
    """Whether a metric is told of a batch by what it measures, as most are."""
    return metric is not None and type(metric).update is Metric.update


class Accuracy(Metric):
    """The share of samples whose class is the one with the largest score.

    With one score a sample (a logit), class 1 is predicted where it is positive. Targets are class
    indices, or probabilities of the scores' shape: then the most probable class counts.

    Args:
        threshold: where given, each score answers a question of its own, with yes where it is
            above the threshold: 0 for logits, 0.5 for probabilities.
    """

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        super().__init__()

    def measure(self, output: Tensor, target: Tensor) -> tuple[int, tuple[Tensor, ...]]:
        if self.threshold is None and output.ndim > 1 and output.shape[1] > 1:
            if target.shape == output.shape and target.dtype.kind == "f":
                target = target.argmax(axis=1)
            hit = output.argmax(axis=1) == target
        else:
            yes = output.reshape(-1) > (self.threshold or 0.0)
            hit = yes == (target.reshape(-1).astype("float64") > 0.5)
        return hit.size, (hit.astype("int64").sum(),)

    def result(self) -> dict[str, float]:
        return {"accuracy": float(self.sums[0]) / self.count if self.count else math.nan}


class CharacterAccuracy(Accuracy):
    """The share of characters that were foretold: scores (N, L, V), targets (N, L)."""

    def measure(self, output: Tensor, target: Tensor) -> tuple[int, tuple[Tensor, ...]]:
        return super().measure(output.reshape(-1, output.shape[-1]), target.reshape(-1))


class Regression(Metric):
    """rmse = sqrt(mean (y - t)²) and r2 = 1 - Σ (y - t)² / Σ (t - mean t)².

    Of targets (N, T), rmse is over all elements, and r2 the mean of the columns' own.

    Args:
        scale: units of the target per unit of the network's output (the standard deviation that
            a standardised target was divided by), one or one a column: rmse is then in the
            target's own units.

    r2 is NaN where the targets do not vary.
    """

    def __init__(self, scale: float | Sequence[float] = 1.0) -> None:
        self.scale = scale
        super().__init__()

    def measure(self, output: Tensor, target: Tensor) -> tuple[int, tuple[Tensor, ...]]:
        t = target.double().reshape(target.shape[0], -1)
        d = output.detach().double().reshape(t.shape) - t
        return len(t), ((d * d).sum(axis=0), t.sum(axis=0), (t * t).sum(axis=0))

    def result(self) -> dict[str, float]:
        if not self.count:
            return {"rmse": math.nan, "r2": math.nan}
        errors, total, squares = (np.asarray(_host(s), np.float64) for s in self.sums)
        spread = squares - total * total / self.count
        varies = spread > 1e-12 * np.maximum(squares, 1e-300)
        r2 = np.where(varies, 1.0 - errors / np.where(varies, spread, 1.0), math.nan)
        rmse = math.sqrt(float((errors * np.square(self.scale)).mean()) / self.count)
        return {"rmse": rmse, "r2": float(r2.mean())}


def _host(value: Any) -> Any:
    """A sum's value: a number or nested lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def metric_for(loss: Any, scale: float | Sequence[float] = 1.0) -> Metric | None:
    """The metric that goes with a loss: accuracy for losses of classes, else rmse and r2."""
    if isinstance(loss, (nn.CrossEntropyLoss, nn.NLLLoss)):
        return Accuracy()
    if isinstance(loss, (nn.BCEWithLogitsLoss, nn.BCELoss)):
        return Accuracy(0.0 if isinstance(loss, nn.BCEWithLogitsLoss) else 0.5)
    if isinstance(loss, (nn.MSELoss, nn.L1Loss, nn.HuberLoss, nn.HalfSquaredErrorLoss)):
        return Regression(scale)
    return None
