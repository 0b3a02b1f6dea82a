"""Norms of vectors and of matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .record import *

INF = math.inf
DOMAINS = ("not0", "complex")
ORDERS = (2, 1, 0, INF, -INF, 3, 2.5, 1.5, 0.5, -1, -2, -0.5)


def _vector_norm(x: Any, axis: Any, keepdims: bool, ord: float) -> Any:
    return pytorch().linalg.vector_norm(x, ord, dim=axis, keepdim=keepdims)


def _matrix_norm(x: Any, ord: Any = "fro", keepdims: bool = False) -> Any:
    return pytorch().linalg.matrix_norm(x, ord, keepdim=keepdims)


def _norm(x: Any, **how: Any) -> Any:
    names = {"axis": "dim", "keepdims": "keepdim", "ord": "ord"}
    return pytorch().linalg.norm(x, **{names[k]: v for k, v in how.items()})


RECORDS = [
    Record(
        "vector_norm", np.linalg.vector_norm,
        [
            Sample((values("vector_norm", shape, "not0"),), {"axis": axis, "keepdims": keepdims, "ord": 2})
            for shape, axis in [*AXES, *EMPTY]
            for keepdims in (False, True)
        ]
        + [
            Sample((values("vector_norm", shape, d),), {"axis": axis, "keepdims": keepdims, "ord": ord})
            for d in DOMAINS
            for ord in ORDERS
            for shape, axis, keepdims in [((4,), None, False), ((2, 3, 2), (0, -1), True), ((2, 3), 1, False), ((), None, False)]
            if shape or ord  # PyTorch warns of its own count of one number
        ]
        + [
            Sample((np.zeros(shape),), {"axis": axis, "keepdims": False, "ord": ord})
            for ord in (1, 0, 3)
            for shape, axis in EMPTY
        ],
        _vector_norm,
        kinks=[
            Sample((np.array(x),), {"axis": -1, "keepdims": False, "ord": ord})
            for x, ord in [([3.0, -3.0, 1.0], INF), ([[3.0, -1.0, 1.0]], -INF), ([3.0, 3j, 1.0], INF), ([0.0, 0.0], INF),
                           ([0.0, 1.0], 0), ([0.0, 1.0, -1.0], 1), ([0.0, 0.0], 1), ([0.0, 1.0], 3), ([0.0, 1.0], 2)]
        ],
    ),
    Record(
        "bp.linalg.vector_norm", lambda x: np.linalg.vector_norm(x),
        [Sample((values("vector_norm", (2, 3), d),)) for d in DOMAINS],
        lambda x: pytorch().linalg.vector_norm(x),
    ),
    Record(
        "bp.linalg.matrix_norm", np.linalg.matrix_norm,
        [
            Sample((values("matrix_norm", shape, d),), {"ord": ord, "keepdims": keepdims})
            for d in DOMAINS
            for ord in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)
            for shape, keepdims in [((2, 3), False), ((3, 2), True), ((2, 2, 2), False), ((1, 1), False), ((0, 2, 2), True)]
        ]
        + [Sample((np.zeros((0, 3)),), {"ord": ord}) for ord in ("fro", "nuc")]
        + [Sample((values("matrix_norm", (2, 3), "any"),))],
        _matrix_norm,
        kinks=[
            Sample((np.array(x),), {"ord": ord})
            for x, ord in [([[1.0, -2.0], [2.0, 1.0]], 1), ([[1.0, -2.0], [2.0, 1.0]], INF), ([[1.0, 1.0], [0.0, 0.0]], -INF),
                           ([[0.0, 1.0], [0.0, 1.0]], -1)]
        ],
    ),
    Record(
        "bp.linalg.norm", np.linalg.norm,
        [
            Sample((values("norm", shape, d),), how)
            for d in DOMAINS
            for shape, how in [((), {}), ((3,), {}), ((2, 3), {}), ((2, 3, 2), {}), ((3,), {"ord": 3}), ((3,), {"ord": INF}),
                               ((2, 3), {"ord": 1}), ((2, 3), {"ord": "nuc"}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": 1, "ord": 1}),
                               ((2, 3, 2), {"axis": (0, 2)}), ((2, 3, 2), {"axis": (2, 0), "ord": 1, "keepdims": True}),
                               ((2, 3, 2), {"axis": (-2, 0), "ord": INF}), ((2, 3, 2), {"axis": (0, 1), "ord": 2}),
                               ((2, 3), {"keepdims": True}), ((2, 3), {"ord": -2, "keepdims": True}),
                               ((2, 3, 4), {"axis": (1,), "ord": 0.5})]
        ],
        _norm,
    ),
]  # fmt: skip
