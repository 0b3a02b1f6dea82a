"""Minus the logarithm of a density, written out: counts, and numbers of their own variance."""

from __future__ import annotations

import math
from typing import Any

from .... import rules
from ....tensor import Tensor
from ._common import (
    as_numbers,
    check_number,
    check_pair,
    check_reduction,
    check_tensors,
    reduced,
    require,
)  # fmt: skip

__all__ = ["gaussian_nll_loss", "poisson_nll_loss"]


def poisson_nll_loss(
    input: Tensor,
    target: Tensor,
    log_input: bool = True,
    full: bool = False,
    size_average: Any = None,
    eps: float = 1e-8,
    reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:
    """λ - k log λ for counts k, with input = log λ, or λ itself; see `nn.PoissonNLLLoss`.

    With `log_input` it is e^input - k input; without, input - k log(input + eps). `full` adds
    Stirling's approximation of log k!, that is k log k - k + log(2π k) / 2, for k > 1.

    >>> import backprop as bp
    >>> rate, k = bp.asarray([2.0]), bp.asarray([0.0])
    >>> bp.nn.functional.poisson_nll_loss(rate, k, log_input=False)
    tensor(2.)
    """
    check_reduction(reduction, size_average=size_average, reduce=reduce)
    target = check_pair("poisson_nll_loss", input, target)
    if log_input:
        losses = rules.exp(input) - target * input
    else:
        check_number("poisson_nll_loss", "eps", eps, 0)
        said = (
            "poisson_nll_loss: input has values below 0, wanted rates; if they are logarithms of "
            "rates say log_input=True"
        )
        require(lambda rates: rates >= 0, input, said)
        losses = input - target * rules.log(input + eps)
    if full:
        many = target > 1
        k = rules.where(many, target, 1.0)
        log_factorial = k * rules.log(k) - k + rules.log(k * (2 * math.pi)) * 0.5
        losses = losses + rules.where(many, log_factorial, 0.0)
    return reduced(losses, reduction)


def gaussian_nll_loss(
    input: Tensor,
    target: Tensor,
    var: Tensor | float,
    full: bool = False,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """(log v + (input - target)² / v) / 2 with v = max(var, eps); see `nn.GaussianNLLLoss`.

    `full` adds the constant log(2π) / 2. Where var is below eps, its gradient is that at eps and
    goes on to var, as in PyTorch: a variance that is too small can grow again.

    Shape: var as input, or with length 1 in one of its axes, or without its last axis; or a
    number.

    >>> import backprop as bp
    >>> mean, t, var = bp.asarray([1.0]), bp.asarray([3.0]), bp.asarray([4.0])
    >>> bp.nn.functional.gaussian_nll_loss(mean, t, var)  # (log 4 + 1) / 2
    tensor(1.1931)
    """
    check_reduction(reduction)
    check_number("gaussian_nll_loss", "eps", eps, above=0)
    target = check_pair("gaussian_nll_loss", input, target)
    d = input - target
    if isinstance(var, Tensor):
        v = _variances(input, var, eps)
        losses = (rules.log(v) + d * d / v) * 0.5
    else:
        check_number("gaussian_nll_loss", "var", var, 0)
        number = max(float(var), eps)
        losses = (d * d * (1.0 / number) + math.log(number)) * 0.5
    if full:
        losses = losses + 0.5 * math.log(2 * math.pi)
    return reduced(losses, reduction)


def _variances(input: Tensor, var: Tensor, eps: float) -> Tensor:
    """The variances in a shape that spreads over the input's, none below eps."""
    check_tensors("gaussian_nll_loss", {}, {"var": var})
    var = as_numbers("gaussian_nll_loss", "var", var, input)
    said = "gaussian_nll_loss: var has values below 0, wanted variances"
    require(lambda v: v >= 0, var, said)
    x, v = input.shape, var.shape
    if v != x:
        odd = [b for a, b in zip(x, v, strict=False) if a != b]
        if x and v == x[:-1]:
            var = var.unsqueeze(-1)
        elif len(v) != len(x) or odd != [1]:
            raise ValueError(
                f"gaussian_nll_loss: var has shape {v} and input {x}, wanted the same, or 1 in one "
                "axis, or none for the last axis"
            )
    below = rules.maximum(var.detach(), eps) - var.detach()
    return var + below  # the same numbers as max(var, eps), but with the derivative of var
