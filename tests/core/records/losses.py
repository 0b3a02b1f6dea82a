"""Losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .record import *


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(1, keepdims=True)


def _onehot(target: np.ndarray, classes: int) -> np.ndarray:
    """Along axis 1; nothing for what is no class."""
    return np.moveaxis(np.stack([target == c for c in range(classes)], axis=-1), -1, 1)


def _cross_entropy(
    x: np.ndarray, t: np.ndarray, ignore_index: int | None
) -> tuple[np.ndarray, np.ndarray]:
    p = _softmax(x)
    t = np.where(t == ignore_index, -1, t)
    return -np.sum(np.log(p) * _onehot(t, x.shape[1]), axis=1), p


def _torch_cross_entropy(x: Any, t: Any, ignore_index: int | None) -> Any:
    ignored = -100 if ignore_index is None else ignore_index
    function = pytorch().nn.functional.cross_entropy
    return function(x, t, reduction="none", ignore_index=ignored), x.softmax(1)


def _cross_entropy_grad(
    g: np.ndarray, p: np.ndarray, t: np.ndarray, ignore_index: int | None
) -> np.ndarray:
    g = np.where(t == ignore_index, 0.0, g)
    return g[:, None] * (p - _onehot(t, p.shape[1]))


def _mean_of_kept(x: np.ndarray, t: np.ndarray, ignore_index: int) -> tuple[float, float]:
    n = float(np.sum(t != ignore_index)) or math.nan
    return float(np.sum(x)) / n, n


def _huber(d: np.ndarray, delta: float) -> np.ndarray:
    return np.where(np.abs(d) <= delta, d * d / 2, delta * (np.abs(d) - delta / 2))


def _torch_huber(d: Any, delta: float) -> Any:
    zero = pytorch().zeros_like(d)
    return pytorch().nn.functional.huber_loss(d, zero, reduction="none", delta=delta)


_T3 = np.array([2, 0, 2])
_T22 = np.array([[0, 2], [1, 1]])
_NONE = {"ignore_index": None}


def _logits(*shape: int) -> np.ndarray:
    return values("sce", shape, "any")


def _gradients(target: np.ndarray, classes: int) -> tuple[np.ndarray, ...]:
    shape = target.shape[0], classes, *target.shape[1:]
    return values("g", target.shape, "any"), values("p", shape, "probability"), target


RECORDS = [
    of(
        "softmax_cross_entropy", _cross_entropy,
        Sample((_logits(3, 4), _T3), _NONE), Sample((_logits(1, 2), np.array([1])), _NONE),
        Sample((_logits(3, 3), _T3.astype("int32")), _NONE),
        Sample((_logits(0, 3), np.zeros(0, int)), _NONE),
        Sample((_logits(2, 1), np.array([0, 0])), _NONE),
        Sample((_logits(2, 3, 2), _T22), _NONE),
        Sample((_logits(3, 3), _T3), {"ignore_index": 2}),
        Sample((_logits(2, 3, 2), np.where(_T22 == 1, -5, _T22)), {"ignore_index": -5}),
        torch=_torch_cross_entropy,
    ),
    of(
        "softmax_cross_entropy_grad", _cross_entropy_grad,
        Sample(_gradients(_T3, 4), _NONE), Sample(_gradients(np.array([1]), 2), _NONE),
        Sample(_gradients(np.zeros(0, int), 2), _NONE), Sample(_gradients(_T22, 3), _NONE),
        Sample(_gradients(_T3, 3), {"ignore_index": 0}),
        Sample(_gradients(np.where(_T22 == 1, -5, _T22), 3), {"ignore_index": -5}),
    ),
    of(
        "mean_of_kept", _mean_of_kept,
        Sample((values("mk", (3,), "any"), _T3), {"ignore_index": 2}),
        Sample((values("mk", (2, 2), "any"), _T22), {"ignore_index": -100}),
        Sample((values("mk", (1,), "any"), np.array([0])), {"ignore_index": -1}),
    ),
    Record(
        "huber", _huber,
        [Sample((values("hu", (2, 3), "not0"),), {"delta": d}) for d in (0.25, 1.1, 3.0)]
        + [Sample((values("hu", (0,), "any"),), {"delta": 1.0})],
        _torch_huber,
        kinks=[Sample((np.array([0.0, 0.5, -0.5, 0.2, -0.7]),), {"delta": 0.5})],
    ),
    Record(
        "huber_slope", lambda d, delta: np.where(np.abs(d) <= delta, d, delta * np.sign(d)),
        [Sample((values("hu", (2, 3), "not0"),), {"delta": d}) for d in (0.25, 1.1)],
    ),
    binary(
        "binary_cross_entropy", lambda p, t: -t * np.log(p) - (1 - t) * np.log1p(-p),
        ("probability", "probability"), numbers=None,
        torch=lambda p, t: pytorch().nn.functional.binary_cross_entropy(
            *pytorch().broadcast_tensors(p, t), reduction="none"),
    ),
    unary("x_log_x", lambda x: x * np.log(x), "positive", torch=lambda x: pytorch().xlogy(x, x)),
]  # fmt: skip
