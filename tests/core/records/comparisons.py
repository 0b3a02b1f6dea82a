"""Comparisons, questions about numbers, and logic."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

_FIRST, _SECOND = np.array([True, True, False, False]), np.array([True, False, True, False])
_ODD = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan])
_TIES = [Sample((np.array([1.0, 2.0, 3.0, 0.0, np.nan]), np.array([1.0, 3.0, 2.0, -0.0, np.nan])))]
_EQUALS = [Sample((np.array([1 + 1j, 2j, 3.0]), np.array([1 + 1j, -2j, 3.0])))]


def _question(name: str, reference: Any, whole: bool = True) -> Record:
    kinds = [_ODD, _ODD.astype("float32")] + [np.array([0, -1, 5])] * whole
    complex_too = [np.array([complex(a, b) for a in _ODD for b in _ODD])] * whole
    record = unary(name, reference)
    samples = [*record.samples, *[Sample((a,)) for a in kinds + complex_too], Sample((_ODD,))]
    return Record(name, reference, samples, differentiable=False)


def _logic(name: str, reference: Any) -> Record:
    pairs = [(_FIRST, _SECOND), (_FIRST, True), (False, _SECOND), (_FIRST[:, None], _SECOND)]
    return Record(name, reference, [Sample(p) for p in pairs], differentiable=False)


RECORDS = [
    binary("equal", np.equal, extra=_TIES + _EQUALS, differentiable=False),
    binary("not_equal", np.not_equal, extra=_TIES + _EQUALS, differentiable=False),
    binary("less", np.less, extra=_TIES, differentiable=False),
    binary("less_equal", np.less_equal, extra=_TIES, differentiable=False),
    binary("greater", np.greater, extra=_TIES, differentiable=False),
    binary("greater_equal", np.greater_equal, extra=_TIES, differentiable=False),
    _question("isnan", np.isnan),
    _question("isinf", np.isinf),
    _question("isfinite", np.isfinite),
    _question("signbit", np.signbit, whole=False),
    _logic("logical_and", np.logical_and),
    _logic("logical_or", np.logical_or),
    _logic("logical_xor", np.logical_xor),
    Record("logical_not", np.logical_not, [Sample((_FIRST,)), Sample((np.array(True),))], differentiable=False),
]  # fmt: skip
