"""Norms of vectors."""

from __future__ import annotations

import math
from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .choice import where
from .elementwise import abs, astype, sign
from .reductions import sum, with_axes
from .shapes import broadcast_to

__all__ = ["vector_norm"]

vector_norm = Primitive("vector_norm", "x")


def _vector_norm_x(g: Any, out: Any, x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    """sign(x) (|x| / out)^(ord - 1) g, and 0 at elements that are 0, for any ord, and where the
    norm itself is 0 (as in PyTorch). Powers of |x| and out apart could overflow.
    """
    shape = tuple(x.shape)
    g, out = with_axes(g, shape, axis, keepdims), with_axes(out, shape, axis, keepdims)
    if ord == 0:
        return broadcast_to(g * 0.0, shape=shape)
    if ord == 1:
        return sign(x) * g
    if math.isinf(ord):  # shared evenly by the elements that reach it
        hit = astype(abs(x) == out, dtype=out.dtype)
        return sign(x) * hit * (g / sum(hit, axis=axis, keepdims=True))
    nil = out == 0
    if ord == 2:
        return x * where(nil, 0.0, g / where(nil, 1.0, out))
    none = (x == 0) | nil
    share = where(none, 1.0, abs(x)) / where(nil, 1.0, out)
    return sign(x) * where(none, 0.0, share ** (ord - 1)) * g


vjp(vector_norm, _vector_norm_x, conjugates=True)
