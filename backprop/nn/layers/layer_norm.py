"""Layer normalisation: each sample's features brought to mean 0 and variance 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...tensor import Tensor
from ...xp import ones, zeros
from .. import functional as F
from .. import init
from ..functional._checks import shape
from ..module import Module, Parameter, factory

__all__ = ["LayerNorm"]


class LayerNorm(Module):
    """y = (x - mean) / sqrt(var + eps) weight + bias, over the last axes.

    Args:
        normalized_shape: the sizes of the last axes, which mean and (biased) variance run over.
        eps: what keeps the root away from 0.
        elementwise_affine: whether there are a weight and a bias.
        bias: whether there is a bias beside the weight.

    Shape: (..., *normalized_shape) -> the same; `weight` and `bias` are normalized_shape.

    >>> import backprop as bp
    >>> bp.nn.LayerNorm(4)(bp.asarray([[1.0, 1.0, 3.0, 3.0]])).round()
    tensor([[-1., -1.,  1.,  1.]])

    Source: Ba, Kiros, Hinton, "Layer normalization" (2016).
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kw = factory(dtype, device)
        self.normalized_shape = shape("LayerNorm", "normalized_shape", normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        size = self.normalized_shape
        weighted, biased = elementwise_affine, elementwise_affine and bias
        self.register_parameter("weight", Parameter(ones(size, **kw)) if weighted else None)
        self.register_parameter("bias", Parameter(zeros(size, **kw)) if biased else None)

    def reset_parameters(self) -> None:
        """weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.normalized_shape}, eps={self.eps}, "
            f"elementwise_affine={self.elementwise_affine}, bias={self.bias is not None}"
        )
