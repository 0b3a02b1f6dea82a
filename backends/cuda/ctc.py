"""Connectionist temporal classification: all steps of a sequence in one block of threads."""

from __future__ import annotations

from typing import Any

import cupy
import numpy as np

from .. import portable
from .launch import FLOATS, Source, override

Array = Any
_code = Source(__file__)
__all__ = ["ctc_likelihood", "ctc_occupancy"]


def _whole(*arrays: Array) -> list[Array]:
    return [cupy.ascontiguousarray(a.astype(np.int64, copy=False)) for a in arrays]


@override(*FLOATS)
def ctc_likelihood(
    log_probs: Array, labels: Array, steps: Array, lengths: Array, /
) -> tuple[Array, Array]:
    if log_probs.size == 0:
        return portable.ctc_likelihood(log_probs, labels, steps, lengths)
    (count, batch, symbols), width = log_probs.shape, labels.shape[1]
    found = cupy.empty((batch,), log_probs.dtype)
    walks = cupy.empty((count, batch, width), log_probs.dtype)
    arrays = cupy.ascontiguousarray(log_probs), *_whole(labels, steps, lengths), found, walks
    sizes = np.int64(count), np.int64(symbols)
    _code.rows("ctc_likelihood", log_probs, batch, width, *arrays, *sizes)
    return found, walks


@override(*FLOATS)
def ctc_occupancy(
    g: Array, walks: Array, log_probs: Array, labels: Array, steps: Array, lengths: Array, /,
    impossible: float,
) -> Array:  # fmt: skip
    if log_probs.size == 0 or not g.dtype == walks.dtype == log_probs.dtype:
        return portable.ctc_occupancy(g, walks, log_probs, labels, steps, lengths, impossible)
    (count, batch, symbols), width = log_probs.shape, labels.shape[1]
    rests = cupy.empty((2, batch, width), log_probs.dtype)
    through = cupy.empty(walks.shape, log_probs.dtype)
    out = cupy.zeros(log_probs.shape, log_probs.dtype)
    given = [cupy.ascontiguousarray(a) for a in (g, walks, log_probs)]
    arrays = *given, *_whole(labels, steps, lengths), rests, through, out
    numbers = np.float64(impossible), np.int64(count), np.int64(symbols)
    _code.rows("ctc_occupancy", log_probs, batch, width, *arrays, *numbers)
    return out
