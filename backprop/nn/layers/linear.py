"""Linear: every output is a weighted sum of all inputs."""

from __future__ import annotations

import math
from typing import Any

from ...tensor import Tensor
from ...xp import empty
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..module import Module, Parameter, factory

__all__ = ["Linear"]


class Linear(Module):
    """y = x Wᵀ + b.

    Args:
        in_features: length of the input's last axis.
        out_features: length of the output's last axis.
        bias: whether b is added.

    Shape: (..., in_features) -> (..., out_features). `weight` is (out_features, in_features),
    `bias` (out_features,); both start uniform in ±1 / sqrt(in_features), as PyTorch's.

    >>> import backprop as bp
    >>> bp.nn.Linear(3, 2)(bp.zeros((5, 3))).shape
    (5, 2)
    """

    bias: Parameter | None

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        kw = factory(dtype, device)
        self.in_features = whole("Linear", "in_features", in_features)
        self.out_features = whole("Linear", "out_features", out_features)
        self.weight = Parameter(empty((out_features, in_features), **kw))
        self.register_parameter("bias", Parameter(empty((out_features,), **kw)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the parameters anew."""
        bound = 1.0 / math.sqrt(self.in_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        bias = "" if self.bias is not None else ", bias=False"
        return f"{self.in_features}, {self.out_features}{bias}"
