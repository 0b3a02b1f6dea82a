"""Arrays made longer at both ends of their axes."""

from __future__ import annotations

from typing import Any

from ..primitive import Primitive
from ..rule import vjp
from .indexing import getitem

__all__ = ["extend", "fold", "pad"]


def _crop(g: Any, shapes: Any, widths: tuple[tuple[int, int], ...]) -> Any:
    (shape,) = shapes
    inner = [slice(before, before + n) for n, (before, _) in zip(shape, widths, strict=True)]
    return getitem(g, index=tuple(inner))


pad = Primitive("pad", "x")  # with constants
vjp(pad, _crop)

extend = Primitive("extend", "x")  # with elements of its own
fold = Primitive("fold", "x")
vjp(
    extend,
    lambda g, shapes, axis, runs: fold(g, axis=axis, runs=runs, length=shapes[0][axis]),
)
vjp(fold, lambda g, axis, runs: extend(g, axis=axis, runs=runs))
