"""The parameters of a model as one vector."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ... import rules
from ...tensor import Tensor

__all__ = ["parameters_to_vector", "vector_to_parameters"]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All parameters flattened, one behind the other; differentiable.

    >>> import backprop as bp
    >>> parameters_to_vector(bp.nn.Linear(2, 3).parameters()).shape
    (9,)
    """
    flat = [rules.reshape(p, shape=(p.size,)) for p in parameters]
    if not flat:
        raise ValueError("parameters_to_vector: parameters: got none, wanted at least one")
    return rules.concat(*flat, axis=0)


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Overwrite the parameters, in place, with the parts of a vector as `parameters_to_vector`
    makes it."""
    given = list(parameters)
    wanted = sum(math.prod(p.shape) for p in given)
    if not isinstance(vec, Tensor) or vec.shape != (wanted,):
        got = f"shape {vec.shape}" if isinstance(vec, Tensor) else f"a {type(vec).__name__}"
        raise ValueError(
            f"vector_to_parameters: vec: got {got}, wanted a Tensor of shape ({wanted},): the "
            "parameters' sizes together"
        )
    vec, start = vec.detach(), 0
    for p in given:
        p.copy_(rules.reshape(vec[start : start + p.size], shape=p.shape))
        start += p.size
