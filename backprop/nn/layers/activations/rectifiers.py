"""Rectifiers: the input where it is positive, and some line elsewhere."""

from __future__ import annotations

from typing import Any

from ....tensor import Tensor
from ....xp import empty
from ... import functional as F
from ...functional._checks import whole
from ...functional.activations import check_rrelu
from ...init import constant_
from ...module import Module, Parameter, factory

__all__ = ["LeakyReLU", "PReLU", "RReLU", "ReLU", "Threshold"]


class ReLU(Module):
    """max(x, 0); the derivative at 0 is 0.

    >>> import backprop as bp
    >>> bp.nn.ReLU()(bp.asarray([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    def __init__(self, inplace: bool = False) -> None: ...

    def forward(self, input: Tensor) -> Tensor:
        return F.relu(input)


class LeakyReLU(Module):
    """x where x > 0, else negative_slope x.

    >>> import backprop as bp
    >>> bp.nn.LeakyReLU(0.5)(bp.asarray([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class PReLU(Module):
    """x where x > 0, else a x, with a learned slope a.

    Args:
        num_parameters: 1 slope for all, or one for each channel.
        init: what the slopes begin as.

    Shape: (N, C, ...) -> the same; `weight` is (num_parameters,).

    Source: He et al., "Delving deep into rectifiers" (2015).

    >>> import backprop as bp
    >>> bp.nn.PReLU(2)(bp.asarray([[-1.0, 2.0]])).tolist()
    [[-0.25, 2.0]]
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        self.num_parameters, self.init = whole("PReLU", "num_parameters", num_parameters), init
        self.weight = Parameter(empty((self.num_parameters,), **factory(dtype, device)))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Begin anew."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class RReLU(Module):
    """x where x > 0, else r x, r drawn evenly from [lower, upper] for each element in training,
    and their mean in use.

    Source: Xu et al., "Empirical evaluation of rectified activations" (2015).

    >>> import backprop as bp
    >>> bp.nn.RReLU(0.25, 0.75).eval()(bp.asarray([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        check_rrelu("RReLU", lower, upper)
        self.lower, self.upper = lower, upper

    def forward(self, input: Tensor) -> Tensor:
        return F.rrelu(input, self.lower, self.upper, self.training)

    def extra_repr(self) -> str:
        return f"lower={self.lower}, upper={self.upper}"


class Threshold(Module):
    """x where x > threshold, else value.

    >>> import backprop as bp
    >>> bp.nn.Threshold(1.0, -5.0)(bp.asarray([1.0, 2.0])).tolist()
    [-5.0, 2.0]
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        self.threshold, self.value = threshold, value

    def forward(self, input: Tensor) -> Tensor:
        return F.threshold(input, self.threshold, self.value)

    def extra_repr(self) -> str:
        return f"threshold={self.threshold}, value={self.value}"
