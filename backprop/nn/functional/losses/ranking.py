"""Losses that compare two or three samples with each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .... import rules
from ....tensor import Tensor
from ..distance import pairwise_distance
from ._common import as_numbers, check_number, check_reduction, check_tensors, reduced
from .margins import check_signs

__all__ = [
    "cosine_embedding_loss", "margin_ranking_loss", "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]  # fmt: skip

_TINY = 1e-12
"""What PyTorch adds to squared lengths before it divides by their root."""


def margin_ranking_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, margin - t (x1 - x2)) for t = 1 (x1 should be larger) and -1; see
    `nn.MarginRankingLoss`.

    >>> import backprop as bp
    >>> x1, x2, t = bp.asarray([2.0, 2.0]), bp.asarray([1.0, 1.0]), bp.asarray([1, -1])
    >>> bp.nn.functional.margin_ranking_loss(x1, x2, t, reduction="none")
    tensor([0., 1.])
    """
    loss = "margin_ranking_loss"
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_tensors(loss, {"input1": input1, "input2": input2}, {"target": target})
    check_number(loss, "margin", margin)
    if not input1.shape == input2.shape == target.shape:
        raise ValueError(
            f"{loss}: input1 has shape {input1.shape}, input2 {input2.shape} and target "
            f"{target.shape}, wanted the same"
        )
    target = as_numbers(loss, "target", target, input1)
    return reduced(rules.clip(margin - target * (input1 - input2), 0.0, None), reduction)


def cosine_embedding_loss(
    input1: Tensor,
    input2: Tensor,
    target: Tensor,
    margin: float = 0.0,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """1 - cos(x1, x2) where the target is 1, max(0, cos(x1, x2) - margin) where it is -1; see
    `nn.CosineEmbeddingLoss`.

    Shape: inputs (N, D) and target (N,), or (D,) and ().

    >>> import backprop as bp
    >>> x1, x2 = bp.asarray([[3.0, 4.0]]), bp.asarray([[4.0, 3.0]])
    >>> bp.nn.functional.cosine_embedding_loss(x1, x2, bp.asarray([1]))  # 1 - 24/25
    tensor(0.04)
    """
    loss = "cosine_embedding_loss"
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_tensors(loss, {"input1": input1, "input2": input2}, {"target": target})
    check_number(loss, "margin", margin)
    a, b = input1.shape, input2.shape
    if a != b or len(a) not in (1, 2) or target.shape != a[:-1]:
        raise ValueError(
            f"{loss}: input1 has shape {a}, input2 {b} and target {target.shape}, wanted (N, D) "
            "twice and (N,), or (D,) twice and ()"
        )
    check_signs(loss, target)
    lengths = ((input1 * input1).sum(axis=-1) + _TINY) * ((input2 * input2).sum(axis=-1) + _TINY)
    cosine = (input1 * input2).sum(axis=-1) / rules.sqrt(lengths)
    losses = rules.where(target == 1, 1.0 - cosine, rules.clip(cosine - margin, 0.0, None))
    return reduced(losses, reduction)


def triplet_margin_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    margin: float = 1.0,
    p: float = 2.0,
    eps: float = 1e-6,
    swap: bool = False,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """max(0, d(anchor, positive) - d(anchor, negative) + margin), d(x, y) = ||x - y + eps||_p; see
    `nn.TripletMarginLoss`.

    >>> import backprop as bp
    >>> a, b, c = bp.asarray([[0.0, 0.0]]), bp.asarray([[3.0, 4.0]]), bp.asarray([[0.0, 2.0]])
    >>> bp.nn.functional.triplet_margin_loss(a, b, c, eps=0.0)  # 5 - 2 + 1
    tensor(4.)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    check_number("triplet_margin_loss", "p", p)
    check_number("triplet_margin_loss", "eps", eps)

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return _triplet(
        "triplet_margin_loss", anchor, positive, negative, distance, margin, swap, reduction
    )


def triplet_margin_with_distance_loss(
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """`triplet_margin_loss` with another distance, a function of two Tensors; see
    `nn.TripletMarginWithDistanceLoss`. None is the Euclidean distance."""
    check_reduction(reduction)
    loss = "triplet_margin_with_distance_loss"
    if distance_function is not None and not callable(distance_function):
        raise TypeError(
            f"{loss}: distance_function: got {distance_function!r}, wanted a function of two "
            "Tensors"
        )
    distance = pairwise_distance if distance_function is None else distance_function
    return _triplet(loss, anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    loss: str,
    anchor: Tensor,
    positive: Tensor,
    negative: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    margin: float,
    swap: bool,
    reduction: str,
) -> Tensor:
    given = {"anchor": anchor, "positive": positive, "negative": negative}
    check_tensors(loss, given)
    check_number(loss, "margin", margin, above=0)
    shapes = [x.shape for x in given.values()]
    if len({len(s) for s in shapes}) > 1 or not shapes[0] or not _spread(shapes):
        raise ValueError(
            f"{loss}: anchor has shape {shapes[0]}, positive {shapes[1]} and negative {shapes[2]}, "
            "wanted the same, (N, D) or (D,)"
        )
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = rules.minimum(far, distance(positive, negative))
    return reduced(rules.clip(margin + near - far, 0.0, None), reduction)


def _spread(shapes: list[tuple[int, ...]]) -> bool:
    """Whether shapes of equally many axes broadcast."""
    return all(len(set(lengths) - {1}) < 2 for lengths in zip(*shapes, strict=True))
