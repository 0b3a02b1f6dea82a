"""Resizing, and elements moved between axes."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from dataclasses import replace

from .record import Record

_TO = {1: ((7,), (3,)), 2: ((7, 2), (3, 8)), 3: ((4, 2, 5),)}
_INPUT = {1: (1, 2, 5), 2: (1, 2, 5, 4), 3: (1, 1, 3, 2, 4)}
_SMOOTH = (("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3))
_F = "functional.interpolate"

_RECORDS = [
    *[Record("Upsample", (), {"scale_factor": s, "mode": m}, inputs=(_INPUT[d],)) for m in ("nearest", "nearest-exact") for d in (1, 2, 3) for s in (2, 1.7)],
    *[Record("Upsample", (size,), {"mode": m}, inputs=(_INPUT[d],)) for m in ("nearest", "nearest-exact", "area") for d in (1, 2, 3) for size in _TO[d]],
    *[
        Record("Upsample", (size,), {"mode": m, "align_corners": a}, inputs=(_INPUT[d],))
        for m, d in _SMOOTH for size in _TO[d] for a in (None, True)
    ],
    *[
        Record("Upsample", (), {"scale_factor": s, "mode": m, "align_corners": a, "recompute_scale_factor": r}, inputs=(_INPUT[d],))
        for m, d in _SMOOTH[:3] for s in (0.6, 2.3) for a in (False, True) for r in (None, True)
    ],
    Record("Upsample", (), {"scale_factor": (2.0, 1.0)}, inputs=(_INPUT[2],)),
    Record("Upsample", (1,), {"mode": "bilinear", "align_corners": True}, inputs=(_INPUT[2],)),
    Record("Upsample", (5,), {"mode": "linear"}, inputs=((2, 1, 5),)),
    *[Record(_F, (), {"scale_factor": 0.4, "mode": "area"}, inputs=((1, 2, 7, 6),))],
    *[
        Record(_F, (size, scale, mode, align), {"antialias": True}, inputs=((1, 2, 9, 5),), order=1)
        for mode in ("bilinear", "bicubic") for size, scale, align in (((4, 7), None, False), (None, 0.45, False), ((4, 2), None, True))
    ],
    Record(_F, ((4, 3), None, "lanczos"), {"antialias": True}, inputs=((1, 2, 9, 5),), order=1),
    *[Record(name, (), {key: v}, inputs=(_INPUT[2],)) for name in ("UpsamplingNearest2d", "UpsamplingBilinear2d") for key, v in (("size", (7, 3)), ("scale_factor", 2))],
    *[Record("PixelShuffle", (r,), inputs=(s,)) for r, s in ((2, (2, 8, 2, 3)), (3, (9, 1, 2)), (1, (1, 2, 2)), (2, (2, 1, 4, 2, 2)))],
    *[Record("PixelUnshuffle", (r,), inputs=(s,)) for r, s in ((2, (2, 2, 4, 6)), (3, (1, 3, 6)), (2, (2, 1, 1, 2, 4)))],
    *[Record("ChannelShuffle", (g,), inputs=(s,)) for g, s in ((2, (2, 6, 3)), (3, (1, 6, 2, 2)))],
    *[Record("Unflatten", (dim, size), inputs=((2, 6, 3),)) for dim, size in ((1, (2, 3)), (-2, (3, -1)), (2, (1, 3, 1)))],
    *[Record("Flatten", args, inputs=((2, 3, 4),)) for args in ((), (0,), (0, 1), (-2, -1))],
]  # fmt: skip
RECORDS = [replace(r, modes=("train",)) for r in _RECORDS]  # they do not learn
