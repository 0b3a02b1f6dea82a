"""Arithmetic, choices and comparisons."""

from __future__ import annotations

import numpy as np

from .record import *

RECORDS = [
    binary("add", np.add, torch=lambda x, y: x + y),
    binary("subtract", np.subtract, torch=lambda x, y: x - y),
    binary("multiply", np.multiply, torch=lambda x, y: x * y),
    binary("divide", np.divide, ("any", "not0"), torch=lambda x, y: x / y),
    binary(
        "power", np.power, ("positive", "any"), torch=lambda x, y: x**y, numbers=(2.5, 1.7),
        extra=[Sample((values("power", (2, 3), "not0"), n)) for n in (0, 1, 2, 3, -1, -2, 2.0, 0.0)],
        kinks=[
            ([0.0, 0.0, 0.0, 2.0, -2.0, 1.0], [0.0, 1.0, 2.0, 0.0, 3.0, 5.0]),
            ([0.0, 2.0, -3.0], 0), ([0.0, 2.0, -3.0], 1), ([0.0, 2.0, -3.0], 2),
            ([0.0, 2.0, -3.0], 3), (0.0, [1.0, 2.5]), (1.0, [0.0, 2.5]),
        ],
    ),
    Record(
        "where", np.where,
        [
            Sample((np.array(c, dtype=bool), values("where", x, "any"), values("where2", y, "any")))
            for c, x, y in [
                (True, (), ()), ([True, False, True], (3,), (3,)), ([True, False, True], (2, 3), ()),
                ([[True], [False]], (3,), (2, 1)), (False, (2, 3), (3,)), ([], (0,), (1,)),
            ]
        ]
        + [Sample((np.array([True, False]), 2.0, values("where", (3, 2), "any")))]
        + [Sample((np.array([True, False]), values("where", (3, 2), "any"), -1.0))],
        torch=lambda c, x, y: pytorch().where(c, x, y),
    ),
    binary(
        "maximum", np.maximum, torch=lambda x, y: pytorch().maximum(x, tensor(y)),
        numbers=None, extra=[Sample((values("maximum", (2, 3), "not0"), 0.0))],
        kinks=[([1.0, 2.0, 3.0], [1.0, 5.0, 0.0]), ([2.0], [[2.0], [1.0]]), ([0.0, 1.0], 0.0)],
    ),
    binary(
        "minimum", np.minimum, torch=lambda x, y: pytorch().minimum(x, tensor(y)),
        numbers=None, extra=[Sample((values("minimum", (2, 3), "not0"), 0.0))],
        kinks=[([1.0, 2.0, 3.0], [1.0, 5.0, 0.0]), ([2.0], [[2.0], [1.0]]), ([0.0, 1.0], 0.0)],
    ),
    binary("equal", np.equal, differentiable=False),
    binary("not_equal", np.not_equal, differentiable=False),
    binary("less", np.less, differentiable=False),
    binary("less_equal", np.less_equal, differentiable=False),
    binary("greater", np.greater, differentiable=False),
    binary("greater_equal", np.greater_equal, differentiable=False),
    *[
        Record(
            name, reference,
            [Sample((np.array([True, True, False, False]), np.array([True, False, True, False])))],
            differentiable=False,
        )
        for name, reference in [("logical_and", np.logical_and), ("logical_or", np.logical_or)]
    ],
    Record("logical_not", np.logical_not, [Sample((np.array([True, False]),))], differentiable=False),
]  # fmt: skip
