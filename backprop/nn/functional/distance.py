"""How far vectors are apart, how much they point the same way, and vectors of length 1."""

from __future__ import annotations

from ... import rules
from ...tensor import Tensor
from ...xp import linalg
from ...xp._check import tensor
from ...xp._shapes import axis
from ...xp.manipulation import broadcast_arrays

__all__ = ["cosine_similarity", "normalize", "pairwise_distance"]


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """x₁·x₂ / (max(|x₁|, eps) max(|x₂|, eps)) along the axis; see `nn.CosineSimilarity`."""
    tensor(x1, "cosine_similarity", "x1")
    tensor(x2, "cosine_similarity", "x2")
    along = axis(dim, max(x1.shape, x2.shape, key=len), "cosine_similarity", "dim")
    along -= max(x1.ndim, x2.ndim)  # from the end: the shapes may be broadcast
    if x1.shape[along:][:1] != x2.shape[along:][:1] or min(x1.ndim, x2.ndim) < -along:
        x1, x2 = broadcast_arrays(x1, x2)  # a vector that is repeated is longer
    return rules.sum(_unit(x1, along, eps) * _unit(x2, along, eps), axis=along, keepdims=False)


def _unit(x: Tensor, along: int, eps: float) -> Tensor:
    norm = linalg.vector_norm(x, axis=along, keepdims=True)
    return x / rules.where(norm < eps, eps, norm)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x₁ - x₂ + eps along the last axis; see `nn.PairwiseDistance`."""
    tensor(x1, "pairwise_distance", "x1")
    tensor(x2, "pairwise_distance", "x2")
    return linalg.vector_norm(x1 - x2 + eps, axis=-1, keepdims=keepdim, ord=p)


def normalize(
    input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: None = None
) -> Tensor:
    """x / max(|x|, eps), with the p-norm along the axis.

    >>> import backprop as bp
    >>> normalize(bp.asarray([[3.0, 4.0]])).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    if out is not None:
        raise TypeError("normalize: out: wanted None: results are new Tensors here")
    along = axis(dim, tensor(input, "normalize", "input").shape, "normalize", "dim")
    norm = linalg.vector_norm(input, axis=along, keepdims=True, ord=p)
    return input / rules.where(norm < eps, eps, norm)
