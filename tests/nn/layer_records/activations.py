"""Activations, at ordinary values and at their kinks."""

from __future__ import annotations

import numpy as np

from .record import Record, grid

AT_KINKS = np.array([[-3.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 3.0, 6.0, 20.0]])

RECORDS = [
    *grid("ReLU", inputs=[((3, 4),)]),
    *grid("ReLU", inputs=[(AT_KINKS,)], options={"kinks": True}),
    *grid("GELU", approximate=["none", "tanh"], inputs=[((3, 4),)]),
    *grid("Softmax", dim=[0, -1], inputs=[((3, 4),)]),
    Record("functional.softplus", inputs=((3, 4),), kwargs={"beta": 2.0}),
]
