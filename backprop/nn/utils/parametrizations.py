"""Parametrisations: weight normalisation and spectral normalisation."""

from __future__ import annotations

from typing import Any, TypeVar

from ... import rules
from ...graph import no_grad
from ...tensor import Tensor
from ...xp import empty, permute_dims
from .. import functional as F
from .. import init
from ..functional._checks import whole
from ..layers.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from ..module import Module
from .parametrize import register_parametrization

__all__ = ["spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


def norm_except(weight: Tensor, dim: int | None) -> Tensor:
    """The Euclidean norm of each slice of the weight along an axis; None (or -1) of all of it."""
    if dim is None or dim == -1:
        return rules.vector_norm(weight, axis=None, keepdims=False, ord=2.0)
    if not 0 <= dim < weight.ndim:
        raise ValueError(
            f"weight_norm: dim: got {dim}, wanted None or an axis of a weight of shape "
            f"{weight.shape}"
        )
    others = tuple(a for a in range(weight.ndim) if a != dim)
    if not others:
        return rules.abs(weight)
    return rules.vector_norm(weight, axis=others, keepdims=True, ord=2.0)


def as_matrix(weight: Tensor, dim: int) -> Tensor:
    """The weight with one axis first and all others as the second."""
    if dim:
        order = (dim, *(a for a in range(weight.ndim) if a != dim))
        weight = permute_dims(weight, order)
    return weight.reshape(weight.shape[0], -1)


def unit_vector(size: int, like: Tensor, eps: float) -> Tensor:
    """A random direction."""
    drawn = init.normal_(empty((size,), dtype=like.dtype, device=like.device))
    return F.normalize(drawn, dim=0, eps=eps)


def output_axis(module: Module, dim: int | None) -> int:
    """The axis of a weight that belongs to the outputs, unless another one is asked for."""
    transposed = (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)
    return (1 if isinstance(module, transposed) else 0) if dim is None else dim


def weight_of(function: str, module: Module, name: str) -> Tensor:
    """The Tensor of this name."""
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(
            f"{function}: name: got {name!r}, wanted that of a parameter of {type(module).__name__}"
        )
    return weight


class _WeightNorm(Module):
    def __init__(self, dim: int | None = 0) -> None:
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weight_v * (weight_g / norm_except(weight_v, self.dim))

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        return norm_except(weight, self.dim), weight


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Learn a weight as a length and a direction, w = g v / ||v||; returns the module.

    g is `module.parametrizations.NAME.original0` and v `original1`. At first w is what it was.

    Args:
        module: the owner.
        name: the weight's name.
        dim: each slice along this axis has a length of its own; None (or -1): all have one.

    >>> import backprop as bp
    >>> layer = bp.nn.utils.parametrizations.weight_norm(bp.nn.Linear(3, 2))
    >>> {name: p.shape for name, p in layer.named_parameters()}["parametrizations.weight.original0"]
    (2, 1)

    Source: Salimans and Kingma, "Weight normalization" (2016), equation 2.
    """
    weight_of("weight_norm", module, name)
    return register_parametrization(module, name, _WeightNorm(dim), unsafe=True)


class _SpectralNorm(Module):
    _u: Tensor
    _v: Tensor

    def __init__(
        self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12
    ) -> None:
        self.n_power_iterations = whole("spectral_norm", "n_power_iterations", n_power_iterations)
        if not -weight.ndim <= dim < weight.ndim:
            raise IndexError(
                f"spectral_norm: dim: got {dim}, wanted an axis of a weight of shape {weight.shape}"
            )
        self.dim, self.eps = dim % weight.ndim, eps
        if weight.ndim > 1:  # of a vector, the norm is no estimate
            matrix = as_matrix(weight.detach(), self.dim)
            rows, columns = matrix.shape
            self.register_buffer("_u", unit_vector(rows, matrix, eps))
            self.register_buffer("_v", unit_vector(columns, matrix, eps))
            self._iterate(matrix, 15)

    def _iterate(self, matrix: Tensor, times: int) -> None:
        with no_grad():
            matrix = matrix.detach()
            for _ in range(times):
                self._u.copy_(F.normalize(matrix @ self._v, dim=0, eps=self.eps))
                self._v.copy_(F.normalize(self._u @ matrix, dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._iterate(matrix, self.n_power_iterations)
        # Copies: a later call moves the buffers before this one's backward pass may have run.
        u, v = self._u.detach().clone(), self._v.detach().clone()
        return weight / (u @ (matrix @ v))

    def right_inverse(self, value: Tensor) -> Tensor:
        return value


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """Divide a weight by its largest singular value σ, so that the layer stretches no input by
    more than 1; returns the module.

    σ = uᵀ W v, with u and v from the power method: in training each use of the weight takes
    n_power_iterations steps u <- W v, v <- Wᵀ u (made unit vectors) from where it stopped last.

    Args:
        module: the owner.
        name: the weight's name.
        n_power_iterations: steps for each use.
        eps: the least norm to divide by.
        dim: the axis of W's rows; None for the outputs' (1 in a transposed convolution, else 0).

    >>> import backprop as bp
    >>> layer = bp.nn.utils.parametrizations.spectral_norm(bp.nn.Linear(4, 3))
    >>> [name for name, _ in layer.named_buffers()]
    ['parametrizations.weight.0._u', 'parametrizations.weight.0._v']

    Source: Miyato et al., "Spectral normalization for generative adversarial networks" (2018),
    algorithm 1.
    """
    weight: Any = weight_of("spectral_norm", module, name)
    norm = _SpectralNorm(weight, n_power_iterations, output_axis(module, dim), eps)
    return register_parametrization(module, name, norm)
