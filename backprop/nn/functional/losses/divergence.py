"""How far one distribution is from another."""

from __future__ import annotations

from typing import Any

from .... import rules
from ....tensor import Tensor
from ._common import check_pair, check_reduction, reduced, require

__all__ = ["kl_div"]


def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: Any = None,
    reduce: Any = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """q (log q - input) for log-probabilities `input` and probabilities q; see `nn.KLDivLoss`.

    The target is q, or log q with `log_target`. "batchmean" divides the sum by the length of the
    first axis.

    >>> import backprop as bp
    >>> p, q = bp.asarray([[0.5, 0.5]]), bp.asarray([[1.0, 0.0]])
    >>> bp.nn.functional.kl_div(bp.log(p), q, reduction="batchmean")  # 1 log (1 / 0.5)
    tensor(0.6931)
    """
    check_reduction(reduction, ("batchmean",), size_average=size_average, reduce=reduce)
    target = check_pair("kl_div", input, target)
    if log_target:
        losses = rules.exp(target) * (target - input)
    else:
        said = (
            "kl_div: target has values below 0, wanted probabilities; if they are logarithms say "
            "log_target=True"
        )
        require(lambda t: t >= 0, target, said)
        losses = rules.x_log_x(target) - target * input
    if reduction == "batchmean":
        return losses.sum() * (1.0 / max(len(input), 1) if input.ndim else 1.0)
    return reduced(losses, reduction)
