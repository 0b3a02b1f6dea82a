"""RMS normalisation: each sample's features brought to mean square 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from ...xp import ones
from .. import functional as F
from .. import init
from ..functional._checks import shape
from ..module import Module, Parameter, factory

__all__ = ["RMSNorm"]


class RMSNorm(Module):
    """y = x / sqrt(mean(x²) + eps) weight, over the last axes.

    Args:
        normalized_shape: the sizes of the last axes, which the mean runs over.
        eps: what keeps the root away from 0; None for the distance from 1 to the next number of
            the input's dtype.
        elementwise_affine: whether there is a weight.

    Shape: (..., *normalized_shape) -> the same; `weight` is normalized_shape.

    >>> import backprop as bp
    >>> bp.nn.RMSNorm(2)(bp.asarray([[3.0, -3.0]])).round()
    tensor([[ 1., -1.]])

    Source: Zhang and Sennrich, "Root mean square layer normalization" (2019).
    """

    weight: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kw = factory(dtype, device)
        self.normalized_shape = shape("RMSNorm", "normalized_shape", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        weight = Parameter(ones(self.normalized_shape, **kw)) if elementwise_affine else None
        self.register_parameter("weight", weight)

    def reset_parameters(self) -> None:
        """weight 1."""
        if self.weight is not None:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}"
        )
