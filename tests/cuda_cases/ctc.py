"""Connectionist temporal classification."""

from __future__ import annotations

import math

import numpy as np

from backends import portable

from .common import Seen, case


def _sequences(rng, dtype, count, symbols, width):
    """Short ones, an empty one, one without a step, ones that no alignment fits."""
    lengths = np.minimum([width, 1, 0, width, 0, width], width)
    steps = np.array([count, (count + 1) // 2, count, min(1, count), 0, count])
    logs = rng.normal(size=(count, 6, symbols))
    logs = (logs - np.log(np.exp(logs).sum(2, keepdims=True))).astype(dtype)
    logs[:, 5, 1] = -math.inf
    labels = np.zeros((6, 2 * width + 1), int)
    there = np.arange(width) < lengths[:, None]
    labels[:, 1::2] = np.where(there, rng.integers(1, symbols, (6, width)), 0)
    return logs, labels, steps, lengths


def _likelihood(*sizes, view=lambda a: a):
    def make(rng, dtype):
        logs, *rest = _sequences(rng, dtype, *sizes)
        return Seen(logs, view), *rest

    return make


def _occupancy(*sizes):
    def make(rng, dtype):
        given = _sequences(rng, dtype, *sizes)
        _, walks = portable.ctc_likelihood(*given)
        return rng.normal(size=6).astype(dtype), walks, *given

    return make


for _sizes in ((1, 2, 1), (6, 3, 2), (9, 4, 4), (20, 5, 40)):
    _label = "x".join(map(str, _sizes))
    case("ctc_likelihood", _label, _likelihood(*_sizes))
    case("ctc_occupancy", _label, _occupancy(*_sizes), impossible=0.0)
case("ctc_occupancy", "nan", _occupancy(6, 3, 2), impossible=math.nan)
case("ctc_likelihood", "reversed", _likelihood(6, 3, 2, view=lambda a: a[::-1]))
