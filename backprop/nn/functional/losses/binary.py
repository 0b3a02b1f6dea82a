"""Losses of yes-or-no targets."""

from __future__ import annotations

from typing import Any

from .... import rules
from ....tensor import Tensor
from ._common import check_fits, check_pair, check_reduction, made_by, require, weighted

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits"]


def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t log p + (1 - t) log(1 - p)) for probabilities p; logarithms are held above -100. See
    `nn.BCELoss`.

    >>> import backprop as bp
    >>> p, t = bp.asarray([0.8, 0.5]), bp.asarray([1.0, 0.0])
    >>> bp.nn.functional.binary_cross_entropy(p, t, reduction="sum")  # log 5/4 + log 2
    tensor(0.9163)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("binary_cross_entropy", input, target)
    for name, x in (("input", input), ("target", target)):
        said = (
            f"binary_cross_entropy: {name} has values outside [0, 1], wanted probabilities; for "
            "logits use binary_cross_entropy_with_logits (BCEWithLogitsLoss)"
        )
        require(lambda p: (p >= 0) & (p <= 1), x, said)
    losses = rules.binary_cross_entropy(input, target)
    return weighted("binary_cross_entropy", losses, weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """-(w t log σ(z) + (1 - t) log(1 - σ(z))) for logits z, w = pos_weight (1 if None). See
    `nn.BCEWithLogitsLoss`.

    >>> import backprop as bp
    >>> z, t = bp.asarray([0.0, 0.0]), bp.asarray([1.0, 0.0])
    >>> bp.nn.functional.binary_cross_entropy_with_logits(z, t)  # log 2
    tensor(0.6931)
    """
    loss = "binary_cross_entropy_with_logits"
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair(loss, input, target)
    if made_by(input, "sigmoid"):
        raise ValueError(
            f"{loss}: input was made by sigmoid, wanted logits: this loss applies sigmoid itself; "
            "leave that layer out (or use binary_cross_entropy, that is BCELoss)"
        )
    if pos_weight is None:
        losses = rules.softplus(input) - input * target
    else:
        check_fits(loss, "pos_weight", pos_weight, input)
        losses = pos_weight * target * rules.softplus(-input) + (1 - target) * rules.softplus(input)
    return weighted(loss, losses, weight, reduction)
