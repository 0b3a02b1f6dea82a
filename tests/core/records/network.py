"""Softmax."""

from __future__ import annotations

import numpy as np

from .record import *


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(axis, keepdims=True)


RECORDS = [
    along("softmax", _softmax, lambda x, axis: x.softmax(axis)),
    along("log_softmax", lambda x, axis: np.log(_softmax(x, axis)),
          lambda x, axis: x.log_softmax(axis)),
    along("softmax_grad", lambda g, out, axis: out * (g - np.sum(g * out, axis, keepdims=True)),
          lambda g, out, axis: out * (g - (g * out).sum(axis, keepdim=True)), pair=True),
    along("log_softmax_grad", lambda g, out, axis: g - np.exp(out) * np.sum(g, axis, keepdims=True),
          lambda g, out, axis: g - out.exp() * g.sum(axis, keepdim=True), pair=True),
]  # fmt: skip
