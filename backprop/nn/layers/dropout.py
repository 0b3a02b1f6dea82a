"""Dropout: units, or whole channels, switched off at random while training."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from ..functional._checks import probability
from ..module import Module

__all__ = ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d"]


class DropoutBase(Module):
    """p and inplace, the arguments of every kind of dropout."""

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        self.p, self.inplace = probability(type(self).__name__, "p", p), inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(DropoutBase):
    """In training, each element is 0 with probability p, else x / (1 - p); in use, x.

    The mask comes from the stream `backprop.manual_seed` starts, the same on every device.

    Args:
        p: the probability.
        inplace: has no effect: nothing is written in place.

    >>> import backprop as bp
    >>> layer = bp.nn.Dropout(0.5)
    >>> layer.eval()(bp.ones(3))
    tensor([1., 1., 1.])

    Source: Srivastava et al., "Dropout: a simple way to prevent neural networks from
    overfitting" (2014).
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout(input, self.p, self.training)


class Dropout1d(DropoutBase):
    """Dropout of whole channels. Shape: (N, C, L) or (C, L) -> the same; see `Dropout2d`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout1d(input, self.p, self.training)


class Dropout2d(DropoutBase):
    """In training, each channel is 0 with probability p, else x / (1 - p); in use, x.

    Neighbouring positions of a channel tell much the same: to drop one of them drops little.

    Args:
        p: the probability.
        inplace: has no effect: nothing is written in place.

    Shape: (N, C, H, W) -> the same; three axes are taken for (N, C, L), as in PyTorch.

    Source: Tompson et al., "Efficient object localization using convolutional networks" (2015).
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout2d(input, self.p, self.training)


class Dropout3d(DropoutBase):
    """Dropout of whole channels. Shape: (N, C, D, H, W) or (C, D, H, W) -> the same; see
    `Dropout2d`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.dropout3d(input, self.p, self.training)
