"""Losses that ask for a margin between right and wrong."""

from __future__ import annotations

from typing import Any

import backends
from backends import record

from .... import rules
from ....tensor import Tensor
from ._common import (
    check_fits,
    check_number,
    check_pair,
    check_reduction,
    check_tensors,
    made_by,
    reduced,
    require,
)  # fmt: skip

__all__ = [
    "hinge_embedding_loss", "multi_margin_loss", "multilabel_margin_loss",
    "multilabel_soft_margin_loss", "soft_margin_loss",
]  # fmt: skip


def check_signs(loss: str, target: Tensor) -> None:
    """Raise unless all targets are 1 or -1, as far as looking costs nothing."""
    said = f"{loss}: target has values other than 1 and -1; for targets 0 and 1 take 2 t - 1"
    require(lambda t: (t == 1) | (t == -1), target, said)


def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1; see `nn.HingeEmbeddingLoss`.

    >>> import backprop as bp
    >>> x, t = bp.asarray([0.5, 0.25]), bp.asarray([1, -1])
    >>> bp.nn.functional.hinge_embedding_loss(x, t, reduction="none")
    tensor([0.5 , 0.75])
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("hinge_embedding_loss", input, target)
    check_number("hinge_embedding_loss", "margin", margin)
    check_signs("hinge_embedding_loss", target)
    losses = rules.where(target == 1, input, rules.clip(margin - input, 0.0, None))
    return reduced(losses, reduction)


def soft_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """log(1 + e^(-t x)) for targets t of 1 and -1; see `nn.SoftMarginLoss`.

    >>> import backprop as bp
    >>> bp.nn.functional.soft_margin_loss(bp.asarray([0.0]), bp.asarray([1]))  # log 2
    tensor(0.6931)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("soft_margin_loss", input, target)
    return reduced(rules.softplus(-(target * input)), reduction)


def multilabel_soft_margin_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """The mean over the classes of log(1 + e^x) - t x; see `nn.MultiLabelSoftMarginLoss`.

    Shape: input and target (..., C), weight (C,); the losses are (...,).

    >>> import backprop as bp
    >>> x, t = bp.zeros((1, 4)), bp.asarray([[1, 0, 0, 1]])
    >>> bp.nn.functional.multilabel_soft_margin_loss(x, t)  # log 2
    tensor(0.6931)
    """
    loss = "multilabel_soft_margin_loss"
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair(loss, input, target)
    if input.ndim == 0:
        raise ValueError(f"{loss}: input has shape (), wanted one score a class in its last axis")
    if made_by(input, "sigmoid"):
        raise ValueError(
            f"{loss}: input was made by sigmoid, wanted logits: this loss applies sigmoid itself; "
            "leave that layer out"
        )
    losses = rules.softplus(input) - target * input
    if weight is not None:
        check_fits(loss, "weight", weight, input)
        losses = losses * weight
    return reduced(losses.mean(axis=-1), reduction)


def multi_margin_loss(
    input: Tensor,
    target: Tensor,
    p: int = 1,
    margin: float = 1.0,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ_c≠t max(0, margin - x[t] + x[c])^p w[t] / C; see `nn.MultiMarginLoss`.

    Shape: input (N, C) and target (N,), or (C,) and ().

    >>> import backprop as bp
    >>> x, t = bp.asarray([[0.1, 0.2, 0.4, 0.8]]), bp.asarray([3])
    >>> bp.nn.functional.multi_margin_loss(x, t)  # (0.3 + 0.4 + 0.6) / 4
    tensor(0.325)
    """
    loss = "multi_margin_loss"
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_tensors(loss, {"input": input}, {"target": target})
    check_power(loss, p)
    check_number(loss, "margin", margin)
    x, t = input.shape, target.shape
    if len(x) not in (1, 2) or x[-1] == 0 or t not in (x[:-1], x[:-1] or (1,)):
        raise ValueError(
            f"{loss}: input has shape {x} and target {t}, wanted (N, C) and (N,), or (C,) and ()"
        )
    check_whole(loss, target)
    check_classes(loss, target, 0, x[-1])
    scores, column = input.reshape(-1, x[-1]), target.reshape(-1, 1)
    over = rules.relu(scores - rules.take_along_axis(scores, column, axis=1) + margin)
    if p == 2:
        over = over * over
    each = rules.where(_one_hot(column, scores), 0.0, over)
    losses = each.mean(axis=1).reshape(t)
    if weight is not None:
        check_tensors(loss, {"weight": weight})
        if weight.shape != x[-1:]:
            raise ValueError(
                f"{loss}: weight has shape {weight.shape}, wanted one a class, ({x[-1]},)"
            )
        losses = losses * rules.take(weight, target.reshape(-1), axis=0).reshape(t)
    return reduced(losses, reduction)


