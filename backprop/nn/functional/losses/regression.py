"""Losses of numbers: functions of the differences between predictions and targets."""

from __future__ import annotations

import math
from typing import Any

from .... import rules
from ....tensor import Tensor
from ._common import check_number, check_pair, check_reduction, check_tensors, quotient, reduced

__all__ = ["half_squared_error", "huber_loss", "l1_loss", "mse_loss", "smooth_l1_loss"]


def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(input - target)², by default its mean over all elements; see `nn.MSELoss`.

    With a weight of the input's shape each square is multiplied by its own, and "mean" divides by
    the sum of the weights.

    >>> import backprop as bp
    >>> bp.nn.functional.mse_loss(bp.asarray([1.0, 2.0]), bp.asarray([0.0, 4.0]))
    tensor(2.5)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("mse_loss", input, target)
    if weight is not None:
        return _by_weights("mse_loss", _half_squares(input, target) * 2.0, weight, reduction)
    return _squares(input, target, reduction, _share(input.size) if reduction == "mean" else 1.0)


def half_squared_error(input: Tensor, target: Tensor, reduction: str = "sum") -> Tensor:
    """1/2 ||input - target||² of each sample, summed over the samples or their mean; see
    `nn.HalfSquaredErrorLoss`."""
    check_reduction(reduction)
    target = check_pair("half_squared_error", input, target)
    if reduction == "none":
        squares = _half_squares(input, target)
        return squares if squares.ndim < 2 else squares.sum(axis=tuple(range(1, squares.ndim)))
    n = len(input) if input.ndim else 1
    return _squares(input, target, reduction, 0.5 * _share(n) if reduction == "mean" else 0.5)


def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|input - target|, by default its mean; see `nn.L1Loss`.

    With a weight of the input's shape, "mean" divides by the sum of the weights.
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("l1_loss", input, target)
    errors = rules.abs(input - target)
    if weight is not None:
        return _by_weights("l1_loss", errors, weight, reduction)
    return reduced(errors, reduction)


def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d² / (2 beta) where |d| < beta, else |d| - beta/2, for d = input - target; see
    `nn.SmoothL1Loss`. With beta = 0 it is |d|."""
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("smooth_l1_loss", input, target)
    check_number("smooth_l1_loss", "beta", beta, 0)
    d = input - target
    if beta == 0:
        return reduced(rules.abs(d), reduction)
    return reduced(rules.huber(d, delta=beta), reduction) * (1.0 / beta)


def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d²/2 where |d| <= delta, else delta (|d| - delta/2), for d = input - target; see
    `nn.HuberLoss`.

    With a weight of the input's shape, "mean" divides by the number of elements, as in PyTorch
    (where `mse_loss` and `l1_loss` divide by the sum of the weights).
    """
    check_reduction(reduction)
    target = check_pair("huber_loss", input, target)
    check_number("huber_loss", "delta", delta, above=0)
    losses = rules.huber(input - target, delta=delta)
    if weight is not None:
        _check_weight("huber_loss", losses, weight)
        losses = losses * weight
    return reduced(losses, reduction)


def _share(n: int) -> float:
    """1 / n, and NaN for a mean of nothing."""
    return 1.0 / n if n else math.nan


def _half_squares(input: Tensor, target: Tensor) -> Tensor:
    d = input - target
    return d * d * 0.5


def _squares(input: Tensor, target: Tensor, reduction: str, scale: float) -> Tensor:
    d = input - target
    if reduction == "none":
        return d * d * scale
    return rules.sum_of_squares(d) * scale


def _check_weight(loss: str, losses: Tensor, weight: Tensor) -> None:
    check_tensors(loss, {"weight": weight})
    if weight.shape != losses.shape:
        raise ValueError(
            f"{loss}: weight has shape {weight.shape}, wanted the input's, {losses.shape}"
        )


def _by_weights(loss: str, losses: Tensor, weight: Tensor, reduction: str) -> Tensor:
    _check_weight(loss, losses, weight)
    losses = losses * weight
    if reduction == "mean":
        return quotient(losses.sum(), weight.sum())
    return reduced(losses, reduction)
