"""Scaled dot-product attention: its value and first derivative in blocks, the second in the open.

In these comments S = scale q kᵀ + mask are the scores, P = exp(S - lse) the weights, out = P v.
"""

from __future__ import annotations

from typing import Any

from backends import kernels

from ..primitive import Primitive
from ..rule import vjp_joint
from .indexing import getitem
from .linalg import matmul
from .reductions import sum
from .shapes import matrix_transpose

__all__ = ["attention", "attention_grad", "attention_weights"]


def _forward(
    q: Any, k: Any, v: Any, mask: Any, *, scale: float, causal: bool, learned: bool
) -> Any:
    return kernels.attention(q, k, v, mask, scale=scale, causal=causal)


def _weights(
    q: Any, k: Any, mask: Any, lse: Any, *, scale: float, causal: bool, learned: bool
) -> Any:
    return kernels.attention_weights(q, k, mask, lse, scale=scale, causal=causal)


# (out, the rows' log-sum-exp): with the inputs, all that the gradient needs. `learned` says
# whether the mask wants a gradient.
attention = Primitive("attention", "q k v mask", _forward, outputs=2)
attention_grad = Primitive("attention_grad", "q k v mask out lse g g_lse", outputs=4)
attention_weights = Primitive("attention_weights", "q k mask lse", _weights)


def _attention(
    g: Any, out: Any, q: Any, k: Any, v: Any, mask: Any, scale: float, causal: bool, learned: bool
) -> tuple[Any, ...]:
    (of_out, of_lse), (value, lse) = g, out
    if of_out is None:
        of_out = value * 0.0
    static = {"scale": scale, "causal": causal, "learned": learned}
    *slopes, slope = attention_grad(q, k, v, mask, value, lse, of_out, of_lse, **static)
    return *slopes, slope if learned else None


vjp_joint(attention, _attention)


_NEW, _FIRST = (Ellipsis, None), (Ellipsis, 0)


def _attention_weights(
    g: Any, out: Any, q: Any, k: Any, lse: Any, scale: float, causal: bool, learned: bool
) -> tuple[Any, ...]:
    """d exp(S - lse) = P (dS - d lse); without lse it is that of S itself."""
    slope = g * out
    rows = sum(slope, axis=-1, keepdims=True)
    if lse is None:
        slope = slope - out * rows
    return (
        matmul(slope, k) * scale,
        matmul(matrix_transpose(slope), q) * scale,
        slope if learned else None,
        None if lse is None else -getitem(rows, index=_FIRST),
    )


vjp_joint(attention_weights, _attention_weights)


def _attention_grad(
    v_: Any, q: Any, k: Any, v: Any, mask: Any, out: Any, lse: Any, g: Any, g_lse: Any,
    scale: float, causal: bool, learned: bool,
) -> tuple[Any, ...]:  # fmt: skip
    """With (a, b, c, e) the gradients of (dq, dk, dv, dmask), as of functions of all eight inputs:

    of dS:  W = scale (a kᵀ + q bᵀ) + e
    of P:   U = W (dP - D) + g cᵀ,  and of S: U P
    """
    a, b, c, e = v_
    p = attention_weights(q, k, mask, lse, scale=scale, causal=causal, learned=learned)
    down = sum(g * out, axis=-1, keepdims=True)
    if g_lse is not None:
        down = down - getitem(g_lse, index=_NEW)
    inner = matmul(g, matrix_transpose(v)) - down
    zero = p * 0.0
    w = zero if e is None or not learned else zero + e
    if a is not None:
        w = w + matmul(a, matrix_transpose(k)) * scale
    if b is not None:
        w = w + matmul(q, matrix_transpose(b)) * scale
    u = w * inner if c is None else w * inner + matmul(g, matrix_transpose(c))
    of_scores, slope, weighed = u * p, inner * p, w * p
    rows = sum(weighed, axis=-1, keepdims=True)
    of_q, of_k = matmul(of_scores, k), matmul(matrix_transpose(of_scores), q)
    if b is not None:
        of_q = of_q + matmul(slope, b)
    if a is not None:
        of_k = of_k + matmul(matrix_transpose(slope), a)
    of_g = matmul(weighed, v) - rows * out
    return (
        of_q * scale,
        of_k * scale,
        matmul(matrix_transpose(weighed), g),
        of_scores if learned else None,
        -rows * g,
        -sum(of_scores, axis=-1, keepdims=False),
        of_g if c is None else of_g + matmul(p, c),
        getitem(rows, index=_FIRST),
    )


vjp_joint(attention_grad, _attention_grad)
