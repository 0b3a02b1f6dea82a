"""Penalties: the R(Θ) in l(Θ) = E(Θ) + R(Θ).

A penalty is minus the logarithm of a prior density over the parameters, up to a constant: adding
it turns the maximum of the likelihood into the maximum of the posterior.
"""

from __future__ import annotations

from collections.abc import Iterable

from .. import rules
from ..tensor import Tensor
from .module import Module, Parameter

__all__ = ["ElasticPenalty", "L1Penalty", "L2Penalty", "Penalty"]


class Penalty:
    """A penalty on a module's parameters; called with the module, it gives R as a Tensor.

    Args:
        strength: the factor λ >= 0.
        biases: whether biases (parameters with fewer than two axes) are penalised too. They only
            shift a unit's threshold, so by default they are left free.
    """

    def __init__(self, strength: float, biases: bool = False) -> None:
        if not strength >= 0:
            raise ValueError(f"strength: got {strength}, wanted a number of at least 0")
        self.strength, self.biases = strength, biases

    def __call__(self, model: Module) -> Tensor:
        chosen = [p for p in model.parameters() if p.requires_grad and (self.biases or p.ndim > 1)]
        if not chosen:
            raise ValueError(
                f"{type(self).__name__}: the model has no parameters to penalise "
                "(biases count only with biases=True)"
            )
        return self.value(chosen) * self.strength

    def value(self, parameters: Iterable[Parameter]) -> Tensor:
        """The penalty at strength 1."""
        raise NotImplementedError

    def __repr__(self) -> str:
        settings = ", ".join(f"{k}={v}" for k, v in vars(self).items() if k != "strength")
        return f"{type(self).__name__}({self.strength}, {settings})"


def _total(terms: Iterable[Tensor]) -> Tensor:
    first, *rest = terms
    for term in rest:
        first = first + term
    return first


class L2Penalty(Penalty):
    """Ridge: λ/2 Σ w². Prior: each w normal with mean 0 and variance 1/λ.

    Its gradient is λ w, the same as `weight_decay=λ` of the SGD optimizer.
    """

    def value(self, parameters: Iterable[Parameter]) -> Tensor:
        return _total(rules.sum_of_squares(p) for p in parameters) * 0.5


class L1Penalty(Penalty):
    """Lasso: λ Σ |w|. Prior: each w Laplace with scale 1/λ; drives weights to exactly 0."""

    def value(self, parameters: Iterable[Parameter]) -> Tensor:
        return _total(rules.abs(p).sum() for p in parameters)


class ElasticPenalty(Penalty):
    """Elastic net: λ (ρ Σ |w| + (1 - ρ)/2 Σ w²), ρ = l1_ratio.

    Source: Zou and Hastie, "Regularization and variable selection via the elastic net" (2005).
    """

    def __init__(self, strength: float, l1_ratio: float = 0.5, biases: bool = False) -> None:
        super().__init__(strength, biases)
        if not 0 <= l1_ratio <= 1:
            raise ValueError(f"l1_ratio: got {l1_ratio}, wanted a number from 0 to 1")
        self.l1_ratio = l1_ratio

    def value(self, parameters: Iterable[Parameter]) -> Tensor:
        chosen = list(parameters)
        absolute = _total(rules.abs(p).sum() for p in chosen) * self.l1_ratio
        return absolute + _total(rules.sum_of_squares(p) for p in chosen) * (
            0.5 * (1 - self.l1_ratio)
        )