def multilabel_margin_loss(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """Σ_j Σ_c max(0, 1 - x[t_j] + x[c]) / C, t_j the labels and c all other classes; see
    `nn.MultiLabelMarginLoss`.

    Shape: input and target (N, C) or (C,). A row of the target holds labels up to the first -1.

    >>> import backprop as bp
    >>> x, t = bp.asarray([[0.1, 0.2, 0.4, 0.8]]), bp.asarray([[3, 0, -1, 1]])  # labels 3 and 0
    >>> bp.nn.functional.multilabel_margin_loss(x, t)  # (0.4 + 0.6 + 1.1 + 1.3) / 4
    tensor(0.85)
    """
    loss = "multilabel_margin_loss"
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_tensors(loss, {"input": input}, {"target": target})
    x = input.shape
    if x != target.shape or len(x) not in (1, 2) or x[-1] == 0:
        raise ValueError(
            f"{loss}: input has shape {x} and target {target.shape}, wanted (N, C) or (C,) for "
            "both: the labels of a sample, and -1 behind them"
        )
    check_whole(loss, target)
    check_classes(loss, target, -1, x[-1])
    scores, labels = input.reshape(-1, x[-1]), target.reshape(-1, x[-1])
    ended = rules.cumulative_sum((labels < 0).astype("int64"), axis=1, include_initial=False)
    there = ended == 0
    labels, there = _as_few_columns(labels, there)
    labels = rules.where(there, labels, 0)
    counts = rules.add_along_axis(there.astype(scores.dtype), labels, length=x[-1], axis=1)
    at_labels = rules.take_along_axis(scores, labels, axis=1)
    over = rules.relu(scores.unsqueeze(1) - at_labels.unsqueeze(2) + 1.0)  # (N, labels, C)
    counted = rules.where(there.unsqueeze(2), (counts == 0).unsqueeze(1), False)
    # One axis after the other: so columns that hold no label change not even the last digit.
    losses = rules.where(counted, over, 0.0).sum(axis=1).sum(axis=1) * (1.0 / x[-1])
    return reduced(losses.reshape(x[:-1]), reduction)


def check_power(loss: str, p: Any) -> None:
    if isinstance(p, bool) or p not in (1, 2):
        raise ValueError(f"{loss}: p: got {p!r}, wanted 1 or 2")


def check_whole(loss: str, target: Tensor) -> None:
    if target.dtype.kind not in "iu":
        raise TypeError(f"{loss}: target has dtype {target.dtype}, wanted integer class indices")


def check_classes(loss: str, target: Tensor, least: int, classes: int) -> None:
    """Raise for a target below `least` or that is no class."""

    def look(array: Any) -> None:
        shifted = array - least if least else array
        stray = backends.kernels.stray_class(shifted, classes - least)
        if stray is not None:
            raise ValueError(
                f"{loss}: target holds class {stray + least}, wanted {least} to {classes - 1} "
                f"for {classes} scores a sample"
            )

    record.check(look, target.data)


def _one_hot(column: Tensor, scores: Tensor) -> Tensor:
    """Where each row of scores has its target."""
    xp = backends.namespace(column.data)
    each = xp.arange(scores.shape[1], dtype=column.data.dtype, device=column.data.device)
    return column == Tensor(each)


def _as_few_columns(labels: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
    """Without the columns that hold no sample's label, as far as looking costs nothing."""
    if record.hidden(labels.data) or labels.size == 0:
        return labels, there
    xp = backends.namespace(there.data)
    used = max(1, int(xp.max(backends.kernels.count_nonzero(there.data, axis=1))))
    return labels[:, :used], there[:, :used]
