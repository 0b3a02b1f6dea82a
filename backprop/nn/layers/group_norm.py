"""Group normalisation: each group of a sample's channels brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

from ...tensor import Tensor
from ...xp import ones, zeros
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..module import Module, Parameter, factory

__all__ = ["GroupNorm"]


class GroupNorm(Module):
    """y = (x - mean) / sqrt(var + eps) weight + bias, over each group of channels of a sample.

    Args:
        num_groups: how many groups of neighbouring channels.
        num_channels: the channels C, a multiple of num_groups.
        eps: what keeps the root away from 0.
        affine: whether there are a weight and a bias, a number for each channel.
        bias: whether there is a bias beside the weight.

    Shape: (N, C, ...) -> the same; `weight` and `bias` are (C,).

    >>> import backprop as bp
    >>> bp.nn.GroupNorm(2, 6)(bp.zeros((5, 6, 4, 4))).shape
    (5, 6, 4, 4)

    Source: Wu and He, "Group normalization" (2018).
    """

    weight: Parameter | None
    bias: Parameter | None

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        device: Any = None,
        dtype: Any = None,
        *,
        bias: bool = True,
    ) -> None:
        kw = factory(dtype, device)
        self.num_groups = whole("GroupNorm", "num_groups", num_groups)
        self.num_channels = whole("GroupNorm", "num_channels", num_channels)
        if num_channels % num_groups:
            raise ValueError(
                f"GroupNorm: num_groups: got {num_groups}, wanted a divisor of num_channels = "
                f"{num_channels}"
            )
        self.eps, self.affine, size = eps, affine, (num_channels,)
        self.register_parameter("weight", Parameter(ones(size, **kw)) if affine else None)
        self.register_parameter("bias", Parameter(zeros(size, **kw)) if affine and bias else None)

    def reset_parameters(self) -> None:
        """weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )
