"""Activations and losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _onehot(target: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[target]


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(axis, keepdims=True)


def _cross_entropy(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = _softmax(x, 1)
    return -np.log(p[np.arange(len(t)), t]), p


def _torch_cross_entropy(x: Any, t: Any) -> Any:
    return pytorch().nn.functional.cross_entropy(x, t, reduction="none"), x.softmax(1)


_T3 = np.array([2, 0, 2])

RECORDS = [
    unary("relu", lambda x: np.where(x > 0, x, 0), "not0", torch=lambda x: x.relu(), kinks=KINKS),
    Record(
        "relu_grad", lambda g, out: np.where(out > 0, g, 0),
        [Sample((values("rg", s, "any"), values("rg2", s, "not0"))) for s in SHAPES],
    ),
    unary("leaky_relu", lambda x, slope: np.where(x > 0, x, slope * x), "not0", slope=0.1,
          torch=lambda x, slope: pytorch().nn.functional.leaky_relu(x, slope), kinks=KINKS),
    unary("elu", lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), "not0", alpha=1.3,
          torch=lambda x, alpha: pytorch().nn.functional.elu(x, alpha)),
    unary("sigmoid", lambda x: 1 / (1 + np.exp(-x)), torch=lambda x: x.sigmoid()),
    unary("softplus", lambda x: np.log1p(np.exp(x)),
          torch=lambda x: pytorch().nn.functional.softplus(x)),
    along("softmax", _softmax, lambda x, axis: x.softmax(axis)),
    along("log_softmax", lambda x, axis: np.log(_softmax(x, axis)),
          lambda x, axis: x.log_softmax(axis)),
    along("softmax_grad", lambda g, out, axis: out * (g - np.sum(g * out, axis, keepdims=True)),
          lambda g, out, axis: out * (g - (g * out).sum(axis, keepdim=True)), pair=True),
    along("log_softmax_grad", lambda g, out, axis: g - np.exp(out) * np.sum(g, axis, keepdims=True),
          lambda g, out, axis: g - out.exp() * g.sum(axis, keepdim=True), pair=True),
    of(
        "softmax_cross_entropy", _cross_entropy,
        Sample((values("sce", (3, 4), "any"), _T3)), Sample((values("sce", (1, 2), "any"), np.array([1]))),
        Sample((values("sce", (3, 3), "any"), _T3.astype("int32"))),
        Sample((values("sce", (0, 3), "any"), np.zeros(0, int))), Sample((values("sce", (2, 1), "any"), np.array([0, 0]))),
        torch=_torch_cross_entropy,
    ),
    of(
        "softmax_cross_entropy_grad", lambda g, p, t: g[:, None] * (p - _onehot(t, p.shape[1])),
        Sample((values("sceg", (3,), "any"), values("sceg", (3, 4), "probability"), _T3)),
        Sample((values("sceg", (1,), "any"), values("sceg", (1, 2), "probability"), np.array([1]))),
        Sample((values("sceg", (0,), "any"), values("sceg", (0, 2), "any"), np.zeros(0, int))),
    ),
    binary(
        "binary_cross_entropy", lambda p, t: -t * np.log(p) - (1 - t) * np.log1p(-p),
        ("probability", "probability"), numbers=None,
        torch=lambda p, t: pytorch().nn.functional.binary_cross_entropy(
            *pytorch().broadcast_tensors(p, t), reduction="none"),
    ),
]  # fmt: skip
