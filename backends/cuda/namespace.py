"""CuPy's namespace in the standard's form, with functions that a CUDA graph may have too."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import array_api_compat.cupy
import cupy
import numpy as np

from . import gemm, sorting

Array = Any
compatible: Any = array_api_compat.cupy
__all__ = ["asarray", "concat", "stack", "xp"]


def asarray(obj: Any, /, **options: Any) -> Array:
    """An array of what is given; in a graph, plain numbers are sent ahead."""
    bench = gemm.bench()
    if bench is None or not isinstance(obj, (list, tuple, np.ndarray)):
        return compatible.asarray(obj, **options)
    try:
        values = np.asarray(obj, dtype=options.get("dtype"))
    except TypeError:  # a list of arrays
        return compatible.asarray(obj, **options)
    return bench.constant(values) if values.ndim else compatible.asarray(obj, **options)


def concat(arrays: Sequence[Array], /, *, axis: int | None = 0) -> Array:
    """The arrays one after another along an axis."""
    if not gemm.in_graph():
        return compatible.concat(arrays, axis=axis)
    if axis is None:
        arrays, axis = [a.reshape(a.size) for a in arrays], 0
    # CuPy's own may send the arrays' addresses to the device, which a graph cannot.
    first = arrays[0]
    axis %= first.ndim
    lengths = [a.shape[axis] for a in arrays]
    shape = (*first.shape[:axis], sum(lengths), *first.shape[axis + 1 :])
    out = cupy.empty(shape, cupy.result_type(*arrays))
    begin = 0
    for a, n in zip(arrays, lengths, strict=True):
        out[(slice(None),) * axis + (slice(begin, begin + n),)] = a
        begin += n
    return out


def stack(arrays: Sequence[Array], /, *, axis: int = 0) -> Array:
    """The arrays side by side along a new axis."""
    if not gemm.in_graph():
        return compatible.stack(arrays, axis=axis)
    return concat([cupy.expand_dims(a, axis) for a in arrays], axis=axis)


def _with(module: ModuleType, *others: Any) -> ModuleType:
    """The module with these functions in the place of its own."""
    out = ModuleType(module.__name__, module.__doc__)
    vars(out).update(vars(module))
    for function in others:
        setattr(out, function.__name__, function)
    return out


_products = gemm.matmul, gemm.tensordot, gemm.vecdot
xp: Any = _with(compatible, sorting.argsort, sorting.sort, asarray, concat, stack, *_products)
xp.linalg = _with(compatible.linalg, *_products)
