"""Joining and taking apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .record import *


def _arrays(name: str, shapes: Any, domain: str = "any") -> tuple[np.ndarray, ...]:
    return tuple(values(f"{name}{i}", s, domain) for i, s in enumerate(shapes))


def _listed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a list as one of its elements."""
    return lambda *arrays, **static: function(list(arrays), **static)


def _join(*parts: Any, shape: Any, axis: int, lengths: Any) -> np.ndarray:
    """Each part written into its place of an array of zeros."""
    out = np.zeros(shape, dtype=np.result_type(*[p for p in parts if p is not None]))
    moved, start = np.moveaxis(out, axis, 0), 0
    for i, part in enumerate(parts):
        n = 1 if lengths is None else lengths[i]
        if part is not None:
            piece = np.expand_dims(part, axis) if lengths is None else part
            moved[start : start + n] = np.moveaxis(piece, axis, 0)
        start += n
    return out


def _torch_split(x: Any, indices_or_sections: Any, axis: int) -> Any:
    return x.tensor_split(indices_or_sections, axis)


RECORDS = [
    of(
        "concat", lambda *xs, axis: np.concatenate(xs, axis),
        *[
            Sample(_arrays("concat", shapes, domain), {"axis": axis})
            for shapes, axis, domain in [
                ([(3,)], 0, "any"), ([(3,), (1,), (0,)], 0, "any"), ([(2, 3), (2, 1)], 1, "any"),
                ([(2, 3), (2, 1)], -1, "any"), ([(1, 2, 2), (3, 2, 2)], -3, "any"),
                ([(0, 3), (2, 3)], 0, "any"), ([(2,), (1,)], 0, "complex"),
            ]
        ],
        Sample((values("concat", (2,), "any"), values("concat", (1,), "complex")), {"axis": 0}),
        torch=lambda *xs, axis: pytorch().cat(xs, axis),
    ),
    Record(
        "bp.concat", lambda *xs, axis: np.concatenate(xs, axis),
        [
            Sample(_arrays("concat", shapes), {"axis": axis})
            for shapes, axis in [([(2, 3), (), (0, 2)], None), ([(2, 3)], None), ([(2, 1), (2, 3)], -1)]
        ],
        around=_listed,
    ),
    of(
        "stack", lambda *xs, axis: np.stack(xs, axis),
        *[
            Sample(_arrays("stack", [s] * n, domain), {"axis": axis})
            for s, n, axis, domain in [
                ((3,), 1, 0, "any"), ((), 2, 0, "any"), ((3,), 2, 1, "any"), ((2, 3), 3, -1, "any"),
                ((2, 3), 2, -2, "any"), ((0, 3), 2, 0, "any"), ((2,), 2, 0, "complex"),
            ]
        ],
        Sample((values("stack", (2,), "any"), values("stack", (2,), "complex")), {"axis": 1}),
        torch=lambda *xs, axis: pytorch().stack(xs, axis),
    ),
    of(
        "join", _join,
        *[
            Sample(parts, {"shape": shape, "axis": axis, "lengths": lengths})
            for parts, shape, axis, lengths in [
                (_arrays("join", [(2,), (1,)]), (3,), 0, (2, 1)),
                ((None, *_arrays("join", [(2, 1), (2, 3)]), None), (2, 7), 1, (2, 1, 3, 1)),
                ((*_arrays("join", [(3,)]), None), (3, 2), 1, None),
                ((None, *_arrays("join", [(), ()])), (3,), 0, None),
                ((None, *_arrays("join", [(2,)], "complex")), (3,), 0, (1, 2)),
                ((*_arrays("join", [(0, 2)]), None), (1, 2), 0, (0, 1)),
            ]
        ],
    ),
    of(
        "bp.unstack", lambda x, axis: tuple(np.moveaxis(x, axis, 0)),
        *[
            Sample((values("unstack", s, domain),), {"axis": axis})
            for s, axis, domain in [((3,), 0, "any"), ((1,), 0, "any"), ((2, 3), -1, "any"), ((2, 3), 0, "any"),
                                    ((2, 3, 2), 1, "any"), ((3, 0), 0, "any"), ((2, 2), 1, "complex")]
        ],
        torch=lambda x, axis: x.unbind(axis),
    ),
    of(
        "bp.split", lambda x, indices_or_sections, axis: tuple(np.split(x, indices_or_sections, axis)),
        *[
            Sample((values("split", s, domain),), {"indices_or_sections": where, "axis": axis})
            for s, where, axis, domain in [
                ((4,), 2, 0, "any"), ((4,), 1, 0, "any"), ((4,), 4, 0, "any"), ((2, 3), (1,), 1, "any"),
                ((2, 3), (1, 1, 5), -1, "any"), ((4, 2), (-1,), 0, "any"), ((4,), (), 0, "any"),
                ((0, 2), 3, 0, "any"), ((2, 4), 2, 1, "complex"),
            ]
        ],
    ),
    of(
        "bp.array_split",
        lambda x, indices_or_sections, axis: tuple(np.array_split(x, indices_or_sections, axis)),
        *[
            Sample((values("split", s, "any"),), {"indices_or_sections": n, "axis": axis})
            for s, n, axis in [((5,), 3, 0), ((2, 3), 2, 1), ((2,), 3, 0), ((4, 2), (1, 3), 0)]
        ],
        torch=_torch_split,
    ),
    *[
        Record(f"bp.{name}", numpy_s, [Sample(_arrays("stacks", shapes)) for shapes in every],
               around=_listed, torch=torch_s)
        for name, numpy_s, torch_s, every in [
            ("hstack", lambda *xs: np.hstack(xs), lambda *xs: pytorch().hstack(xs),
             [[(2,), (3,)], [(2, 1), (2, 3)], [(), (1,)], [(1, 2, 2), (1, 1, 2)]]),
            ("vstack", lambda *xs: np.vstack(xs), lambda *xs: pytorch().vstack(xs),
             [[(3,), (3,)], [(2, 3), (3,)], [(), ()], [(1, 2, 2), (2, 2, 2)]]),
            ("dstack", lambda *xs: np.dstack(xs), lambda *xs: pytorch().dstack(xs),
             [[(3,), (3,)], [(2, 3), (2, 3)], [(), ()], [(1, 2, 2), (1, 2, 1)]]),
            ("column_stack", lambda *xs: np.column_stack(xs), lambda *xs: pytorch().column_stack(xs),
             [[(3,), (3,)], [(2, 3), (2,)], [(), ()], [(2, 0), (2,)]]),
        ]
    ],
]  # fmt: skip
