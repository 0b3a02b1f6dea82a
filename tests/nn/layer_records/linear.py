"""Linear and bilinear maps, and how far vectors are apart."""

from __future__ import annotations

import numpy as np

from .record import Record, grid

NIL = np.array([[0.0, 0.0, 0.0], [3.0, 0.0, -4.0], [1e-9, 0.0, 0.0]])
"""A vector of length 0, one with an element 0, and one shorter than most eps."""

RECORDS = [
    Record("Linear", (5, 3), inputs=((4, 5),)),
    Record("Linear", (5, 3), {"bias": False}, inputs=((2, 4, 5),)),
    Record("Linear", (5, 3), inputs=((2, 1, 4, 5),)),
    Record("Linear", (3, 2), inputs=((3,),)),
    Record("Linear", (1, 1), inputs=((0, 1),)),
    Record("Linear", (1, 4), inputs=((7, 1),)),
    Record("functional.linear", inputs=((4, 5), (3, 5), (3,))),
    Record("stack", make=lambda nn: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
           inputs=((5, 3),)),
    Record("Bilinear", (3, 4, 2), inputs=((5, 3), (5, 4))),
    Record("Bilinear", (3, 4, 2, False), inputs=((2, 5, 3), (2, 5, 4))),
    Record("Bilinear", (1, 1, 1), inputs=((1, 1), (1, 1))),
    Record("functional.linear", inputs=((3,), (3,))),
    Record("functional.linear", inputs=((2, 4, 3), (3,))),
    Record("functional.bilinear", inputs=((5, 3), (5, 4), (2, 3, 4), (2,))),
    Record("functional.bilinear", inputs=((3,), (4,), (2, 3, 4))),
    Record("CosineSimilarity", inputs=((4, 3), (4, 3))),
    *grid("CosineSimilarity", dim=[0, -1], inputs=[((4, 3), (4, 3))]),
    # Where a vector is shorter than eps, PyTorch's derivative is not that of its values.
    *grid("CosineSimilarity", eps=[1.5, 5.0], inputs=[((4, 3), (4, 3))],
          options={"order": 0, "single": False}),
    Record("functional.cosine_similarity", inputs=((4, 1, 3), (2, 3)), kwargs={"dim": 2}),
    Record("functional.cosine_similarity", inputs=((4, 3), (4, 1))),
    Record("functional.cosine_similarity", inputs=((2, 1, 2), (1, 2)), kwargs={"dim": 0}),
    Record("functional.cosine_similarity", inputs=(NIL[:2], np.ones((2, 3))), kinks=True, order=1),
    *grid("PairwiseDistance", p=[1.0, 2.0, 3.5], keepdim=[False, True], inputs=[((4, 3), (4, 3))]),
    Record("PairwiseDistance", kwargs={"p": float("inf"), "eps": 0.1}, inputs=((4, 3), (4, 3))),
    Record("PairwiseDistance", inputs=((3,), (3,))),
    Record("functional.pairwise_distance", inputs=((4, 3), (1, 3))),
    Record("functional.normalize", inputs=((4, 3),)),
    Record("functional.normalize", inputs=((4, 3, 2),), kwargs={"p": 1.0, "dim": 2}),
    Record("functional.normalize", inputs=(NIL,), kwargs={"eps": 1e-3}, kinks=True, order=1),
]  # fmt: skip
