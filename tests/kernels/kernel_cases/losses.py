"""Parts of losses."""

from __future__ import annotations

import numpy as np

from .common import Table, array

CASES: Table = {
    "mean_of_kept": lambda dtype: [
        ((array(s, dtype), np.resize(t, s)), {"ignore_index": -1})
        for s, t in [((5,), [0, -1, 2]), ((2, 3), [0]), ((3,), [-1]), ((0,), [0])]
    ],
}
LAYOUTS = ["mean_of_kept"]
