"""Choices between operands."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

NAN = float("nan")
_KINKS = [
    ([1.0, 2.0, 3.0], [1.0, 5.0, 0.0]), ([2.0], [[2.0], [1.0]]), ([0.0, 1.0], 0.0),
    (0.0, [0.0, 1.0]), ([NAN, 1.0, NAN], [1.0, NAN, NAN]),
]  # fmt: skip


def _clip(x: Any, min: Any, max: Any) -> Any:
    out = x if min is None else np.maximum(x, min)
    return out if max is None else np.minimum(out, max)


def _clamp(x: Any, min: Any, max: Any) -> Any:
    bounds = {k: tensor(v) for k, v in {"min": min, "max": max}.items() if v is not None}
    x, *bounds_of_its_shape = pytorch().broadcast_tensors(
        x, *bounds.values()
    )  # clamp has bugs there
    return x.clamp(**dict(zip(bounds, bounds_of_its_shape, strict=True))) if bounds else x.clone()


def _held(shape: tuple[int, ...], by: float = 0.0) -> np.ndarray:
    """0.03 above multiples of 0.1, `by` apart."""
    return np.asarray(values("clip", shape, "distinct") + 0.03 + by)


RECORDS = [
    Record(
        "where", np.where,
        [
            Sample((np.array(c, dtype=bool), values("where", x, "any"), values("where2", y, "any")))
            for c, x, y in [
                (True, (), ()), ([True, False, True], (3,), (3,)), ([True, False, True], (2, 3), ()),
                ([[True], [False]], (3,), (2, 1)), (False, (2, 3), (3,)), ([], (0,), (1,)),
            ]
        ]
        + [
            Sample((np.array([True, False]), *pair))
            for pair in [
                (2.0, values("where", (3, 2), "any")), (values("where", (3, 2), "any"), -1.0),
                (values("where", (2,), "complex"), values("where2", (2,), "complex")),
                (1j, values("where2", (2,), "complex")),
            ]
        ],
        torch=lambda c, x, y: pytorch().where(c, x, y),
    ),
    of(  # which PyTorch cannot differentiate
        "where", np.where,
        Sample((np.array([True, False]), values("where", (2,), "complex"), values("where2", (2,), "any"))),
        Sample((np.array([True, False]), values("where", (2,), "any"), 1j)),
    ),
    binary("maximum", np.maximum, torch=lambda x, y: pytorch().maximum(tensor(x), tensor(y)), kinks=_KINKS),
    binary("minimum", np.minimum, torch=lambda x, y: pytorch().minimum(tensor(x), tensor(y)), kinks=_KINKS),
    Record(
        "clip", _clip,
        [
            Sample((_held(s), low, high))
            for s in SHAPES
            for low, high in [(-0.3, 0.2), (None, 0.0), (0.0, None), (None, None)]
        ]
        + [
            Sample((_held(x), None if low is None else _held(low, -0.15), None if high is None else _held(high, 0.21)))
            for x, low, high in [
                ((), (), ()), ((4,), (4,), (4,)), ((2, 3), (3,), ()), ((3,), (2, 1), (1, 3)), ((2, 3), None, (3,)),
                ((3,), (2, 3), None), ((0, 3), (3,), (1, 3)), ((1,), (0,), ()),
            ]
        ]
        + [Sample((_held((4,)), -0.1, _held((4,), 0.11))), Sample((_held((4,)), _held((4,), -0.11), 0.1))],
        torch=_clamp,
        kinks=[
            Sample((np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), -0.5, 0.5)),
            Sample((np.array([-1.0, 0.0, 1.0]), 0.0, None)),
            Sample((np.array([-1.0, 0.0, 1.0]), None, 0.0)),
            Sample((np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), np.array(-1.0), np.array(1.0))),
            Sample((np.array([-2.0, 0.0, 2.0, -1.0, 1.0]), np.array(1.0), np.array(-1.0))),
            Sample((np.array([NAN, 0.0, 0.0, NAN]), np.array([0.0, NAN, 0.0, NAN]), np.array([0.0, 0.0, NAN, NAN]))),
            Sample((np.array([1.0, 2.0]), np.array([1.0, 2.5]), np.array([1.0, 2.5]))),
        ],
    ),
]  # fmt: skip
