"""Losses of numbers, of probabilities and of classes."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np

from .record import Record, Shape

_RNG = np.random.default_rng(3)
REDUCTIONS = ("none", "mean", "sum")


def loss(name: str, *inputs: Any, target: Any = None, reductions: Any = REDUCTIONS, kinks: bool = False,
         order: int = 2, **kwargs: Any) -> list[Record]:  # fmt: skip
    """A record for each reduction. A target given by its name gets no gradient."""
    call = {} if target is None else {"target": target}
    return [
        Record(name, (), {**kwargs, "reduction": r}, inputs, call, modes=("train",), kinks=kinks, order=order)
        for r in reductions
    ]  # fmt: skip


def chances(*shape: int) -> np.ndarray:
    return _RNG.uniform(0.05, 0.95, shape)


def shares(*shape: int) -> np.ndarray:
    """Probabilities along axis 1 (0, if there is but one)."""
    q = _RNG.uniform(0.1, 1.0, shape)
    return q / q.sum(axis=min(1, len(shape) - 1), keepdims=True)


def classes(count: int, *shape: int) -> np.ndarray:
    return _RNG.integers(0, count, shape)


# Differences of 0, of the bound, inside and outside of it.
_ON_BOUNDS = np.array([0.0, 0.5, -0.5, 1.0, -1.0, 0.25, -2.0, 2.0])
_ZEROS = np.zeros(8)
_WEIGHTS = np.array([0.5, 2.0, 1.0])
_SOME: Shape = (4, 3)

NUMBERS = [
    *loss("MSELoss", _SOME, _SOME),
    *loss("MSELoss", np.array(0.3), np.array(-0.5), reductions=["mean"]),
    *loss("L1Loss", _SOME, _SOME),
    *loss("L1Loss", _ON_BOUNDS, _ZEROS, reductions=["none"], kinks=True),
    *loss("SmoothL1Loss", _SOME, _SOME),
    *loss("SmoothL1Loss", _SOME, _SOME, reductions=["mean"], beta=0.3),
    *loss("SmoothL1Loss", _SOME, _SOME, reductions=["sum"], beta=0.0),
    *loss("SmoothL1Loss", _ON_BOUNDS, _ZEROS, reductions=["none"], kinks=True),
    *loss("SmoothL1Loss", _ON_BOUNDS, _ZEROS, reductions=["none"], kinks=True, beta=0.5),
    *loss("HuberLoss", _SOME, _SOME),
    *loss("HuberLoss", _SOME, _SOME, reductions=["mean"], delta=0.3),
    *loss("HuberLoss", _ON_BOUNDS, _ZEROS, reductions=["none"], kinks=True),
    *loss("HuberLoss", _ON_BOUNDS, _ZEROS, reductions=["none"], kinks=True, delta=2.0),
    *[
        record
        for name in ("mse_loss", "l1_loss", "huber_loss")
        for record in loss(f"functional.{name}", _SOME, _SOME, weight=chances(4, 3))
    ],
]  # fmt: skip

PROBABILITIES = [
    *loss("BCELoss", chances(4, 3), chances(4, 3)),
    *loss("BCELoss", chances(4, 3), chances(4, 3), weight=_WEIGHTS),
    *loss("BCELoss", chances(2, 3), chances(2, 3), weight=np.array([[0.2], [1.0]]), reductions=["mean"]),
    *loss("BCEWithLogitsLoss", _SOME, chances(4, 3)),
    *loss("BCEWithLogitsLoss", _SOME, chances(4, 3), weight=_WEIGHTS, pos_weight=_WEIGHTS[::-1].copy()),
    *loss("KLDivLoss", _SOME, chances(4, 3), reductions=("none", "sum", "batchmean")),
    *loss("KLDivLoss", _SOME, _SOME, reductions=("none", "sum", "batchmean"), log_target=True),
    *loss("KLDivLoss", _SOME, target=np.array([[0.0, 1.0, 0.5]] * 4), reductions=["none"]),
    *loss("PoissonNLLLoss", _SOME, chances(4, 3)),
    *loss("PoissonNLLLoss", chances(4, 3) * 3, chances(4, 3) * 3, log_input=False, eps=0.1),
    *loss("PoissonNLLLoss", _SOME, np.array([0.5, 1.5, 4.0]) + chances(4, 3), reductions=["mean"], full=True),
    *loss("PoissonNLLLoss", (4,), target=np.array([0.0, 1.0, 2.0, 5.0]), reductions=["none"], full=True),
    *loss("GaussianNLLLoss", _SOME, _SOME, chances(4, 3)),
    *loss("GaussianNLLLoss", _SOME, _SOME, chances(4), full=True),
    *loss("GaussianNLLLoss", _SOME, _SOME, chances(4, 1), reductions=["sum"]),
    *loss("GaussianNLLLoss", _SOME, _SOME, chances(1, 3), reductions=["mean"]),
    *loss("GaussianNLLLoss", _SOME, _SOME, 0.7, reductions=["mean"], full=True),
    *loss("GaussianNLLLoss", (4,), (4,), np.array([0.0, 0.2, 0.5, 1.0]), reductions=["none"], eps=0.5, kinks=True),
]  # fmt: skip

_TARGET, _GRID = np.array([0, 2, 1, 1]), classes(3, 2, 2, 3)
_NONE = np.array([-100, 2, -100, 0])

CLASSES = [
    *[
        record
        for name in ("CrossEntropyLoss", "NLLLoss")
        for kwargs in ({}, {"weight": _WEIGHTS}, {"ignore_index": 1}, {"ignore_index": 2, "weight": _WEIGHTS})
        for x, t in (((4, 3), _TARGET), ((2, 3, 2, 3), _GRID))
        for record in loss(name, x, target=t, reductions=["none", "mean"], **kwargs)
    ],
    *[
        record
        for name in ("CrossEntropyLoss", "NLLLoss")
        for record in (
            *loss(name, (4, 3), target=_NONE),
            *loss(name, (3,), target=np.array(1)),
            *loss(name, (3,), target=np.array(1), weight=_WEIGHTS),
            *loss(name, (4, 3), target=np.full(4, -100), kinks=True),  # a mean of nothing
            *loss(name, (0, 3), target=np.zeros(0, int), reductions=["none", "sum"]),
        )
    ],
    *[
        record
        for kwargs in ({}, {"weight": _WEIGHTS}, {"ignore_index": 1}, {"ignore_index": 0, "weight": _WEIGHTS})
        for x, t in (((4, 3), _TARGET), ((2, 3, 2, 3), _GRID))
        for record in loss("CrossEntropyLoss", x, target=t, reductions=["mean"], label_smoothing=0.3, **kwargs)
    ],
    *loss("CrossEntropyLoss", (4, 3), target=_TARGET, label_smoothing=0.3, weight=_WEIGHTS, ignore_index=1),
    *loss("CrossEntropyLoss", (4, 3), target=_TARGET, label_smoothing=1.0, reductions=["mean"]),
    *loss("CrossEntropyLoss", (3,), target=np.array(1), label_smoothing=0.3, weight=_WEIGHTS),
    *loss("CrossEntropyLoss", (4, 3), target=np.full(4, -100), label_smoothing=0.3, kinks=True),
    *[
        record
        for kwargs in ({}, {"weight": _WEIGHTS}, {"label_smoothing": 0.2}, {"label_smoothing": 0.2, "weight": _WEIGHTS})
        for shape in ((4, 3), (2, 3, 2), (3,))
        for record in loss("CrossEntropyLoss", shape, shares(*shape), reductions=["mean"], **kwargs)
    ],
    *loss("CrossEntropyLoss", (4, 3), shares(4, 3), weight=_WEIGHTS),
]  # fmt: skip

RECORDS = NUMBERS + PROBABILITIES + CLASSES
