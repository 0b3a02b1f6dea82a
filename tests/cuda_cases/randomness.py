"""Random bits."""

from __future__ import annotations

import numpy as np

from .common import Seen, case

for _key, _start, _blocks in [
    ((0, 0), 0, 300), ((2**64 - 1, 2**63 + 5), 0, 3), ((7, 9), 2**63 - 1, 5), ((1, 2), 4, 0),
]:  # fmt: skip
    case(
        "philox", f"{_key} {_start} {_blocks}", lambda rng, dtype: (np.zeros(0, np.uint64),),
        launches=_blocks > 0, key=_key, start=_start, blocks=_blocks,
    )  # fmt: skip


def _words(rng, dtype):
    return (Seen(rng.integers(0, 2**64, 100, np.uint64, endpoint=False), lambda a: a[:77]),)


def _bits(rng, dtype):
    return (rng.integers(0, 2**32, 1000, np.uint32, endpoint=False),)


case("split_words", "77", _words, launches=False)
for _threshold in (0, 2**31, 2**32 - 1):
    case(
        "dropout_mask", str(_threshold), _bits, threshold=_threshold, scale=1.25, dtype="dtype"
    )  # fmt: skip
