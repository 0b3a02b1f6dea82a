"""Searching, counting and sets. No derivative: the results are indices, counts and truth values,
or the different elements there are."""

from __future__ import annotations

from typing import Any

import backends

from ..primitive import Primitive

__all__ = [
    "all", "any", "argmax", "argmin", "count_nonzero", "isin", "one_hot", "searchsorted",
    "unique_all", "unique_counts", "unique_inverse", "unique_values",
]  # fmt: skip

argmax = Primitive("argmax", "x")
argmin = Primitive("argmin", "x")
count_nonzero = Primitive("count_nonzero", "x")
all = Primitive("all", "x")
any = Primitive("any", "x")

searchsorted = Primitive("searchsorted", "x1 x2")
isin = Primitive("isin", "x1 x2")


def _one_hot(x: Any, *, classes: int, dtype: Any) -> Any:
    return backends.kernels.one_hot(x, classes, dtype)


one_hot = Primitive("one_hot", "x", _one_hot)

unique_all = Primitive("unique_all", "x", outputs=4)
unique_counts = Primitive("unique_counts", "x", outputs=2)
unique_inverse = Primitive("unique_inverse", "x", outputs=2)
unique_values = Primitive("unique_values", "x")
