"""Elements taken and put, and rows added up."""

from __future__ import annotations

import numpy as np

from .common import case, normal


def _rows(shape, axis, rows, kind="int64", first=0):
    def make(rng, dtype):
        index = rng.integers(first, rows, size=shape[axis]).astype(kind)
        return rng.normal(size=shape).astype(dtype), index

    return make


case("add_rows", "axis 0", _rows((50, 6), 0, 7), rows=7, axis=0)
case("add_rows", "int32", _rows((50, 6), 0, 7, "int32"), rows=7, axis=0)
case("add_rows", "axis 1", _rows((3, 20, 2), 1, 5), rows=5, axis=1)
case("add_rows", "last axis", _rows((3, 20), 1, 5), rows=5, axis=-1)
case("add_rows", "from the end", _rows((50, 6), 0, 7, first=-7), rows=7, axis=0)
case("add_rows", "vector", _rows((300,), 0, 3), rows=3, axis=0)
case("add_rows", "rows left out", _rows((4, 3), 0, 1000), rows=1000, axis=0)
case("add_rows", "no index", _rows((0, 3), 0, 4), launches=False, rows=4, axis=0)


def _complex(make):
    """The same with complex numbers first."""

    def changed(rng, dtype):
        x, *others = make(rng, dtype)
        z = x + np.array(1j, np.result_type(dtype, np.complex64)) * rng.normal(size=x.shape)
        return z.astype(np.result_type(dtype, np.complex64)), *others

    return changed


case("add_rows", "complex", _complex(_rows((50, 6), 0, 7)), rows=7, axis=0)
case("add_rows", "complex last axis", _complex(_rows((3, 20), 1, 5)), rows=5, axis=-1)
case("add_rows", "complex vector", _complex(_rows((300,), 0, 3)), rows=3, axis=0)


def _along(shape, length, kind="int64", first=0):
    def make(rng, dtype):
        index = rng.integers(first, length, size=shape).astype(kind)
        return rng.normal(size=shape).astype(dtype), index

    return make


case("add_along_axis", "first axis", _along((50, 6), 7), length=7, axis=0)
case("add_along_axis", "last axis", _along((3, 20), 4, first=-4), length=4, axis=-1)
case("add_along_axis", "middle axis", _along((3, 8, 5), 11, "int32"), length=11, axis=1)
case("add_along_axis", "vector", _along((300,), 9), length=9, axis=0)
case("add_along_axis", "complex", _complex(_along((3, 20), 4)), length=4, axis=1)
case("add_along_axis", "no index", _along((3, 0), 4), launches=False, length=4, axis=1)

for _label, _index in {
    "number": (1,), "part": (slice(None, None, -2), 1), "new axis": (..., None, slice(0, 2)),
}.items():  # fmt: skip
    case("getitem", _label, normal(4, 3), launches=False, index=_index)


def _assigned(rng, dtype):
    return rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=2).astype(dtype)


case("put", "array", _assigned, launches=False, index=(slice(None, None, -2), 1))
for _number in (2, -0.0):
    case(
        "put", str(_number), lambda rng, dtype, v=_number: (np.ones((4, 3), dtype), v),
        launches=False, index=(slice(0, 2), 1),
    )  # fmt: skip
