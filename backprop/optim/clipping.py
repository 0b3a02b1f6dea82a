"""Gradient clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import backends

from ..tensor import Tensor
from .arena import arena_of, groups, runs


def _pieces(parameters: Iterable[Tensor] | Tensor) -> list[Any]:
    """The gradients as few flat arrays, to be changed in place."""
    given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    pieces = []
    for params in groups(given):
        arena = arena_of(params)
        pieces += [arena.grads[start:stop] for start, stop, _ in runs(params)]
    return pieces


def clip_grad_norm_(
    parameters: Iterable[Tensor] | Tensor, max_norm: float, norm_type: float = 2.0
) -> Tensor:
    """Scale all gradients together so that their norm is at most max_norm; returns the norm.

    The norm is that of all gradients as one vector; they become g min(1, max_norm / (norm + 1e-6)).
    Where it is NaN they stay as they are, so that one can see which of them is to blame.

    Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks"
    (2012).
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm: got {max_norm}, wanted a number of at least 0")
    if not norm_type > 0:
        raise ValueError(f"norm_type: got {norm_type}, wanted a positive number or inf")
    pieces = _pieces(parameters)
    if not pieces:
        return Tensor(backends.get("cpu").xp.asarray(0.0))
    total = _norm(pieces, norm_type)
    xp = backends.namespace(pieces[0])
    one = xp.ones_like(total)
    factor = xp.where(xp.isnan(total), one, xp.minimum(max_norm / (total + 1e-6), one))
    for piece in pieces:
        piece *= backends.namespace(piece).astype(factor, piece.dtype)
    return Tensor(total)


def _norm(pieces: list[Any], norm_type: float) -> Any:
    xp = backends.namespace(pieces[0])
    if math.isinf(norm_type):
        return xp.max(xp.stack([xp.max(xp.abs(p)) for p in pieces]))
    if norm_type == 2.0:
        squares = [xp.asarray(backends.kernels.sum_of_squares(p)) for p in pieces]
        return xp.sqrt(xp.sum(xp.stack(squares)))
    powers = [xp.sum(xp.abs(p) ** norm_type) for p in pieces]
    return xp.sum(xp.stack(powers)) ** (1.0 / norm_type)


def clip_grad_value_(parameters: Iterable[Tensor] | Tensor, clip_value: float) -> None:
    """Hold every gradient's elements within ±clip_value."""
    if not clip_value >= 0:
        raise ValueError(f"clip_value: got {clip_value}, wanted a number of at least 0")
    for piece in _pieces(parameters):
        piece[...] = backends.namespace(piece).clip(piece, -clip_value, clip_value)
