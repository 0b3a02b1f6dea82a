"""Operations on bits."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

_TRUTH = np.array([True, True, False, False]), np.array([True, False, True, False])
_WHOLE = np.array([0, 1, -1, 12, -7, 2**40]), np.array([5, 3, -1, 10, 6, 2**40 + 1])
_BYTES = np.array([0, 1, 255, 12], dtype="uint8"), np.array([7, 1, 15, 200], dtype="uint8")
_COUNTS = np.array([0, 1, 3, 2, 5, 7])


def _logic(name: str, reference: Any) -> Record:
    pairs = [
        _TRUTH, (_TRUTH[0], True), (False, _TRUTH[1]), _WHOLE, _BYTES, (_WHOLE[0], 6), (-3, _WHOLE[1]),
        (_BYTES[0], 255), (_WHOLE[0][:, None], _WHOLE[1]), (_WHOLE[0].astype("int32"), _BYTES[0][:1]),
    ]  # fmt: skip
    return Record(name, reference, [Sample(p) for p in pairs], differentiable=False)


def _shift(name: str, reference: Any) -> Record:
    pairs = [
        (_WHOLE[0], _COUNTS), (_WHOLE[0], 2), (100, _COUNTS), (_BYTES[0], _BYTES[0] % 8),
        (_WHOLE[0][:, None], _COUNTS), (np.array(-9), np.array(1)),
    ]  # fmt: skip
    return Record(name, reference, [Sample(p) for p in pairs], differentiable=False)


RECORDS = [
    _logic("bitwise_and", np.bitwise_and),
    _logic("bitwise_or", np.bitwise_or),
    _logic("bitwise_xor", np.bitwise_xor),
    Record(
        "bitwise_invert", np.invert, [Sample((a,)) for a in (_TRUTH[0], _WHOLE[0], _BYTES[0])],
        differentiable=False,
    ),
    _shift("bitwise_left_shift", np.left_shift),
    _shift("bitwise_right_shift", np.right_shift),
]  # fmt: skip
