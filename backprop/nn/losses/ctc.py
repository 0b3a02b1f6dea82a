"""The loss of a sequence of labels without their times: connectionist temporal classification."""

from __future__ import annotations

from collections.abc import Sequence

from ...tensor import Tensor
from .. import functional as F
from ..functional._checks import integer
from .base import Loss

__all__ = ["CTCLoss"]


class CTCLoss(Loss):
    """-log p(labels | x), where p adds up all alignments of the labels with T steps.

    Likelihood: each step t draws a symbol π_t from its own categorical distribution, so an
    alignment π has probability Π_t p_t(π_t). Merging its repeats and then dropping its blanks
    leaves labels; their probability is the sum over all alignments that leave them. (Two equal
    labels in turn need a blank between them.) The sum is done by the forward-backward algorithm,
    in logarithms.

    The derivative by log_probs is -p(π_t = c | labels), that of the value itself. PyTorch gives
    that by the scores before log_softmax instead; behind a log_softmax both are the same.

    Labels that no alignment fits (too few steps) have an infinite loss and a gradient of NaN.

    Args:
        blank: the class that stands for no label.
        zero_infinity: whether infinite losses, and their gradients, are 0.

    Shape: log_probs (T, N, C), or (T, C) for a single sequence, from log_softmax. Targets (N, S),
    padded by anything, or all one behind the other, or (S,). Lengths are Tensors of integers or
    tuples; with targets one behind the other give tuples, since the host has to know them. The
    losses are (N,) or (). "mean" divides each by the length of its target first.

    Source: Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification" (2006).

    >>> import backprop as bp
    >>> logs = bp.log(bp.full((2, 1, 2), 0.5))  # two steps; a blank and a symbol, equally likely
    >>> bp.nn.CTCLoss()(logs, bp.asarray([[1]]), (2,), (1,))  # 11, 1-, -1: -log 3/4
    tensor(0.2877)
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction=reduction)
        number = integer(blank)
        if number is None or number < 0:
            raise ValueError(f"CTCLoss: blank: got {blank!r}, wanted a class of at least 0")
        self.blank, self.zero_infinity = number, zero_infinity

    def forward(
        self,
        log_probs: Tensor,
        targets: Tensor,
        input_lengths: Tensor | Sequence[int],
        target_lengths: Tensor | Sequence[int],
    ) -> Tensor:
        return F.ctc_loss(
            log_probs, targets, input_lengths, target_lengths, self.blank, self.reduction,
            self.zero_infinity,
        )  # fmt: skip
