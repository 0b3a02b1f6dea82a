"""Diagonals of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

DOMAINS = ("any", "complex")
MATRICES = [
    ((3, 3), 0), ((2, 4), 1), ((4, 2), -1), ((2, 3, 4), 3), ((2, 4, 3), -3), ((1, 1), 0), ((2, 3), 3), ((2, 3), -2),
    ((0, 3), 0), ((3, 0), 0), ((0, 2, 2), 0),
]  # fmt: skip


def _put(x: np.ndarray, shape: Any, offset: int) -> np.ndarray:
    out = np.zeros((*x.shape[:-1], *shape), x.dtype)
    for i in range(x.shape[-1]):
        out[..., i + max(-offset, 0), i + max(offset, 0)] = x[..., i]
    return out


def _torch_put(x: Any, shape: Any, offset: int) -> Any:
    zeros = pytorch().zeros((*x.shape[:-1], *shape), dtype=x.dtype)
    return zeros.diagonal_scatter(x, offset, -2, -1)


def _fill(x: np.ndarray, value: float) -> np.ndarray:
    out = x.copy()
    for i in range(min(x.shape[-2:])):
        out[..., i, i] = value
    return out


def _torch_fill(x: Any, value: float) -> Any:
    torch = pytorch()
    here = torch.eye(*x.shape[-2:], dtype=torch.bool)
    return torch.where(here, torch.tensor(value, dtype=x.dtype), x)


RECORDS = [
    of(
        "diagonal", lambda x, offset: np.diagonal(x, offset, -2, -1),
        *[Sample((values("diagonal", s, d),), {"offset": offset}) for d in DOMAINS for s, offset in MATRICES],
        torch=lambda x, offset: x.diagonal(offset, -2, -1),
    ),
    of(
        "put_diagonal", _put,
        *[
            Sample((values("put_diagonal", s, d),), {"shape": shape, "offset": offset})
            for d in DOMAINS
            for s, shape, offset in [((3,), (3, 3), 0), ((2,), (2, 4), 1), ((2, 1), (3, 2), -2), ((0,), (2, 2), 2), ((1,), (1, 1), 0),
                                     ((0,), (0, 3), 0), ((0, 2), (2, 2), 0)]
        ],
        torch=_torch_put,
    ),
    of(
        "fill_diagonal", _fill,
        *[
            Sample((values("fill_diagonal", s, d),), {"value": 0.5})
            for d in DOMAINS
            for s in [(3, 3), (2, 4), (4, 2), (2, 1, 1), (0, 3)]
        ],
        torch=_torch_fill,
    ),
    of(
        "bp.linalg.trace", lambda x, offset=0: np.trace(x, offset, -2, -1),
        *[Sample((values("trace", s, d),), {"offset": offset}) for d in DOMAINS for s, offset in MATRICES],
        Sample((values("trace", (2, 3, 3), "any"),)),
        torch=lambda x, offset=0: x.diagonal(offset, -2, -1).sum(-1),
    ),
]  # fmt: skip
