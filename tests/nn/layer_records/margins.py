"""Losses of margins, orders and distances."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import numpy as np

from .losses import classes, loss
from .record import Record

_SIGNS = np.array([[1, -1, 1], [-1, 1, -1], [1, 1, -1], [-1, -1, 1]])
_WEIGHTS = np.array([0.5, 2.0, 1.0])
_TARGET = np.array([0, 2, 1, 1])
# Distances from the margin of 1: on it, and beside it.
_ON_MARGIN = np.array([[1.0, 1.0, 0.0, 0.0], [0.5, -1.0, 1.0, 2.0]])
_ITS_SIGNS = np.array([[1, -1, 1, -1], [-1, -1, 1, -1]])
_TIED = np.array([[1.0, 2.0, 1.0, 0.0], [0.0, 1.0, 2.0, 1.0]])
_PLANE = np.array([[1.0, 2.0], [0.5, -1.0], [1.0, 1.0], [1.0, 0.0]])
_OTHER = np.array([[2.0, 1.0], [1.0, 1.0], [1.0, 1.0], [0.0, 1.0]])


def _labels() -> np.ndarray:
    """Several, one, none, repeated ones."""
    return np.array([[2, 0, -1, 1], [3, -1, 0, 0], [-1, 1, 2, 3], [1, 1, 2, -1], [0, 1, 2, 3]])


SIGNS = [
    *loss("HingeEmbeddingLoss", (4, 3), target=_SIGNS),
    *loss("HingeEmbeddingLoss", (4, 3), target=_SIGNS * 1.0, margin=0.3),
    *loss("HingeEmbeddingLoss", _ON_MARGIN, target=_ITS_SIGNS, reductions=["none"], kinks=True),
    *loss("SoftMarginLoss", (4, 3), target=_SIGNS * 1.0),
    *loss("SoftMarginLoss", np.array([0.0, 30.0, -30.0]), target=np.array([1.0, -1.0, 1.0])),
    *loss("MarginRankingLoss", (4, 3), (4, 3), target=_SIGNS),
    *loss("MarginRankingLoss", (4, 3), (4, 3), target=_SIGNS * 1.0, margin=0.7),
    *loss("MarginRankingLoss", _ON_MARGIN, np.zeros((2, 4)), target=_ITS_SIGNS, kinks=True,
          reductions=["none"], margin=1.0),
    *loss("CosineEmbeddingLoss", (4, 3), (4, 3), target=_SIGNS[:, 0]),
    *loss("CosineEmbeddingLoss", (4, 3), (4, 3), target=_SIGNS[:, 1] * 1.0, margin=-0.4),
    *loss("CosineEmbeddingLoss", (3,), (3,), target=np.array(1)),
    *loss("CosineEmbeddingLoss", _PLANE, _OTHER, target=np.array([1, -1, 1, -1]), kinks=True,
          reductions=["none"]),
]  # fmt: skip

LABELS = [
    *[
        record
        for p in (1, 2)
        for record in (
            *loss("MultiMarginLoss", (4, 3), target=_TARGET, order=1, p=p),
            *loss("MultiMarginLoss", (4, 3), target=_TARGET, order=1, p=p, margin=0.3, weight=_WEIGHTS),
            *loss("MultiMarginLoss", _TIED, target=np.array([1, 3]), order=1, p=p, kinks=True),
        )
    ],
    *loss("MultiMarginLoss", (3,), target=np.array(2), order=1, weight=_WEIGHTS),
    *loss("MultiMarginLoss", (3,), target=np.array([2]), order=1),
    *loss("MultiLabelMarginLoss", (5, 4), target=_labels(), order=1),
    *loss("MultiLabelMarginLoss", (4,), target=_labels()[0], order=1),
    *loss("MultiLabelMarginLoss", _TIED, target=_labels()[:2], order=1, kinks=True),
    *loss("MultiLabelMarginLoss", (0, 4), target=np.zeros((0, 4), int), order=1, reductions=["none"]),
    *loss("MultiLabelSoftMarginLoss", (4, 3), target=classes(2, 4, 3) * 1.0),
    *loss("MultiLabelSoftMarginLoss", (4, 3), (4, 3), weight=_WEIGHTS),
    *loss("MultiLabelSoftMarginLoss", (2, 2, 3), target=classes(2, 2, 2, 3) * 1.0),
    *loss("MultiLabelSoftMarginLoss", (3,), target=np.array([0.0, 1.0, 1.0])),
]  # fmt: skip

TRIPLETS = [
    *loss("TripletMarginLoss", (4, 3), (4, 3), (4, 3)),
    *loss("TripletMarginLoss", (4, 3), (4, 3), (4, 3), reductions=["none"], margin=3.0, p=1.0),
    *loss("TripletMarginLoss", (4, 3), (4, 3), (4, 3), reductions=["none"], margin=2.0, p=3.0, eps=0.1),
    *loss("TripletMarginLoss", (4, 3), (4, 3), (4, 3), margin=4.0, swap=True),
    *loss("TripletMarginLoss", (3,), (3,), (3,), margin=4.0),
    *loss("TripletMarginLoss", (2, 2, 3), (2, 2, 3), (2, 2, 3), reductions=["none", "mean"]),
    *loss("TripletMarginLoss", _PLANE, _OTHER, _PLANE[::-1].copy(), reductions=["none"], p=float("inf"), kinks=True),
    *loss("TripletMarginLoss", _PLANE, _OTHER, _PLANE[::-1].copy(), reductions=["none"], swap=True, kinks=True),
    *loss("TripletMarginWithDistanceLoss", (4, 3), (4, 3), (4, 3)),
    *loss("TripletMarginWithDistanceLoss", (4, 3), (4, 3), (4, 3), margin=2.0, swap=True,
          distance_function=lambda x, y: ((x - y) ** 2).sum(-1)),
]  # fmt: skip


RECORDS: list[Record] = SIGNS + LABELS + TRIPLETS
