"""Changes of shape."""

from __future__ import annotations

import numpy as np

from .record import *

RECORDS = [
    of(
        "reshape", np.reshape,
        *[
            Sample((values("reshape", x, "any"),), {"shape": shape})
            for x, shape in [((), (1, 1)), ((1,), ()), ((2, 3), (6,)), ((2, 3), (3, -1)), ((6,), (1, 2, 3)),
                             ((0, 3), (3, 0)), ((2, 3), (2, 3))]
        ],
        torch=lambda x, shape: x.reshape(shape),
    ),
    of(
        "broadcast_to", np.broadcast_to,
        *[
            Sample((values("broadcast_to", x, "any"),), {"shape": shape})
            for x, shape in [((), (2, 3)), ((1,), (4,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((3,), (3,)),
                             ((2, 1, 3), (4, 2, 5, 3)), ((1, 3), (0, 3)), ((), ())]
        ],
        torch=lambda x, shape: x.broadcast_to(shape),
    ),
    of(
        "matrix_transpose", lambda x: np.swapaxes(x, -1, -2),
        *[Sample((values("mT", s, "any"),)) for s in [(2, 3), (1, 1), (4, 2, 3), (0, 3)]],
        torch=lambda x: x.mT,
    ),
    of(
        "permute_dims", np.transpose,
        *[
            Sample((values("permute", s, "any"),), {"axes": axes})
            for s, axes in [((), ()), ((3,), (0,)), ((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)),
                            ((2, 3, 4), (-1, 0, -2)), ((0, 3), (1, 0))]
        ],
        torch=lambda x, axes: x.permute(axes),
    ),
    of(
        "concat", lambda *xs, axis: np.concatenate(xs, axis),
        *[
            Sample(tuple(values(f"concat{i}", s, "any") for i, s in enumerate(shapes)), {"axis": axis})
            for shapes, axis in [([(3,)], 0), ([(3,), (1,), (0,)], 0), ([(2, 3), (2, 1)], 1),
                                 ([(2, 3), (2, 1)], -1), ([(1, 2, 2), (3, 2, 2)], -3), ([(0, 3), (2, 3)], 0)]
        ],
        torch=lambda *xs, axis: pytorch().cat(xs, axis),
    ),
]  # fmt: skip
