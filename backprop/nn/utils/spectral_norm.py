"""Spectral normalisation by a hook: PyTorch's older form, with its older names."""

from __future__ import annotations

from typing import Any, TypeVar

from ...graph import no_grad
from ...tensor import Tensor
from .. import functional as F
from ..functional._checks import whole
from ..module import Module
from .parametrizations import as_matrix, output_axis, unit_vector
from .recompute import Recompute, parameter_of

__all__ = ["remove_spectral_norm", "spectral_norm"]

M = TypeVar("M", bound=Module)


class SpectralNorm(Recompute):
    """w / (uᵀ w v)."""

    parts = ("_orig", "_u", "_v")

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        super().__init__(name)
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps

    def value(self, module: Any) -> Tensor:
        return self._divided(module, self.n_power_iterations if module.training else 0)

    def final(self, module: Any) -> Tensor:
        return self._divided(module, 0)

    def _divided(self, module: Any, times: int) -> Tensor:
        weight, u, v = (getattr(module, self.name + part) for part in self.parts)
        matrix = as_matrix(weight, self.dim)
        with no_grad():
            fixed = matrix.detach()
            for _ in range(times):
                v.copy_(F.normalize(u @ fixed, dim=0, eps=self.eps))
                u.copy_(F.normalize(fixed @ v, dim=0, eps=self.eps))
        return weight / (u.detach().clone() @ (matrix @ v.detach().clone()))

    def attach(self, module: Module) -> None:
        """Leave the weight as it is until the first forward pass."""
        setattr(module, self.name, getattr(module, self.name + "_orig").detach())
        self.handle = module.register_forward_pre_hook(self)


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight, then `NAME_orig`, by its largest singular value; returns the module.

    The older form of `parametrizations.spectral_norm`, which see: the weight is computed before
    each forward pass, by a hook, from the buffers `NAME_u` and `NAME_v`.

    >>> import backprop as bp
    >>> layer = bp.nn.utils.spectral_norm(bp.nn.Linear(3, 2))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    whole("spectral_norm", "n_power_iterations", n_power_iterations)
    weight = parameter_of("spectral_norm", module, name, SpectralNorm)
    hook = SpectralNorm(name, n_power_iterations, output_axis(module, dim), eps)
    matrix = as_matrix(weight.detach(), hook.dim)
    u, v = (unit_vector(size, matrix, eps) for size in matrix.shape)
    delattr(module, name)
    module.register_parameter(f"{name}_orig", weight)
    module.register_buffer(f"{name}_u", u)
    module.register_buffer(f"{name}_v", v)
    hook.attach(module)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight a plain parameter again, of the value it has; returns the module."""
    SpectralNorm.detach("remove_spectral_norm", module, name)
    return module
