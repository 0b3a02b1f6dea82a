"""Bilinear: every output is a weighted sum of the products of two inputs."""

from __future__ import annotations

import math
from typing import Any

from ...tensor import Tensor
from ...xp import empty
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..module import Module, Parameter, factory

__all__ = ["Bilinear"]


class Bilinear(Module):
    """y_k = x₁ᵀ W_k x₂ + b_k.

    Args:
        in1_features, in2_features: lengths of the inputs' last axes.
        out_features: length of the output's last axis.
        bias: whether b is added.

    Shape: (..., in1_features), (..., in2_features) -> (..., out_features). `weight` is
    (out_features, in1_features, in2_features), `bias` (out_features,); both start uniform in
    ±1 / sqrt(in1_features).

    >>> import backprop as bp
    >>> bp.nn.Bilinear(3, 4, 2)(bp.zeros((5, 3)), bp.zeros((5, 4))).shape
    (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in1_features: int,
        in2_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kw = factory(dtype, device)
        self.in1_features = whole("Bilinear", "in1_features", in1_features)
        self.in2_features = whole("Bilinear", "in2_features", in2_features)
        self.out_features = whole("Bilinear", "out_features", out_features)
        self.weight = Parameter(empty((out_features, in1_features, in2_features), **kw))
        self.register_parameter("bias", Parameter(empty((out_features,), **kw)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1.0 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        return F.bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )
