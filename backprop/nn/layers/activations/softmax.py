"""Softmax and its kin: functions of all units together."""

from __future__ import annotations

from ....tensor import Tensor
from ... import functional as F
from ...module import Module

__all__ = ["LogSoftmax", "Softmax", "Softmax2d", "Softmin"]


class _Along(Module):
    """A function along an axis. Without `dim` it is the last of one or two axes."""

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax(_Along):
    """e^x / Σ e^x along an axis: probabilities. (CrossEntropyLoss applies its own.)

    >>> import backprop as bp
    >>> bp.nn.Softmax(dim=1)(bp.zeros((1, 4))).tolist()
    [[0.25, 0.25, 0.25, 0.25]]
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.softmax(input, self.dim)


class Softmin(_Along):
    """e^-x / Σ e^-x along an axis."""

    def forward(self, input: Tensor) -> Tensor:
        return F.softmin(input, self.dim)


class LogSoftmax(_Along):
    """log softmax(x) along an axis, for NLLLoss."""

    def forward(self, input: Tensor) -> Tensor:
        return F.log_softmax(input, self.dim)


class Softmax2d(Module):
    """Softmax over the channels at each place of an image.

    Shape: (N, C, H, W) or (C, H, W) -> the same.
    """

    def forward(self, input: Tensor) -> Tensor:
        if input.ndim not in (3, 4):
            raise ValueError(
                f"Softmax2d: input: got shape {input.shape}, wanted (N, C, H, W) or (C, H, W)"
            )
        return F.softmax(input, -3)
