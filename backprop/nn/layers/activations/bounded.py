"""Activations made of straight lines between bounds."""

from __future__ import annotations

from ....tensor import Tensor
from ... import functional as F
from ...functional.activations import check_bounds
from ...module import Module

__all__ = ["Hardsigmoid", "Hardswish", "Hardtanh", "ReLU6"]


class Hardtanh(Module):
    """x held between min_val and max_val; the derivative is 0 from the bounds on.

    >>> import backprop as bp
    >>> bp.nn.Hardtanh()(bp.asarray([-3.0, 0.5, 3.0])).tolist()
    [-1.0, 0.5, 1.0]
    """

    def __init__(
        self,
        min_val: float = -1.0,
        max_val: float = 1.0,
        inplace: bool = False,
        min_value: None = None,
        max_value: None = None,
    ) -> None:
        if min_value is not None or max_value is not None:
            raise TypeError(
                "Hardtanh: min_value and max_value are old names; write min_val and max_val"
            )
        check_bounds("Hardtanh", min_val, max_val, apart=True)
        self.min_val, self.max_val = min_val, max_val

    def forward(self, input: Tensor) -> Tensor:
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"


class ReLU6(Hardtanh):
    """min(max(x, 0), 6).

    >>> import backprop as bp
    >>> bp.nn.ReLU6()(bp.asarray([-3.0, 0.5, 7.0])).tolist()
    [0.0, 0.5, 6.0]
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0)

    def extra_repr(self) -> str:
        return ""


class Hardsigmoid(Module):
    """x / 6 + 1/2 held between 0 and 1.

    >>> import backprop as bp
    >>> bp.nn.Hardsigmoid()(bp.asarray([-3.0, 0.0, 5.0])).tolist()
    [0.0, 0.5, 1.0]
    """

    def __init__(self, inplace: bool = False) -> None: ...

    def forward(self, input: Tensor) -> Tensor:
        return F.hardsigmoid(input)


class Hardswish(Module):
    """x times (x / 6 + 1/2 held between 0 and 1).

    Source: Howard et al., "Searching for MobileNetV3" (2019).

    >>> import backprop as bp
    >>> bp.nn.Hardswish()(bp.asarray([-1.5, 0.0, 5.0])).tolist()
    [-0.375, 0.0, 5.0]
    """

    def __init__(self, inplace: bool = False) -> None: ...

    def forward(self, input: Tensor) -> Tensor:
        return F.hardswish(input)
