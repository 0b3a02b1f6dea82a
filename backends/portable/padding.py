"""Arrays made longer at both ends of their axes."""

from __future__ import annotations

from typing import Any

from ..registry import namespace

Array = Any
Runs = tuple[tuple[int, int, int], ...]
"""Parts of an axis to put one after another: where each starts, how many elements it has, and the
step from one to the next, which is 1, -1 or 0."""
__all__ = ["extend", "fold", "pad"]


def pad(
    x: Array, /, widths: tuple[tuple[int, int], ...], values: tuple[tuple[Any, Any], ...]
) -> Array:
    """x with so many elements of these values before and after each axis.

    Where two axes' margins meet, the later axis's value stands.
    """
    xp = namespace(x)
    shape = tuple(n + before + after for n, (before, after) in zip(x.shape, widths, strict=True))
    inner = [slice(before, before + n) for n, (before, _) in zip(x.shape, widths, strict=True)]
    first = values[0][0] if values else 0
    out = xp.full(shape, first, dtype=x.dtype, device=x.device)
    if any(v != first for pair in values for v in pair):
        for i, ((before, after), pair) in enumerate(zip(widths, values, strict=True)):
            rest = inner[i + 1 :]
            out[(*[slice(None)] * i, slice(0, before), *rest)] = pair[0]
            out[(*[slice(None)] * i, slice(shape[i] - after, shape[i]), *rest)] = pair[1]
    out[tuple(inner)] = x
    return out


def extend(x: Array, /, axis: int, runs: Runs) -> Array:
    """Parts of x, one after another along the axis."""
    xp, before = namespace(x), (slice(None),) * axis
    parts = []
    for start, count, step in runs:
        part = x[(*before, _slice(start, count, step), ...)]
        if step == 0:
            part = xp.broadcast_to(part, (*x.shape[:axis], count, *x.shape[axis + 1 :]))
        parts.append(part)
    return xp.concat(parts, axis=axis)


def fold(x: Array, /, axis: int, runs: Runs, length: int) -> Array:
    """The transpose of `extend(_, axis, runs)`: x's parts added up where they were taken."""
    xp, before = namespace(x), (slice(None),) * axis
    shape = (*x.shape[:axis], length, *x.shape[axis + 1 :])
    out = xp.zeros(shape, dtype=x.dtype, device=x.device)
    at = 0
    for start, count, step in runs:
        part = x[(*before, slice(at, at + count), ...)]
        if step == 0:
            part = xp.sum(part, axis=axis, keepdims=True)
        out[(*before, _slice(start, count, step), ...)] += part
        at += count
    return out


def _slice(start: int, count: int, step: int) -> slice:
    if step >= 0:
        return slice(start, start + (count if step else 1))
    return slice(start, start - count if start >= count else None, -1)
