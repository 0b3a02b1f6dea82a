"""Matrix products."""

from __future__ import annotations

import numpy as np

from .record import *

RECORDS = [
    of(
        "matmul", np.matmul,
        *[
            Sample((values("matmul", x, "any"), values("matmul2", y, "any")))
            for x, y in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
                         ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
                         ((5, 1, 2, 3), (4, 3, 2)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)),
                         ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 2, 3), (5, 3, 1))]
        ],
        torch=lambda x, y: x @ y,
    ),
    of(
        "linear", lambda x, w, b: x @ w.T + (0 if b is None else b),
        *[
            Sample((values("linear", x, "any"), values("linear2", (4, 3), "any"), bias))
            for x in [(2, 3), (3,), (5, 2, 3), (0, 3), (1, 3)]
            for bias in (values("linear3", (4,), "any"), None)
        ],
        torch=lambda x, w, b: pytorch().nn.functional.linear(x, w, b),
    ),
]  # fmt: skip
