"""Connectionist temporal classification: the forward-backward algorithm, in the standard alone.

A network gives each of T steps a probability for each of C symbols, one of them the blank. An
alignment gives each step one symbol; merging its repeats and then dropping its blanks leaves a
sequence of labels. The likelihood of a sequence is the sum over all its alignments.

An alignment is a walk through `labels`, the sequence with a blank before, between and behind its
labels: from one step to the next it stays, goes on by one place, or by two where that passes over
a blank between different labels. Everything is in logarithms.

Source: Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification" (2006).
"""

from __future__ import annotations

import math
from typing import Any

from ..registry import namespace

__all__ = ["ctc_likelihood", "ctc_occupancy"]

Array = Any
NEVER = -1e30
"""The logarithm of what is impossible: finite, so that differences of such logarithms are numbers,
and far below that of anything possible."""


def ctc_likelihood(
    log_probs: Array, labels: Array, steps: Array, lengths: Array, /
) -> tuple[Array, Array]:
    """(the logarithm of the likelihood of each sequence, -inf if it has no alignment; that of the
    walks that are at each place after each step).

    log_probs is (T, N, C), labels (N, 2 S + 1) with the blanks, steps and lengths (N,): how many
    steps and how many labels count. The second result is (T, N, 2 S + 1).
    """
    xp = namespace(log_probs)
    emitted = _emitted(log_probs, labels)
    never = xp.full_like(emitted[0, ...], NEVER)
    place, two = _places(labels), _passes(labels, emitted)
    row = xp.where(place < 2, emitted[0, ...], never)
    rows = [row]
    for t in range(1, log_probs.shape[0]):
        row = _either(row, _shifted(row, 1), _shifted(row, 2) + two) + emitted[t, ...]
        rows.append(row)
    walks = xp.stack(rows)
    last = xp.zeros_like(never)
    for t, row in enumerate(rows):
        last = xp.where((steps == t + 1)[:, None], row, last)
    found = _either(xp.where(_is_end(place, lengths), last, never), axis=1)
    at_once = xp.where(lengths == 0, xp.zeros_like(found), xp.full_like(found, NEVER))
    found = xp.where(steps == 0, at_once, found)  # no step leaves no label
    return xp.where(found > NEVER / 2, found, xp.full_like(found, -math.inf)), walks


def ctc_occupancy(
    g: Array, walks: Array, log_probs: Array, labels: Array, steps: Array, lengths: Array, /,
    impossible: float,
) -> Array:  # fmt: skip
    """g, one number a sequence, times the probability that its alignments give a step a symbol.

    That is the derivative of the likelihood's logarithm by log_probs, (T, N, C). It is `impossible`
    in all counted steps of a sequence that has no alignment.
    """
    xp = namespace(log_probs)
    emitted = _emitted(log_probs, labels)
    place, two = _places(labels), _passes(labels, emitted)
    never = xp.full_like(emitted[0, ...], NEVER)
    start = xp.where(_is_end(place, lengths), xp.zeros_like(never), never)
    row, rows = start, []
    for t in range(log_probs.shape[0] - 1, -1, -1):  # row: of the walks from here to the end
        if t + 1 < log_probs.shape[0]:
            after = row + emitted[t + 1, ...]
            row = _either(after, _shifted(after, -1), _shifted(after + two, -2))
        row = xp.where((steps <= t + 1)[:, None], start, row)
        rows.append(walks[t, ...] + row)
    through = xp.stack(rows[::-1])
    # The sum over the places is the likelihood at every step that counts. Dividing by each step's
    # own, not by that of one step, keeps rounding errors of long sequences out.
    top = xp.max(through, axis=2, keepdims=True)
    possible = top[0, ...] > NEVER / 2
    share = xp.exp(through - top)
    share = share / xp.sum(share, axis=2, keepdims=True)
    classes = xp.arange(log_probs.shape[2], dtype=labels.dtype, device=labels.device)
    hit = xp.astype(labels[..., None] == classes, share.dtype)  # (N, 2 S + 1, C)
    out = xp.permute_dims(xp.matmul(xp.permute_dims(share, (1, 0, 2)), hit), (1, 0, 2))
    out = xp.where(possible, out, xp.full_like(out, impossible)) * g[:, None]
    step = xp.arange(log_probs.shape[0], dtype=steps.dtype, device=steps.device)
    return xp.where((step[:, None] < steps)[..., None], out, xp.zeros_like(out))


def _emitted(log_probs: Array, labels: Array) -> Array:
    """The logarithms of the probabilities of each place's symbol, (T, N, 2 S + 1)."""
    xp = namespace(log_probs)
    index = xp.broadcast_to(labels, (log_probs.shape[0], *labels.shape))
    emitted = xp.take_along_axis(log_probs, index, axis=2)
    return xp.where(emitted < NEVER, xp.full_like(emitted, NEVER), emitted)


def _places(labels: Array) -> Array:
    xp = namespace(labels)
    return xp.arange(labels.shape[1], dtype=labels.dtype, device=labels.device)


def _passes(labels: Array, like: Array) -> Array:
    """0 at places that can be reached from two before, else the logarithm of never."""
    xp = namespace(labels)
    same = xp.concat([xp.ones_like(labels[:, :2], dtype=xp.bool), labels[:, 2:] == labels[:, :-2]],
                     axis=1)  # fmt: skip
    return xp.astype(same[:, : labels.shape[1]], like.dtype) * NEVER


def _is_end(place: Array, lengths: Array) -> Array:
    """Whether a walk may end at a place: at the last label, or at the blank behind it."""
    behind = 2 * lengths[:, None]
    return (place == behind) | (place == behind - 1)


def _shifted(row: Array, by: int) -> Array:
    """Each row moved to the right (to the left, by less than 0), filled up with never."""
    xp = namespace(row)
    n = min(abs(by), row.shape[1])
    fill = xp.full_like(row[:, :n], NEVER)
    return xp.concat([fill, row[:, :-n]] if by > 0 else [row[:, n:], fill], axis=1)


def _either(*logs: Array, axis: int | None = None) -> Array:
    """The logarithm of the sum of probabilities: of several arrays, or along an axis of one."""
    xp = namespace(logs[0])
    if axis is not None:
        (x,) = logs
        top = xp.max(x, axis=axis, keepdims=True)
        return (xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top)[:, 0]
    a, b, c = logs
    top = xp.maximum(xp.maximum(a, b), c)
    return xp.log(xp.exp(a - top) + xp.exp(b - top) + xp.exp(c - top)) + top
