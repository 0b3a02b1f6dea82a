"""Changes of shape and order."""

from __future__ import annotations

from typing import Any

import numpy as np

from .record import *


def _arrays(name: str, shapes: Any, domain: str = "any") -> tuple[np.ndarray, ...]:
    return tuple(values(f"{name}{i}", s, domain) for i, s in enumerate(shapes))


def _torch_roll(x: Any, shift: Any, axis: Any) -> Any:
    return x.roll(shift, axis)


RECORDS = [
    of(
        "reshape", np.reshape,
        *[
            Sample((values("reshape", x, domain),), {"shape": shape})
            for x, shape, domain in [
                ((), (1, 1), "any"), ((1,), (), "any"), ((2, 3), (6,), "any"), ((2, 3), (3, -1), "any"),
                ((6,), (1, 2, 3), "any"), ((0, 3), (3, 0), "any"), ((2, 3), (2, 3), "any"),
                ((2, 3), (3, 2), "complex"),
            ]
        ],
        torch=lambda x, shape: x.reshape(shape),
    ),
    of(
        "broadcast_to", np.broadcast_to,
        *[
            Sample((values("broadcast_to", x, domain),), {"shape": shape})
            for x, shape, domain in [
                ((), (2, 3), "any"), ((1,), (4,), "any"), ((3,), (2, 3), "any"), ((2, 1), (2, 3), "any"),
                ((3,), (3,), "any"), ((2, 1, 3), (4, 2, 5, 3), "any"), ((1, 3), (0, 3), "any"),
                ((), (), "any"), ((2, 1), (2, 3), "complex"),
            ]
        ],
        torch=lambda x, shape: x.broadcast_to(shape),
    ),
    of(
        "matrix_transpose", lambda x: np.swapaxes(x, -1, -2),
        *[Sample((values("mT", s, "any"),)) for s in [(2, 3), (1, 1), (4, 2, 3), (0, 3)]],
        Sample((values("mT", (2, 3), "complex"),)),
        torch=lambda x: x.mT,
    ),
    of(
        "permute_dims", np.transpose,
        *[
            Sample((values("permute", s, domain),), {"axes": axes})
            for s, axes, domain in [
                ((), (), "any"), ((3,), (0,), "any"), ((2, 3), (1, 0), "any"), ((2, 3, 4), (2, 0, 1), "any"),
                ((2, 3, 4), (-1, 0, -2), "any"), ((0, 3), (1, 0), "any"), ((2, 3, 2), (1, 2, 0), "complex"),
            ]
        ],
        torch=lambda x, axes: x.permute(axes),
    ),
    of(
        "flip", np.flip,
        *[
            Sample((values("flip", s, domain),), {"axis": axis})
            for s, axis, domain in [
                ((), (), "any"), ((1,), (0,), "any"), ((4,), (0,), "any"), ((2, 3), (1,), "any"),
                ((2, 3), (0, 1), "any"), ((2, 3, 2), (2, 0), "any"), ((0, 3), (0, 1), "any"),
                ((2, 3), (1,), "complex"),
            ]
        ],
        torch=lambda x, axis: x.flip(axis),
    ),
    of(
        "roll", np.roll,
        *[
            Sample((values("roll", s, domain),), {"shift": shift, "axis": axis})
            for s, shift, axis, domain in [
                ((1,), (0,), (0,), "any"), ((4,), (1,), (0,), "any"), ((4,), (-5,), (0,), "any"),
                ((2, 3), (1, 2), (0, 1), "any"), ((2, 3, 2), (1, -1), (2, 1), "any"), ((0, 3), (2,), (1,), "any"),
                ((2, 3), (2,), (1,), "complex"),
            ]
        ],
        torch=_torch_roll,
    ),
    of(
        "bp.roll", np.roll,
        *[
            Sample((values("roll", s, "any"),), {"shift": shift, "axis": axis})
            for s, shift, axis in [((2, 3), 4, None), ((), 1, None), ((0,), 1, None), ((2, 3), -1, (0, -1)),
                                   ((5,), (1, 3), (0, 0)), ((2, 3), (1, 3), (-1, 0))]
        ],
    ),
    *[
        of(
            name, reference,
            *[
                Sample((values(name, s, domain),), {"k": k})
                for s, k, domain in [
                    ((2, 3), 0, "any"), ((3, 2), -1, "any"), ((3, 3), 1, "any"), ((2, 3, 3), 0, "any"),
                    ((1, 1), 2, "any"), ((1, 1), -2, "any"), ((0, 3), 0, "any"), ((2, 0, 3), 1, "any"),
                    ((3, 3), -1, "complex"),
                ]
            ],
            torch=torch,
        )
        for name, reference, torch in [("tril", np.tril, lambda x, k: x.tril(k)),
                                       ("triu", np.triu, lambda x, k: x.triu(k))]
    ],
    of(
        "bp.meshgrid", lambda *xs, indexing: tuple(np.meshgrid(*xs, indexing=indexing)),
        *[
            Sample(_arrays("grid", shapes), {"indexing": indexing})
            for shapes in ([(3,)], [(2,), (3,)], [(2,), (1,), (3,)], [(0,), (2,)], [(), (2,)])
            for indexing in ("xy", "ij")
        ],
        torch=lambda *xs, indexing: pytorch().meshgrid(*xs, indexing=indexing),
    ),
    of(
        "bp.broadcast_arrays", lambda *xs: tuple(np.broadcast_arrays(*xs)),
        *[Sample(_arrays("ba", shapes)) for shapes in ([(2, 1), (3,)], [(), (2,), (1, 1)], [(2,)], [(0, 1), (3,)])],
        torch=lambda *xs: pytorch().broadcast_tensors(*xs),
    ),
]  # fmt: skip
