"""Padding."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from dataclasses import replace

from .record import Record

_SHAPES = {1: ((2, 3, 5), (3, 5)), 2: ((1, 2, 4, 3), (2, 4, 3)), 3: ((1, 2, 3, 4, 3), (2, 3, 4, 3))}
_WIDTHS = {1: (2, (1, 3)), 2: (1, (2, 0, 1, 3)), 3: (1, (2, 0, 1, 3, 0, 2))}
_LESS = {1: (-1, 2), 2: (-1, 2, 1, -2), 3: (0, -1, 1, 0, -1, 1)}

_RECORDS = [
    *[
        Record(f"{kind}Pad{d}d", (widths,), inputs=(shape,))
        for kind in ("Zero", "Reflection", "Replication", "Circular")
        for d in (1, 2, 3)
        for widths, shape in zip(_WIDTHS[d], _SHAPES[d], strict=True)
    ],
    *[Record(f"ConstantPad{d}d", (_WIDTHS[d][1], -1.5), inputs=(_SHAPES[d][0],)) for d in (1, 2, 3)],
    *[Record(f"{kind}Pad{d}d", (_LESS[d],), inputs=(_SHAPES[d][0],)) for kind in ("Zero", "Replication", "Circular") for d in (1, 2, 3)],
    Record("ZeroPad2d", ((0, 0, 0, 0),), inputs=((1, 1, 2, 2),)),
    Record("functional.pad", ((1, 2),), inputs=((3,),)),
    Record("functional.pad", ((1, 2, 0, 1, 2, 0, 1, 1), "constant", 0.5), inputs=((1, 2, 2, 1),)),
    Record("functional.pad", ((-1, -1),), inputs=((2, 4),)),
    *[Record("functional.pad", ((2, 1), mode), inputs=((2, 3),)) for mode in ("reflect", "replicate", "circular")],
]  # fmt: skip
RECORDS = [replace(r, modes=("train",)) for r in _RECORDS]  # they do not learn
