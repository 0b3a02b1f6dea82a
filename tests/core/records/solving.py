"""Inverses, linear systems and determinants."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np

from .record import *

DOMAINS = ("any", "complex")
SQUARE: list[tuple[int, ...]] = [(1, 1), (2, 2), (3, 3), (2, 3, 3), (2, 1, 2, 2), (0, 0), (0, 2, 2), (2, 0, 0)]  # fmt: skip


def regular(name: str, shape: Any, domain: str) -> np.ndarray:
    """Square matrices far from singular."""
    return values(name, shape, domain) * 0.5 + 3.0 * np.eye(shape[-1])


def _direction(x: np.ndarray, hs: list[np.ndarray]) -> Any:
    """D^k det(x)[h1, ..., hk] for k = len(hs): det is linear in each column."""
    total = 0.0
    for columns in permutations(range(x.shape[-1]), len(hs)):
        y = x.copy()
        for column, h in zip(columns, hs, strict=True):
            y[:, column] = h[:, column]
        total = total + np.linalg.det(y)
    return total


def _cofactor(x: np.ndarray, directions: np.ndarray | None) -> np.ndarray:
    out = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        unit = np.zeros(x.shape[-2:])
        unit[at[-2:]] = 1.0
        hs = [] if directions is None else [h[at[:-2]] for h in directions]
        out[at] = _direction(x[at[:-2]], [*hs, unit])
    return out


def _pinv(x: Any, rtol: Any) -> Any:
    return np.linalg.pinv(x) if rtol is None else np.linalg.pinv(x, rcond=rtol)


def _torch_pinv(x: Any, rtol: Any = None) -> Any:
    return pytorch().linalg.pinv(x, rtol=rtol)


def _torch_solve(a: Any, b: Any) -> Any:
    kind = pytorch().promote_types(a.dtype, b.dtype)
    return pytorch().linalg.inv(a.to(kind)) @ b.to(kind)


RECORDS = [
    of(
        "inv", np.linalg.inv,
        *[Sample((regular("inv", s, d),)) for d in DOMAINS for s in SQUARE],
        torch=lambda x: pytorch().linalg.inv(x),
    ),
    of(
        "solve", lambda a, b: np.matmul(np.linalg.inv(a), b),
        *[
            Sample((regular("solve", a, d), values("solve2", b, e)))
            for d, e in [("any", "any"), ("complex", "complex"), ("complex", "any"), ("any", "complex")]
            for a, b in [((2, 2), (2,)), ((1, 1), (1,)), ((2, 3, 3), (3,)), ((3, 3), (3, 2)), ((3, 3), (2, 3, 1)),
                         ((2, 1, 3, 3), (4, 3, 2)), ((2, 3, 3), (3, 2))]
        ],
        *[
            Sample((regular("solve", a, "any"), values("solve2", b, "any")))
            for a, b in [((0, 0), (0,)), ((0, 0), (0, 2)), ((2, 2), (2, 0)), ((1, 2, 2), (2, 0)),
                         ((0, 2, 2), (2, 3))]
        ],
        torch=_torch_solve,
    ),
    of(
        "det", np.linalg.det,
        *[Sample((values("det", s, d),)) for d in DOMAINS for s in SQUARE],
        torch=lambda x: pytorch().linalg.det(x),
    ),
    of(
        "cofactor", _cofactor,
        *[Sample((values("cofactor", s, d), None)) for d in DOMAINS for s in SQUARE],
        *[
            Sample((values("cofactor", s, d), values("cofactor2", (k, *s), d)))
            for d in DOMAINS
            for k, s in [(1, (3, 3)), (1, (2, 2, 2)), (2, (3, 3)), (2, (4, 4)), (3, (3, 3)), (1, (1, 1)), (2, (1, 1))]
        ],
        # A repeated singular value, and some that are 0.
        *[Sample((x, h)) for x in (np.eye(3), np.ones((3, 3)), np.zeros((3, 3)))
          for h in (None, values("cofactor2", (1, 3, 3), "any"))],
    ),
    of(
        "slogdet", lambda x: tuple(np.linalg.slogdet(x)),
        *[Sample((values("slogdet", s, d),)) for d in DOMAINS for s in SQUARE],
        torch=lambda x: tuple(pytorch().linalg.slogdet(x)),
    ),
    of(
        "pinv", _pinv,
        *[
            Sample((values("pinv", s, d), None))
            for d in DOMAINS
            for s in [(2, 2), (3, 2), (2, 3), (2, 4, 2), (1, 1), (0, 2), (2, 0), (0, 2, 3)]
        ],
        Sample((values("pinv", (3, 2), "any"), 1e-3)),
        torch=_torch_pinv,
    ),
    of(
        "bp.linalg.pinv", np.linalg.pinv,
        Sample((values("pinv", (3, 2), "any"),)),
        torch=_torch_pinv,
    ),
    of(
        "bp.linalg.matrix_power", np.linalg.matrix_power,
        *[
            Sample((regular("matrix_power", s, d) * 0.3, n))
            for d in DOMAINS
            for s, n in [((3, 3), 2), ((2, 2), 1), ((2, 3, 3), 3), ((2, 2), 5), ((2, 2), -1), ((2, 2, 2), -3),
                         ((0, 0), 2), ((0, 2, 2), -2), ((1, 1), 4)]
        ],
        torch=lambda x, n: pytorch().linalg.matrix_power(x, n),
    ),
]  # fmt: skip
