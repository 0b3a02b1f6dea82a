"""Random bits."""

from __future__ import annotations

import numpy as np

from .common import Table

CASES: Table = {
    "philox": lambda dtype: [
        ((np.zeros(1, dtype),), {"key": key, "start": start, "blocks": blocks})
        for key in [(0, 0), (1, 2), (2**64 - 1, 2**63)]
        for start, blocks in [(0, 1), (0, 0), (5, 3), (2**40, 2), (2**63, 2)]
    ],
    "split_words": lambda dtype: [
        ((np.random.default_rng(n).integers(0, 2**64, n, dtype="uint64"),), {}) for n in (0, 1, 7)
    ],
    "dropout_mask": lambda dtype: [
        ((np.random.default_rng(0).integers(0, 2**32, n, dtype="uint32"),),
         {"threshold": threshold, "scale": 1.25, "dtype": np.dtype(dtype)})
        for n in (0, 1, 100)
        for threshold in (0, 2**31, 2**32 - 1)
    ],
}  # fmt: skip
