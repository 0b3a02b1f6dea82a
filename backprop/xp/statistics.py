"""Reductions, and where an extreme stands."""

from __future__ import annotations

from .. import rules
from ..tensor import Tensor
from ._check import tensor

__all__ = ["argmax", "argmin", "logsumexp", "max", "mean", "min", "sum"]

Axis = int | tuple[int, ...] | None


def sum(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The sum over the axes (all of them for None)."""
    return rules.sum(tensor(x, "sum"), axis=axis, keepdims=keepdims)


def mean(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The mean over the axes."""
    return rules.mean(tensor(x, "mean"), axis=axis, keepdims=keepdims)


def max(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The largest element; equal ones share the gradient."""
    return rules.max(tensor(x, "max"), axis=axis, keepdims=keepdims)


def min(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """The smallest element; equal ones share the gradient."""
    return rules.min(tensor(x, "min"), axis=axis, keepdims=keepdims)


def logsumexp(x: Tensor, /, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """log sum e^x, without overflow."""
    return rules.logsumexp(tensor(x, "logsumexp"), axis=axis, keepdims=keepdims)


def argmax(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the (first) largest element."""
    return rules.argmax(tensor(x, "argmax"), axis=axis, keepdims=keepdims)


def argmin(x: Tensor, /, *, axis: int | None = None, keepdims: bool = False) -> Tensor:
    """The index of the (first) smallest element."""
    return rules.argmin(tensor(x, "argmin"), axis=axis, keepdims=keepdims)
