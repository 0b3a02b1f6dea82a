"""Weight normalisation by a hook: PyTorch's older form, with its older names."""

from __future__ import annotations

from typing import Any, TypeVar

from ...tensor import Tensor
from ..module import Module, Parameter
from .parametrizations import norm_except
from .recompute import Recompute, parameter_of

__all__ = ["remove_weight_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class WeightNorm(Recompute):
    """w = g v / ||v||."""

    parts = ("_g", "_v")

    def __init__(self, name: str, dim: int | None) -> None:
        super().__init__(name)
        self.dim = dim

    def value(self, module: Any) -> Tensor:
        g, v = (getattr(module, self.name + part) for part in self.parts)
        return v * (g / norm_except(v, self.dim))


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Learn a weight as a length `NAME_g` and a direction `NAME_v`; returns the module.

    The older form of `parametrizations.weight_norm`, which see: the weight is computed before each
    forward pass, by a hook.

    >>> import backprop as bp
    >>> layer = bp.nn.utils.weight_norm(bp.nn.Linear(3, 2))
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'weight_g', 'weight_v']
    """
    hook = WeightNorm(name, dim)
    weight = parameter_of("weight_norm", module, name, WeightNorm)
    length = norm_except(weight.detach(), dim)
    delattr(module, name)
    module.register_parameter(f"{name}_g", Parameter(length))
    module.register_parameter(f"{name}_v", Parameter(weight.detach().clone()))
    hook.attach(module)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight a plain parameter again, of the value it has; returns the module."""
    WeightNorm.detach("remove_weight_norm", module, name)
    return module
