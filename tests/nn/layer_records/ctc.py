"""Connectionist temporal classification, behind log_softmax: there PyTorch's gradient is the same.

(PyTorch's gradient by log_probs themselves is that by the scores before log_softmax.)
"""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np

from .record import Record


def _after_log_softmax(**kwargs: Any) -> Any:
    def make(nn: Any) -> Any:
        loss = nn.CTCLoss(**kwargs)
        return lambda x, **call: loss(nn.functional.log_softmax(x, -1), **call)

    return make


def _ctc(name: str, shape: Any, targets: Any, steps: Any, lengths: Any, *, blank: int = 0,
         kinks: bool = False, reductions: Any = ("none", "mean", "sum"), **kwargs: Any) -> list[Record]:  # fmt: skip
    """`kinks` for losses that are infinite or cut off, where differences say nothing."""
    call = {"targets": targets, "input_lengths": steps, "target_lengths": lengths}
    return [
        Record(
            f"CTCLoss {name} {reduction}", inputs=(shape,), call=call, modes=("train",), order=1,
            kinks=kinks, make=_after_log_softmax(blank=blank, reduction=reduction, **kwargs),
        )
        for reduction in reductions
    ]  # fmt: skip


# Repeated labels, other labels, and one label of a row that goes on.
_TARGETS = np.array([[1, 1, 2], [1, 2, 3], [3, 0, 0]])
_FULL, _SHORT = np.array([6, 6, 6]), np.array([5, 3, 4])
_LENGTHS = np.array([3, 3, 1])
_ROW = np.array([1, 1, 2, 1, 2, 3, 3])  # the same, one behind the other
_SHAPE = (6, 3, 4)

RECORDS = [
    *_ctc("padded", _SHAPE, _TARGETS, _FULL, _LENGTHS),
    *_ctc("shorter", _SHAPE, _TARGETS, _SHORT, _LENGTHS),
    *_ctc("tuples", _SHAPE, _TARGETS, (5, 3, 4), (2, 3, 0)),
    *_ctc("in a row", _SHAPE, _ROW, _SHORT, _LENGTHS),
    *_ctc("in a row, tuples", _SHAPE, _ROW, (6, 5, 4), (3, 3, 1), reductions=["none"]),
    *_ctc("all empty", _SHAPE, np.zeros((3, 0), int), (5, 3, 4), (0, 0, 0)),
    *_ctc("all empty in a row", _SHAPE, np.zeros(0, int), (5, 3, 4), (0, 0, 0), reductions=["none"]),
    *_ctc("last is blank", _SHAPE, np.array([[1, 1, 2], [1, 2, 0], [0, 3, 3]]), _SHORT, _LENGTHS, blank=3),
    *_ctc("int32", _SHAPE, _TARGETS.astype("int32"), _FULL, _LENGTHS.astype("int32"), reductions=["mean"]),
    *_ctc("too short", _SHAPE, _TARGETS, (6, 2, 6), (3, 3, 1), kinks=True),
    *_ctc("too short, 0", _SHAPE, _TARGETS, (6, 2, 0), (3, 3, 1), kinks=True, zero_infinity=True),
    *_ctc("no steps, no labels", _SHAPE, _TARGETS, (6, 3, 0), (1, 2, 0), reductions=["none"]),
    *_ctc("one sequence", (6, 4), np.array([1, 1, 2]), np.array(5), np.array(3)),
    *_ctc("one sequence, tuples", (6, 4), np.array([1, 1, 2]), (5,), (3,), reductions=["none"]),
    *_ctc("long", (40, 2, 5), np.array([[1, 2, 3, 4, 4, 3, 2, 1], [2, 2, 2, 2, 1, 0, 0, 0]]), (40, 33), (8, 5),
          reductions=["mean"], kinks=True),  # (differences would take long)
]  # fmt: skip
