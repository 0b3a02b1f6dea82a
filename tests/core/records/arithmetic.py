"""Arithmetic between two operands."""

from __future__ import annotations

import numpy as np

from .record import *

INF = float("inf")


def _complexes(name: str) -> list[Sample]:
    """Two complex operands, and one of them real."""
    z, w = values(name, (2, 3), "complex"), values(name + "2", (3,), "complex")
    x, y = values(name, (2, 3), "positive"), values(name + "2", (3,), "positive")
    pairs = [
        (z, w),
        (z[0, 0], w[0]),
        (z, y),
        (x, w),
        (z, 1.3),
        (0.7, w),
        (z, 0.4 - 1j),
        (x, 1j),
        (1 + 2j, w),
        (2j, y),
    ]
    return [Sample(tuple(np.asarray(v) if hasattr(v, "shape") else v for v in p)) for p in pairs]


RECORDS = [
    binary("add", np.add, torch=lambda x, y: x + y, extra=_complexes("add")),
    binary("subtract", np.subtract, torch=lambda x, y: x - y, extra=_complexes("subtract")),
    binary("multiply", np.multiply, torch=lambda x, y: x * y, extra=_complexes("multiply")),
    binary("divide", np.divide, ("any", "not0"), torch=lambda x, y: x / y, extra=_complexes("divide")),
    binary(
        "floor_divide", np.floor_divide, ("any", "not0"),
        extra=[
            Sample((np.array([7, -7, 6]), np.array([2, 2, -3]))), Sample((np.array([7, 250], dtype="uint8"), 4)),
            Sample((9, np.array([2, -2]))), Sample((np.array([7.5, -7.5]), 2)), Sample((7.5, np.array([2.0, -2.0]))),
        ],
        differentiable=False,
    ),
    binary(
        "remainder", np.remainder, ("any", "not0"), torch=lambda x, y: pytorch().remainder(tensor(x), tensor(y)),
        kinks=[([5.0, -5.0, 0.0, 6.0], [3.0, 3.0, 2.0, -3.0]), ([6.0, 0.0], 3.0), (6.0, [3.0, -3.0])],
    ),
    binary(
        "logaddexp", np.logaddexp, torch=lambda x, y: pytorch().logaddexp(tensor(x), tensor(y)),
        kinks=[
            ([-INF, 0.0, INF, 0.0, INF, -INF], [0.0, -INF, 0.0, INF, -INF, INF]),
            ([-INF, INF], [-INF, INF]), ([-INF, 1.0], -INF), ([1000.0, -1000.0], [-1000.0, -1000.0]),
        ],
    ),
    binary(
        "copysign", np.copysign, ("not0", "not0"),
        torch=lambda x, y: pytorch().copysign(tensor(x), tensor(y)),
        kinks=[([0.0, -0.0, 1.0, 1.0, -2.0], [1.0, 1.0, -0.0, 0.0, 3.0]), ([0.0, 2.0], -1.0), (-2.0, [0.0, -0.0])],
    ),
    binary(
        "power", np.power, ("positive", "any"), torch=lambda x, y: x**y, numbers=(2.5, 1.7),
        extra=[Sample((values("power", (2, 3), "not0"), n)) for n in (0, 1, 2, 3, -1, -2, 2.0, 0.0)]
        + [Sample((values("power", (4,), "complex"), n)) for n in (0, 1, 2, 3, -1, 0j, 2 + 0j)]
        + [Sample((n, values("power", (3,), "complex"))) for n in (-2.5, -1j)]
        + _complexes("power"),
        kinks=[
            ([0.0, 0.0, 0.0, 2.0, -2.0, 1.0], [0.0, 1.0, 2.0, 0.0, 3.0, 5.0]),
            ([0.0, 2.0, -3.0], 0), ([0.0, 2.0, -3.0], 1), ([0.0, 2.0, -3.0], 2),
            ([0.0, 2.0, -3.0], 3), (0.0, [1.0, 2.5]), (1.0, [0.0, 2.5]),
            (0.0, [0.0, 1.0, -1.0, 2.5]), (-2.0, [0.0, 1.0, 2.5]), (0j, [1.0, 2.5]), (0.0, [1 + 0j, 2 + 0j]),
            ([0.0, 0.0, -2.0], [-1.0, 0.5, 2.0]), ([1j, 0j], [0j, 2 + 0j]), ([0j, 2j], 2), ([0j, 2j], 0),
        ],
    ),
]  # fmt: skip
