"""Rows of a table by number.

What padding and counting do to the gradient is no derivative of the values: only PyTorch is asked.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _torch(weight: Any, index: Any, padding: Any, by_count: bool) -> Any:
    f = pytorch().nn.functional.embedding
    return f(index, weight, padding_idx=padding, scale_grad_by_freq=by_count)


def _sample(shape: Any, index: Any, padding: Any = None, by_count: bool = False) -> Sample:
    static = {"padding": padding, "by_count": by_count}
    return Sample((values("embedding", shape, "any"), np.array(index, dtype="int64")), static)


RECORDS = [
    Record(
        "embedding", lambda weight, index, padding, by_count: weight[index],
        [_sample((3, 2), 1), _sample((3, 2), [2, 0, 2]), _sample((4, 1), [[0, 1], [1, 1]]),
         _sample((3, 2), np.zeros((0, 2))), _sample((1, 1), [0, 0])],
        _torch,
        [_sample((3, 2), [2, 0, 2], padding=2), _sample((3, 2), [[2, 0], [2, 1]], padding=0)],
    ),
]  # fmt: skip
