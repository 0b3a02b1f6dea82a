"""Pooling."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .record import Record, grid

_2D = ((2, 3, 7, 6), (3, 6, 5))
_TIES = np.array(
    [[[[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.0], [2.0, 3.0, 0.0, 3.0], [3.0, 1.0, 3.0, 0.0]]]]
)
_SMALL = ((1, 2, 4, 4),)
_NAN = np.array([[[1.0, np.nan, 3.0, 2.0, np.nan, np.nan, -np.inf, -np.inf, 0.0]]])

_RECORDS = [
    *grid("MaxPool1d", 3, inputs=[((2, 8),)], stride=[None, 2], padding=[0, 1], return_indices=[True], ceil_mode=[False, True]),
    *grid("MaxPool1d", 2, inputs=[((1, 2, 9),)], dilation=[3], padding=[0, 1]),
    *grid("MaxPool2d", 2, inputs=[(s,) for s in _2D], ceil_mode=[False, True]),
    *grid("MaxPool2d", 3, inputs=[((1, 2, 7, 6),)], stride=[1, (3, 2)], padding=[(0, 1), 1], ceil_mode=[False, True],
          return_indices=[True]),
    *grid("MaxPool2d", (3, 2), inputs=[((1, 2, 7, 6),)], stride=[(2, 1)], padding=[(1, 0)], dilation=[(1, 2), 2], return_indices=[True]),
    *grid("MaxPool2d", (17, 16), inputs=[((1, 1, 18, 17),)], stride=[1], return_indices=[True]),
    Record("MaxPool2d", (1,), inputs=(_SMALL[0],)),
    Record("MaxPool2d", (2,), inputs=((0, 2, 4, 4),)),
    *grid("MaxPool2d", 2, inputs=[(_TIES,)], stride=[1, 2], padding=[0, 1], return_indices=[True], options={"kinks": True}),
    *grid("MaxPool1d", 2, inputs=[(_NAN,)], stride=[1, 2], padding=[0, 1], return_indices=[True], options={"kinks": True, "order": 1}),
    *grid("MaxPool3d", 2, inputs=[((1, 2, 4, 5, 3),), ((2, 3, 4, 4),)], stride=[None, 1], padding=[0, (0, 1, 1)], return_indices=[True]),
    Record("functional.max_pool1d", (2, 2, 0, 1, True), inputs=((2, 5),)),
    Record("functional.max_pool2d", (2, 1, 1, 1, True, True), inputs=(_SMALL[0],)),
    Record("functional.max_pool3d", (2,), inputs=((1, 2, 2, 4),)),
    *grid("AvgPool1d", 3, inputs=[((2, 8),)], stride=[None, 2], padding=[1], ceil_mode=[False, True], count_include_pad=[False, True]),
    *grid("AvgPool2d", 2, inputs=[(s,) for s in _2D], ceil_mode=[False, True]),
    *grid("AvgPool2d", (3, 2), inputs=[((1, 2, 7, 6),)], stride=[(2, 3)], padding=[1, (1, 0)], ceil_mode=[False, True],
          count_include_pad=[False, True]),
    Record("AvgPool2d", ((3, 2), None, 1, True, False, 5), inputs=((1, 2, 7, 6),)),
    Record("AvgPool2d", (2,), inputs=((0, 2, 4, 4),)),
    *grid("AvgPool3d", 2, inputs=[((1, 2, 4, 5, 3),), ((2, 3, 4, 4),)], padding=[0, 1], ceil_mode=[False, True], divisor_override=[None, -3]),
    Record("functional.avg_pool2d", (2, 1, 1, False, False, None), inputs=(_SMALL[0],)),
    *[Record("AdaptiveAvgPool1d", (m,), inputs=((2, 6),)) for m in (1, 2, 4, 6, 9)],
    *[Record("AdaptiveAvgPool2d", (m,), inputs=(s,)) for m in (1, (2, 3), (None, 4), (5, None), (9, 2)) for s in ((1, 2, 6, 6), (2, 5, 7))],
    Record("AdaptiveAvgPool3d", ((2, 1, 3),), inputs=((1, 2, 3, 2, 5),)),
    *[Record("AdaptiveMaxPool1d", (m, True), inputs=((2, 6),)) for m in (1, 2, 4, 6, 9)],
    *[Record("AdaptiveMaxPool2d", (m, True), inputs=(s,)) for m in (1, (2, 3), (None, 4), (9, 2)) for s in ((1, 2, 6, 6), (2, 5, 7))],
    Record("AdaptiveMaxPool3d", ((2, 1, 3), True), inputs=((1, 2, 3, 2, 5),)),
    *[Record("LPPool1d", (p, 3), {"stride": s, "ceil_mode": c}, inputs=((2, 8),)) for p, s, c in ((2, None, False), (2, 2, True), (4.0, 2, False))],
    *[Record("LPPool2d", (p, (2, 3)), inputs=((1, 2, 5, 6),)) for p in (2, float("inf"))],
    Record("LPPool2d", (3, 2), inputs=(np.linspace(0.1, 2.0, 32).reshape(1, 2, 4, 4),)),
    Record("MaxUnpool1d", (2,), inputs=((1, 2, 3), np.array([[[0, 3, 4], [1, 2, 5]]]))),
    Record("MaxUnpool1d", (2, 2), inputs=((1, 2, 2), np.array([[[0, 4], [1, 2]]])), call={"output_size": (1, 2, 5)}),
    Record("MaxUnpool2d", ((2, 3), 2, (0, 1)), inputs=((1, 1, 2, 2), np.array([[[[0, 2], [11, 8]]]]))),
    Record("MaxUnpool3d", ((1, 2, 2),), inputs=((1, 1, 1, 2), np.array([[[[5, 2]]]]))),
    Record("functional.max_unpool2d", (np.array([[[3, 4]]]), 2), inputs=((1, 1, 2),)),
    Record("LPPool3d", (2, 2), inputs=((1, 2, 4, 2),)),
]  # fmt: skip
RECORDS = [replace(r, modes=("train",)) for r in _RECORDS]  # they do not learn
