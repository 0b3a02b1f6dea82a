"""Parts of losses."""

from __future__ import annotations

import numpy as np

from .common import Seen, case


def _batch(shape, kind="int64", ignored=-100, every=3):
    def make(rng, dtype):
        target = rng.integers(0, 5, size=shape)
        target.reshape(-1)[::every] = ignored
        return rng.normal(size=shape).astype(dtype), target.astype(kind)

    return make


def _strided(rng, dtype):
    target = np.array([0, -1, 2, -1, 4, 0, -1])
    return Seen(rng.normal(size=14).astype(dtype), lambda a: a[::2]), target


case("mean_of_kept", "some", _batch((33,)), ignore_index=-100)
case("mean_of_kept", "blocks", _batch((7, 130)), ignore_index=-100)
case("mean_of_kept", "a class", _batch((40,), "uint8", 4), ignore_index=4)
case("mean_of_kept", "none", _batch((5,), every=1), ignore_index=-100)
case("mean_of_kept", "strided", _strided, ignore_index=-1)
case("mean_of_kept", "empty", _batch((0,)), launches=False, ignore_index=-100)
case("mean_of_kept", "large", _batch((70000,)), launches=False, ignore_index=-100)
