"""Rows of a table by number.

What padding_idx, max_norm and scale_grad_by_freq do to the gradient is no derivative of the values,
so those are compared with PyTorch alone (`kinks`).
"""

from __future__ import annotations

import numpy as np

from .record import Record

WORDS = np.array([[0, 2, 2], [4, 1, 2]])

RECORDS = [
    Record("Embedding", (5, 3), inputs=(WORDS,)),
    Record("Embedding", (5, 3), inputs=(WORDS[0].astype("int32"),)),
    Record("Embedding", (5, 1), inputs=(np.array(3),)),
    Record("Embedding", (5, 3), inputs=(np.zeros((2, 0), int),)),
    *[
        Record("Embedding", (5, 3), kwargs=kw, inputs=(WORDS,), kinks=True, order=order)
        for kw, order in [
            ({"padding_idx": 2}, 2), ({"padding_idx": -1}, 2), ({"scale_grad_by_freq": True}, 1),
            ({"max_norm": 1.0}, 2), ({"max_norm": 0.7, "norm_type": 1.0}, 2),
            ({"padding_idx": 0, "max_norm": 0.8, "norm_type": 3.0, "scale_grad_by_freq": True}, 1),
        ]
    ],
    Record("pretrained", inputs=(WORDS,), make=lambda nn: nn.Embedding(5, 2, _freeze=True)),
]  # fmt: skip
