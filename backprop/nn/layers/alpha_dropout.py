"""Alpha dropout: dropout that keeps the mean and variance of self-normalising networks."""

from __future__ import annotations

from ...tensor import Tensor
from .. import functional as F
from .dropout import DropoutBase

__all__ = ["AlphaDropout", "FeatureAlphaDropout"]


class AlphaDropout(DropoutBase):
    """In training, each element is set to f with probability p, and all become a x + b; in use, x.

    f = -1.7581 is what SELU tends to at minus infinity; a = ((1 - p) (1 + p f²))^(-1/2) and
    b = -a p f keep mean 0 and variance 1 what they are.

    Args:
        p: the probability.
        inplace: has no effect: nothing is written in place.

    >>> import backprop as bp
    >>> bp.nn.AlphaDropout(0.5).eval()(bp.ones(2))
    tensor([1., 1.])

    Source: Klambauer et al., "Self-normalizing neural networks" (2017).
    """

    def forward(self, input: Tensor) -> Tensor:
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(DropoutBase):
    """Alpha dropout of whole channels. Shape: (N, C, ...) -> the same; see `AlphaDropout`."""

    def forward(self, input: Tensor) -> Tensor:
        return F.feature_alpha_dropout(input, self.p, self.training)
