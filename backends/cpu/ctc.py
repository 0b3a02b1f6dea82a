"""The forward-backward algorithm of connectionist temporal classification, in few passes.

A row of walks has two places of "never" beside it, so that the walks one and two places away are
slices of it; all steps share their temporary arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch import only
from ..portable.ctc import NEVER

Array = Any
_FLOATS = ("float32", "float64")
__all__ = ["ctc_likelihood", "ctc_occupancy"]


@only(*_FLOATS)
def ctc_likelihood(
    log_probs: Array, labels: Array, steps: Array, lengths: Array, /
) -> tuple[Array, Array]:
    (count, batch), width = log_probs.shape[:2], labels.shape[1]
    emitted, two = _emitted(log_probs, labels), _passes(labels, log_probs.dtype)
    walks = np.empty((count, batch, width), log_probs.dtype)
    padded = np.full((batch, width + 2), NEVER, log_probs.dtype)
    row = padded[:, 2:]
    row[:, :2] = emitted[0, :, :2]
    walks[0] = row
    scratch = np.empty((3, batch, width), log_probs.dtype)
    for t in range(1, count):
        _either(row, padded[:, 1:-1], padded[:, :-2] + two, scratch, walks[t])
        walks[t] += emitted[t]
        row[...] = walks[t]
    each = np.arange(batch)
    last = walks[np.maximum(steps, 1) - 1, each]
    end = last[each, 2 * lengths]
    before = np.where(lengths > 0, last[each, np.maximum(2 * lengths - 1, 0)], NEVER)
    found = np.logaddexp(end, before)
    found = np.where(steps == 0, np.where(lengths == 0, 0.0, NEVER), found)
    found = np.where(found > NEVER / 2, found, -np.inf).astype(log_probs.dtype, copy=False)
    return found, walks


@only(*_FLOATS)
def ctc_occupancy(
    g: Array, walks: Array, log_probs: Array, labels: Array, steps: Array, lengths: Array, /,
    impossible: float,
) -> Array:  # fmt: skip
    count, batch, width = walks.shape
    emitted, two = _emitted(log_probs, labels), _passes(labels, log_probs.dtype)
    place, behind = np.arange(width), 2 * lengths[:, None]
    ends = (place == behind) | (place == behind - 1)
    start = np.where(ends, 0.0, NEVER).astype(log_probs.dtype)
    share = np.empty_like(walks)
    padded = np.full((batch, width + 2), NEVER, log_probs.dtype)
    after, row = padded[:, :-2], start.copy()  # row: of the walks from here to the end
    scratch = np.empty((3, batch, width), log_probs.dtype)
    passed = np.full((batch, width), NEVER, log_probs.dtype)
    for t in range(count - 1, -1, -1):
        if t + 1 < count:
            np.add(row, emitted[t + 1], out=after)
            np.add(padded[:, 2:-2], two[:, 2:], out=passed[:, :-2])
            _either(after, padded[:, 1:-1], passed, scratch, row)
        late = steps <= t + 1
        row[late] = start[late]
        np.add(walks[t], row, out=share[t])
    top = np.maximum.reduce(share, axis=2, keepdims=True)
    possible = top[0, :, 0] > NEVER / 2
    share -= top
    np.exp(share, out=share)
    share *= np.where(possible, g, g.dtype.type(0))[:, None] / np.add.reduce(share, 2)[:, :, None]
    out = np.zeros(log_probs.shape, log_probs.dtype)
    each = np.arange(batch)
    # All blanks at once: they are every second place. A label at a time: no cell occurs twice.
    out[:, each, labels[:, 0]] = np.add.reduce(share[:, :, ::2], axis=2)
    for s in range(1, width, 2):
        out[:, each, labels[:, s]] += share[:, :, s]
    if not possible.all():
        out[:, ~possible] = g[~possible][:, None] * impossible
    out[np.arange(count)[:, None] >= steps] = 0
    return out


def _emitted(log_probs: Array, labels: Array) -> Array:
    index = np.broadcast_to(labels, (log_probs.shape[0], *labels.shape))
    return np.maximum(np.take_along_axis(log_probs, index, axis=2), NEVER)


def _passes(labels: Array, dtype: Any) -> Array:
    two = np.full(labels.shape, NEVER, dtype)
    two[:, 2:][labels[:, 2:] != labels[:, :-2]] = 0
    return two


def _either(a: Array, b: Array, c: Array, scratch: Array, out: Array) -> None:
    """out <- log(e^a + e^b + e^c), by way of three arrays."""
    top, total, part = scratch
    np.maximum(a, b, out=top)
    np.maximum(top, c, out=top)
    np.subtract(a, top, out=total)
    np.exp(total, out=total)
    for x in (b, c):
        np.subtract(x, top, out=part)
        np.exp(part, out=part)
        total += part
    np.log(total, out=total)
    np.add(total, top, out=out)
