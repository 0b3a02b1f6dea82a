"""Softmax and its kin: functions of the elements along an axis."""

from __future__ import annotations

from typing import Any

import backends

from ... import rules
from ...defaults import default_generator
from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import axis
from ._checks import floats

__all__ = ["gumbel_softmax", "log_softmax", "softmax", "softmin"]


def softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """e^x / Σ e^x along the axis `dim`, in another dtype if one is given.

    Without `dim` it is the last of one or two axes.
    """
    x, along = _given(input, dim, dtype, "softmax")
    return rules.softmax(x, axis=along)


def softmin(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """softmax(-x)."""
    x, along = _given(input, dim, dtype, "softmin")
    return rules.softmax(-x, axis=along)


def log_softmax(
    input: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """log softmax(x) along the axis, stable for any x."""
    x, along = _given(input, dim, dtype, "log_softmax")
    return rules.log_softmax(x, axis=along)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """softmax((logits + Gumbel noise) / tau): a random choice that a gradient passes through.

    Args:
        logits: log probabilities, up to a constant.
        tau: the temperature; near 0 the result is near a choice of one.
        hard: give the choice itself (ones and zeros); its gradient is still the soft one's.
        eps: not used, as in PyTorch.
        dim: the axis of the choices.

    Source: Jang, Gu, Poole, "Categorical reparameterization with Gumbel-softmax" (2017).
    """
    x, along = _given(logits, dim, None, "gumbel_softmax")
    if not tau > 0:
        raise ValueError(f"gumbel_softmax: tau: got {tau}, wanted a positive number")
    backend, xp = backends.of(x.data), backends.namespace(x.data)
    drawn = default_generator().uniform(x.shape, "float64", backend)  # [0, 1): 1 - u is not 0
    noise = -xp.log(-xp.log1p(-drawn) + 2.0**-60)
    noise = xp.astype(noise, x.data.dtype)
    soft = rules.softmax((x + Tensor(noise)) / tau, axis=along)
    if not hard:
        return soft
    best = xp.argmax(soft.data, axis=along, keepdims=True)
    places = xp.arange(x.shape[along], dtype=best.dtype, device=backend.device)
    shape = tuple(-1 if i == along else 1 for i in range(x.ndim))
    choice = xp.astype(xp.reshape(places, shape) == best, x.data.dtype)
    return Tensor(choice) - soft.detach() + soft


def _given(x: Tensor, dim: int | None, dtype: Any, function: str) -> tuple[Tensor, int]:
    """The input in the dtype wanted, if it is of real floating-point numbers, and the axis counted
    from the front."""
    x = tensor(x, function, "input")
    x = floats(x if dtype is None else x.astype(dtype), function)
    if dim is None:
        if x.ndim > 2:
            raise ValueError(
                f"{function}: dim: got None for an input of shape {x.shape}, wanted an axis"
            )
        dim = -1
    return x, axis(dim, x.shape, function, "dim")
