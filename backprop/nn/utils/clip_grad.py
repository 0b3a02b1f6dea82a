"""Gradient clipping."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import backends
from backends.record import held

from ...graph import Leaf
from ...tensor import Tensor

Tensors = Iterable[Tensor] | Tensor


class _Gradients:
    """The gradients of parameters as few arrays.

    Attributes:
        stretches: parts of an arena's flat buffer, each of neighbours' gradients.
        loose: parameters whose gradients are arrays of their own.
    """

    def __init__(self, parameters: Tensors) -> None:
        given = [parameters] if isinstance(parameters, Tensor) else list(parameters)
        self.stretches: list[Any] = []
        self.loose: list[Tensor] = []
        arena, start, stop = None, 0, -1
        for p in {id(p): p for p in given}.values():
            leaf = p.node
            if type(leaf) is not Leaf or leaf.grad is None:
                continue
            if leaf.slot is None or leaf.grad is not leaf.slot:
                self.loose.append(p)
                continue
            if leaf.arena is not arena or leaf.offset != stop:
                self._close(arena, start, stop)
                arena, start = leaf.arena, leaf.offset
            stop = leaf.arena.after(leaf)
        self._close(arena, start, stop)

    def _close(self, arena: Any, start: int, stop: int) -> None:
        if arena is not None:
            self.stretches.append(held(arena.grads)[start:stop])

    def arrays(self) -> list[Any]:
        """All of them, as bare arrays."""
        return self.stretches + [p.grad.data for p in self.loose]  # type: ignore[union-attr]

    def map(self, function: Any) -> None:
        """Put function(array) in each one's place. An array of its own may be some other's too, or
        read-only: it is replaced, not overwritten."""
        for array in self.stretches:
            array[...] = function(array)
        for p in self.loose:
            p.grad = Tensor(function(p.grad.data))  # type: ignore[union-attr]


def clip_grad_norm_(
    parameters: Tensors,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """Scale all gradients together so that their norm is at most max_norm; returns the norm.

    The norm is that of all gradients as one vector; they become g min(1, max_norm / (norm + 1e-6)).
    Where it is NaN they stay as they are, so that one can see which of them is to blame.

    Args:
        parameters: parameters, or one.
        max_norm: the largest norm to leave.
        norm_type: the p of the norm, or inf.
        error_if_nonfinite: raise where the norm is NaN or infinite.
        foreach: not used: the gradients of a model are few arrays here.

    Source: Pascanu, Mikolov, Bengio, "On the difficulty of training recurrent neural networks"
    (2012).

    >>> import backprop as bp
    >>> w = bp.asarray([3.0, 4.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> clip_grad_norm_([w], max_norm=1.0).item()
    10.0
    """
    if not max_norm >= 0:
        raise ValueError(f"max_norm: got {max_norm}, wanted a number of at least 0")
    found = _Gradients(parameters)
    total = _norm(found.arrays(), norm_type, error_if_nonfinite)
    _scale(found, max_norm, total)
    return Tensor(total)


def get_total_norm(
    tensors: Tensors,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:
    """The norm of all tensors as one vector."""
    given = [tensors] if isinstance(tensors, Tensor) else list(tensors)
    return Tensor(_norm([t.data for t in given], norm_type, error_if_nonfinite))


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale all gradients by min(1, max_norm / (total_norm + 1e-6))."""
    _scale(_Gradients(parameters), max_norm, total_norm.data)


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Hold every gradient's elements within ±clip_value."""
    if not clip_value >= 0:
        raise ValueError(f"clip_value: got {clip_value}, wanted a number of at least 0")
    bound = float(clip_value)
    _Gradients(parameters).map(lambda g: backends.kernels.clip(g, -bound, bound))


def _norm(arrays: list[Any], norm_type: float, error_if_nonfinite: bool) -> Any:
    if not norm_type > 0:
        raise ValueError(f"norm_type: got {norm_type}, wanted a positive number or inf")
    arrays = [a for a in arrays if a.size]
    if not arrays:
        return backends.get("cpu").xp.asarray(0.0)
    xp = backends.namespace(arrays[0])
    if math.isinf(norm_type):
        total = xp.max(xp.stack([xp.max(xp.abs(a)) for a in arrays]))
    elif norm_type == 2.0:
        squares = [xp.asarray(backends.kernels.sum_of_squares(a)) for a in arrays]
        total = xp.sqrt(xp.sum(xp.stack(squares)))
    else:
        powers = [xp.sum(xp.abs(a) ** norm_type) for a in arrays]
        total = xp.sum(xp.stack(powers)) ** (1.0 / norm_type)
    if error_if_nonfinite and not bool(xp.isfinite(total)):
        raise RuntimeError(
            f"error_if_nonfinite: the norm of the gradients is {float(total)}; "
            "with error_if_nonfinite=False they would be left as they are"
        )
    return total


def _scale(found: _Gradients, max_norm: float, total: Any) -> None:
    xp = backends.namespace(total)
    one = xp.ones_like(total)
    factor = xp.where(xp.isnan(total), one, xp.minimum(max_norm / (total + 1e-6), one))
    found.map(lambda g: g * backends.namespace(g).astype(factor, g.dtype))
