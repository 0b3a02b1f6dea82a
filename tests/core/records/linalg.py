"""Products of vectors, matrices and tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *

DOMAINS = ("any", "complex")


def _two(name: str, x1: Any, x2: Any, domains: Any = ("any", "any"), **static: Any) -> Sample:
    return Sample((values(name, x1, domains[0]), values(name + "2", x2, domains[1])), static)


def _tensordot(x1: Any, x2: Any, axes: Any) -> Any:
    return pytorch().tensordot(x1, x2, dims=[list(a) for a in axes])


def _matmul(x1: Any, x2: Any) -> Any:
    kind = pytorch().promote_types(x1.dtype, x2.dtype)
    return x1.to(kind) @ x2.to(kind)


RECORDS = [
    of(
        "matmul", np.matmul,
        *[
            _two("matmul", x1, x2)
            for x1, x2 in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
                           ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
                           ((5, 1, 2, 3), (4, 3, 2)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)),
                           ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 2, 3), (5, 3, 1)), ((0,), (0,))]
        ],
        *[
            _two("matmul", x1, x2, domains)
            for x1, x2 in [((3,), (3,)), ((2, 3), (3, 4)), ((3,), (5, 3, 4)), ((5, 2, 3), (3, 1))]
            for domains in [("complex", "complex"), ("complex", "any"), ("any", "complex")]
        ],
        torch=_matmul,
    ),
    of(
        "linear", lambda x, w, b: x @ w.T + (0 if b is None else b),
        *[
            Sample((values("linear", x, "any"), values("linear2", (4, 3), "any"), bias))
            for x in [(2, 3), (3,), (5, 2, 3), (0, 3), (1, 3)]
            for bias in (values("linear3", (4,), "any"), None)
        ],
        *[
            Sample((values("linear", x, "complex"), values("linear2", (4, 3), "complex"), bias))
            for x in [(2, 3), (3,), (5, 2, 3)]
            for bias in (values("linear3", (4,), "complex"), None)
        ],
        torch=lambda x, w, b: pytorch().nn.functional.linear(x, w, b),
    ),
    of(
        "tensordot", np.tensordot,
        *[
            _two("tensordot", x1, x2, (d, d), axes=axes)
            for d in DOMAINS
            for x1, x2, axes in [((3,), (3,), ((0,), (0,))), ((2, 3), (3, 4), ((1,), (0,))),
                                 ((2, 3, 4), (4, 3, 2), ((0, 2, 1), (2, 0, 1))), ((2, 3), (4,), ((), ())),
                                 ((2, 3, 4), (3, 5, 2), ((1, 0), (0, 2))), ((), (2,), ((), ())),
                                 ((4, 2, 3), (2, 5, 3), ((2, 1), (2, 0))), ((1, 3), (3, 1), ((0,), (1,)))]
        ],
        *[
            _two("tensordot", x1, x2, axes=axes)
            for x1, x2, axes in [((0, 3), (3, 2), ((1,), (0,))), ((0, 3), (0, 2), ((0,), (0,)))]
        ],
        torch=_tensordot,
    ),
    of(
        "vecdot", lambda x1, x2, axis: np.sum(np.conj(x1) * x2, axis=axis),
        *[
            _two("vecdot", x1, x2, (d, d), axis=axis)
            for d in DOMAINS
            for x1, x2, axis in [((3,), (3,), -1), ((2, 3), (3,), -1), ((2, 3), (4, 1, 3), -1), ((3, 1), (2, 3, 4), -2),
                                 ((2, 3, 1), (2, 1, 4), -3), ((1,), (1,), -1)]
        ],
        *[_two("vecdot", x1, x2, axis=-1) for x1, x2 in [((0,), (0,)), ((0, 3), (1, 3)), ((2, 0), (0,))]],
        _two("vecdot", (2, 3), (2, 3), ("complex", "any"), axis=-1),
        _two("vecdot", (2, 3), (2, 3), ("any", "complex"), axis=-2),
        torch=lambda x, y, axis: (x.conj() * y).sum(axis),
    ),
    of(
        "cross", lambda x1, x2, axis: np.cross(x1, x2, axis=axis),
        *[
            _two("cross", x1, x2, (d, d), axis=axis)
            for d in DOMAINS
            for x1, x2, axis in [((3,), (3,), -1), ((2, 3), (3,), -1), ((2, 3), (4, 1, 3), -1), ((3, 1), (2, 3, 4), -2)]
        ],
        _two("cross", (0, 3), (3,), axis=-1),
        torch=lambda x, y, axis: pytorch().linalg.cross(*pytorch().broadcast_tensors(x, y), dim=axis),
    ),
    of(
        "bp.linalg.outer", np.outer,
        *[_two("outer", x1, x2, (d, d)) for d in DOMAINS for x1, x2 in [((2,), (3,)), ((1,), (1,)), ((0,), (2,))]],
        torch=lambda x, y: pytorch().outer(x, y),
    ),
]  # fmt: skip
