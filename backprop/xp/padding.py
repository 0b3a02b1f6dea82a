"""Padding: an array made longer at both ends of its axes."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from .. import rules
from ..tensor import Tensor
from . import _shapes
from ._check import tensor

__all__ = ["pad"]

MODES = ("constant", "edge", "reflect", "symmetric", "wrap")
_PYTHONS: dict[str, Any] = {"b": bool, "i": int, "u": int, "f": float, "c": complex}

Pairs = tuple[tuple[Any, Any], ...]


def pad(
    x: Tensor, /, pad_width: Any, mode: str = "constant", *, constant_values: Any = 0
) -> Tensor:
    """x with elements put before and after each axis; the arguments are those of NumPy's `pad`.

    Args:
        pad_width: how many: one number for all ends, (before, after) for every axis, a pair for
            each axis, or a dict from axes to either.
        mode: which elements, for a b c: "constant" 0 0 | a b c | 0 0, "edge" a a | a b c | c c,
            "reflect" c b | a b c | b a, "symmetric" b a | a b c | c b, "wrap" b c | a b c | a b.
        constant_values: for "constant", in the forms of pad_width; where the margins of two axes
            meet, the later axis's value stands.

    The gradient of an element is the sum over all places where it stands in the result.

    >>> import backprop as bp
    >>> bp.pad(bp.asarray([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    tensor([3., 2., 1., 2., 3., 2.])
    """
    x = tensor(x, "pad")
    if mode not in MODES:
        raise ValueError(f"pad: mode: got {mode!r}, wanted one of {', '.join(map(repr, MODES))}")
    widths = _widths(x, pad_width)
    values = _values(x, constant_values)
    if mode != "constant" and any(v != 0 for pair in values for v in pair):
        raise ValueError(f"pad: constant_values: got {constant_values!r} with mode={mode!r}")
    if mode == "constant" or not any(map(any, widths)):
        return rules.pad(x, widths=widths, values=values)
    for axis, (before, after) in enumerate(widths):
        if before or after:
            if x.shape[axis] == 0:
                raise ValueError(
                    f"pad: axis {axis} of shape {x.shape} is empty, so mode={mode!r} has nothing "
                    "to put there; use mode='constant'"
                )
            x = rules.extend(x, axis=axis, runs=_runs(x.shape[axis], before, after, mode))
    return x


def _runs(n: int, before: int, after: int, mode: str) -> tuple[tuple[int, int, int], ...]:
    """The parts of an axis of length n that make up the longer one: (start, count, step)."""
    if mode == "edge" or (mode == "reflect" and n == 1):
        runs = [(0, before, 0), (0, n, 1), (n - 1, after, 0)]
        return tuple(run for run in runs if run[1])
    # Without end the axis goes on 0 .. n - 1, and back from `top` where it is mirrored, over again.
    period, top = {
        "wrap": (n, 0), "reflect": (2 * n - 2, n - 2), "symmetric": (2 * n, n - 1),
    }[mode]  # fmt: skip
    runs, at, stop = [], -before, n + after
    while at < stop:
        k = at % period
        if k < n:
            runs.append((k, min(n - k, stop - at), 1))
        else:
            runs.append((top - (k - n), min(period - k, stop - at), -1))
        at += runs[-1][1]
    return tuple(runs)


def _widths(x: Tensor, given: Any) -> Pairs:
    if isinstance(given, dict):
        by_axis = [(0, 0)] * x.ndim
        for axis, width in given.items():
            at = _shapes.axis(axis, x.shape, "pad", "pad_width")
            by_axis[at] = width if isinstance(width, tuple) else (width, width)
        given = by_axis
    try:
        pairs = tuple((index(a), index(b)) for a, b in _pairs(given, x.ndim))
    except TypeError:
        raise TypeError(f"pad: pad_width: got {given!r}, wanted integers") from None
    except ValueError:
        raise ValueError(
            f"pad: pad_width: got {given!r}, wanted one number, a pair (before, after), or a pair "
            f"for each of the {x.ndim} axes"
        ) from None
    if any(n < 0 for pair in pairs for n in pair):
        raise ValueError(f"pad: pad_width: got {given!r}, wanted numbers of 0 or more")
    return pairs


def _values(x: Tensor, given: Any) -> Pairs:
    """The constants as Python numbers of x's kind."""

    def convert(v: Any) -> Any:
        out = _PYTHONS[x.dtype.kind](v)
        if out != v and v == v:
            raise TypeError
        return out

    try:
        return tuple((convert(a), convert(b)) for a, b in _pairs(given, x.ndim))
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(
            f"pad: constant_values: got {given!r}, wanted numbers that {x.dtype} can hold: one, a "
            f"pair (before, after), or a pair for each of the {x.ndim} axes"
        ) from None


def _pairs(given: Any, ndim: int) -> list[list[Any]]:
    """A pair for each axis, by NumPy's broadcasting to (ndim, 2)."""
    return np.broadcast_to(np.asarray(given), (ndim, 2)).tolist()
