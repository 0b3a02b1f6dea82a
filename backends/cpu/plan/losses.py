"""The cross-entropy of a softmax with its scratch arrays made once."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import softmax

Array = Any


class Entropy:
    """`softmax.softmax_cross_entropy` for logits of one shape (N, C), into given arrays."""

    def __init__(self, shape: tuple[int, int], dtype: Any) -> None:
        rows, classes = shape
        self.rows, self.ones = np.arange(rows), np.ones(classes, dtype)
        self.total = np.empty(rows, dtype)
        self.column = self.total[:, None]
        self.limit = softmax.SMALL

    def __call__(self, logits: Array, target: Array, loss: Array, probs: Array) -> None:
        limit, total = self.limit, self.total
        small = np.maximum.reduce(logits, axis=None) <= limit
        if not (small and np.minimum.reduce(logits, axis=None) >= -limit):
            loss[...], probs[...] = softmax.softmax_cross_entropy(logits, target)
            return
        np.exp(logits, probs)
        np.dot(probs, self.ones, total)
        np.divide(total, probs[self.rows, target], loss)
        np.log(loss, loss)
        np.divide(probs, self.column, probs)


class EntropyGrad:
    """`softmax.softmax_cross_entropy_grad`, likewise."""

    def __init__(self, rows: int) -> None:
        self.rows = np.arange(rows)

    def __call__(self, g: Array, probs: Array, target: Array, out: Array) -> None:
        np.multiply(probs, g[:, None], out)
        out[self.rows, target] -= g
