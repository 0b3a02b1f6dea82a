"""Linear maps as functions of their weights."""

from __future__ import annotations

from ... import rules
from ...tensor import Tensor

__all__ = ["linear"]


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x weightᵀ + bias; see `nn.Linear`."""
    if not isinstance(x, Tensor):
        raise TypeError(
            f"linear: x is a {type(x).__name__}, wanted a Tensor; wrap it: backprop.asarray(x)"
        )
    a, w = x.data, weight.data
    if len(a.shape) == 0 or a.shape[-1] != w.shape[-1]:
        raise ValueError(
            f"linear: x has shape {tuple(a.shape)}, wanted {w.shape[-1]} features in its last axis"
        )
    if a.dtype is not w.dtype and x.dtype != weight.dtype:
        raise TypeError(
            f"linear: x is {x.dtype} and the weight {weight.dtype}; convert the data "
            f"(x.astype(weight.dtype)) or the model (model.to(x.dtype))"
        )
    return rules.linear(x, weight, bias)
