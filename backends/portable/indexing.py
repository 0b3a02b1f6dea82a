"""Reading and writing parts of an array by any index that NumPy takes, in the standard alone.

An index is here a tuple of integers, slices, None, Ellipsis and arrays of integers (negative ones
count from the end), in NumPy's meaning, or a single array of truth values. The standard itself
knows arrays of integers for all axes or none, and assigns to slices and masks only.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, NamedTuple

from ..dispatch import kernels, writes
from ..registry import namespace

Array = Any
__all__ = [
    "add_along_axis", "add_at", "add_rows", "getitem", "max_at", "min_at", "positions", "prod_at",
    "put", "set_at", "stays", "sum_at",
]  # fmt: skip


class Plan(NamedTuple):
    """An index taken apart: first slices and new axes, then rows of what is left."""

    basic: tuple[Any, ...]  # the slices and Nones; axes that arrays index stay whole
    axes: tuple[int, ...]  # those axes, as they are numbered then
    arrays: tuple[Any, ...]  # and their arrays and integers
    at: int  # where the arrays' common axes stand in the result


def mask_of(index: Any) -> Any:
    """The array of truth values, if that is the index."""
    if isinstance(index, tuple) and len(index) == 1:
        (index,) = index
    return index if hasattr(index, "dtype") and "bool" in str(index.dtype) else None


def expanded(index: Any, ndim: int) -> list[Any]:
    """The parts of an index, one for each axis and None for each new one, without Ellipsis."""
    parts = list(index) if isinstance(index, tuple) else [index]
    named = sum(p is not None and p is not Ellipsis for p in parts)
    if named > ndim or sum(p is Ellipsis for p in parts) > 1:
        raise IndexError(f"too many indices for {ndim} axes")
    at = next((i for i, p in enumerate(parts) if p is Ellipsis), None)
    rest = [slice(None)] * (ndim - named)
    return parts + rest if at is None else parts[:at] + rest + parts[at + 1 :]


def has_arrays(index: Any) -> bool:
    """Whether arrays of integers are part of the index."""
    return any(hasattr(p, "dtype") for p in (index if isinstance(index, tuple) else (index,)))


def plan(index: Any, ndim: int) -> Plan:
    """An index with arrays of integers, taken apart."""
    parts = expanded(index, ndim)
    chosen = [i for i, p in enumerate(parts) if hasattr(p, "dtype") or isinstance(p, int)]
    together = all(b == a + 1 for a, b in pairwise(chosen))
    return Plan(
        basic=tuple(slice(None) if i in chosen else p for i, p in enumerate(parts)),
        axes=tuple(chosen),
        arrays=tuple(parts[i] for i in chosen),
        at=chosen[0] if together else 0,  # as NumPy has it
    )


def inside(index: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """The slices with ends within the axes, which the standard asks for."""
    lengths = iter(shape)
    parts = []
    for p in expanded(index, len(shape)):
        n = None if p is None else next(lengths)
        if isinstance(p, slice):
            start, stop, step = p.indices(n)  # type: ignore[arg-type]
            if len(range(start, stop, step)) == 0:
                p = slice(0, 0)
            else:
                p = slice(start, None if stop < 0 else stop, step)
        parts.append(p)
    return tuple(parts)


def row_numbers(arrays: tuple[Any, ...], sizes: tuple[int, ...]) -> Array:
    """The arrays, one for each axis, as one array of numbers in row-major order."""
    row: Any = 0
    for i, n in zip(arrays, sizes, strict=True):
        row = row * n + i % n  # an empty axis has no index, so n is not 0 where i is not empty
    return row


def check_range(arrays: tuple[Any, ...], axes: tuple[int, ...], shape: tuple[int, ...]) -> None:
    """Raise for an index outside its axis."""
    for i, a in zip(arrays, axes, strict=True):
        n = shape[a]
        if isinstance(i, int):
            low = high = i
        elif i.size:
            xp = namespace(i)
            low, high = int(xp.min(i)), int(xp.max(i))
        else:
            continue
        if low < -n or high >= n:
            raise IndexError(f"index {low if low < -n else high} is out of bounds, {n} elements")


def _front(axes: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """The order that brings the axes to the front."""
    return (*axes, *(i for i in range(ndim) if i not in axes))


def _block(at: int, width: int, ndim: int) -> tuple[int, ...]:
    """The order that brings `width` axes from the front to the place `at`."""
    return (*range(width, width + at), *range(width), *range(width + at, ndim))


def _inverse(order: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(range(len(order)), key=order.__getitem__))


def getitem(x: Array, /, index: Any) -> Array:
    """x[index]."""
    xp = namespace(x)
    mask = mask_of(index)
    if mask is not None:
        return x[mask]
    if not has_arrays(index):
        return x[inside(index if isinstance(index, tuple) else (index,), x.shape)]
    p = plan(index, x.ndim)
    x = x[inside(p.basic, x.shape)]
    check_range(p.arrays, p.axes, x.shape)
    x = xp.permute_dims(x, _front(p.axes, x.ndim))
    k = len(p.axes)
    row, rest = row_numbers(p.arrays, x.shape[:k]), x.shape[k:]
    x = xp.reshape(x, (math.prod(x.shape[:k]), *rest))
    x = xp.reshape(xp.take(x, xp.reshape(row, (-1,)), axis=0), (*row.shape, *rest))
    return xp.permute_dims(x, _block(p.at, row.ndim, x.ndim))


def add_at(x: Array, /, shape: tuple[int, ...], index: Any) -> Array:
    """Zeros of the shape, with x added at the index: the transpose of `zeros[index]`.

    Arrays of integers in the index add up where they repeat.
    """
    xp = namespace(x)
    if mask_of(index) is None and has_arrays(index):
        p = plan(index, len(shape))
        between = _shape_of(p.basic, shape)
        k = len(p.axes)
        order = _front(p.axes, len(between))
        sizes = tuple(between[a] for a in p.axes)
        rest = tuple(between[a] for a in order[k:])
        row = row_numbers(p.arrays, sizes)
        x = xp.permute_dims(x, _inverse(_block(p.at, row.ndim, x.ndim)))
        x = xp.reshape(x, (row.size, *rest))
        x = kernels.add_rows(x, xp.reshape(row, (-1,)), rows=math.prod(sizes), axis=0)
        x = xp.permute_dims(xp.reshape(x, (*sizes, *rest)), _inverse(order))
        if all(b == slice(None) for b in p.basic):
            return x
        index = p.basic
    out = xp.zeros(shape, dtype=x.dtype, device=x.device)
    put(out, x, index)
    return out


def _shape_of(basic: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of x[basic] for slices and Nones, one for each axis."""
    lengths = iter(shape)
    return tuple(1 if p is None else len(range(*p.indices(next(lengths)))) for p in basic)


def positions(x: Array, /, index: Any) -> Array:
    """Where the elements of x[index] stand in x, counted in row-major order."""
    xp = namespace(x)
    cells = xp.arange(x.size, dtype=xp.int64, device=x.device)
    return kernels.getitem(xp.reshape(cells, x.shape), index=index)


@writes("x")
def put(x: Array, value: Array, /, index: Any) -> None:
    """x[index] <- value, in place. Where the index repeats, the last value stays."""
    xp = namespace(x)
    if not hasattr(value, "dtype"):
        value = xp.asarray(value, dtype=x.dtype, device=x.device)
    mask = mask_of(index)
    if mask is not None and not value.shape:  # without counting them, for which a GPU would wait
        there = xp.reshape(mask, (*mask.shape, *(1,) * (x.ndim - mask.ndim)))
        x[...] = xp.where(there, value, x)
    elif mask is not None:
        x[mask] = value
    elif has_arrays(index):
        cells = positions(x, index)
        value = xp.reshape(xp.broadcast_to(value, cells.shape), (-1,))
        order, last, hit = _sorted(xp.reshape(cells, (-1,)), x.size)
        if order.size:
            new = xp.take(value, xp.take(order, last))
            x[...] = xp.reshape(xp.where(hit, new, xp.reshape(x, (-1,))), x.shape)
    else:
        parts = inside(index if isinstance(index, tuple) else (index,), x.shape)
        there = tuple(p for p in parts if p is not None)  # the standard assigns to existing axes
        if len(there) < len(parts):
            value = xp.broadcast_to(value, x[parts].shape)
            value = xp.reshape(value, x[there].shape)
        x[there] = value


def _sorted(cells: Array, size: int) -> tuple[Array, Array, Array]:
    """The order that sorts numbers of cells (stable); for each of `size` cells, where its last
    number then stands; and whether it has one."""
    xp = namespace(cells)
    order = xp.argsort(cells, stable=True)
    cells = xp.take(cells, order)
    each = xp.arange(size, dtype=cells.dtype, device=cells.device)
    last = xp.searchsorted(cells, each, side="right") - 1
    last = xp.maximum(last, xp.zeros_like(last))
    hit = xp.take(cells, last) == each if cells.size else xp.zeros_like(each, dtype=xp.bool)
    return order, last, hit


def set_at(x: Array, value: Array, /, index: Any) -> Array:
    """x with the value at the index. Where the index repeats, the last value stays."""
    out = namespace(x).asarray(x, copy=True)
    kernels.put(out, value, index=index)
    return out


def stays(x: Array, /, index: Any) -> Array:
    """Which elements of a value assigned to x[index] are not overwritten by others of it."""
    xp = namespace(x)
    cells = kernels.positions(x, index=index)
    each = xp.reshape(xp.arange(cells.size, dtype=xp.int64, device=x.device), cells.shape)
    kept = kernels.set_at(xp.zeros(x.shape, dtype=xp.int64, device=x.device), each, index=index)
    return kernels.getitem(kept, index=index) == each


def sum_at(x: Array, value: Array, /, index: Any) -> Array:
    """x with the value added at the index; values add up where it repeats."""
    value = _like(value, x, index)
    return x + kernels.add_at(value, shape=x.shape, index=index)


def prod_at(x: Array, value: Array, /, index: Any) -> Array:
    """x multiplied by the value at the index, by all values where it repeats."""
    return _combined(x, value, index, lambda a, b: a * b)


def max_at(x: Array, value: Array, /, index: Any) -> Array:
    """The larger of x and the value at the index, of all values where it repeats."""
    return _combined(x, value, index, namespace(x).maximum)


def min_at(x: Array, value: Array, /, index: Any) -> Array:
    """The smaller of x and the value at the index, of all values where it repeats."""
    return _combined(x, value, index, namespace(x).minimum)


def _like(value: Any, x: Array, index: Any) -> Array:
    """The value in the shape of x[index]."""
    xp = namespace(x)
    if not hasattr(value, "dtype"):
        value = xp.asarray(value, dtype=x.dtype, device=x.device)
    return xp.broadcast_to(value, kernels.getitem(x, index=index).shape)


def _combined(x: Array, value: Any, index: Any, combine: Any) -> Array:
    """x with each value combined into its cell.

    The values are brought into the order of their cells; then in each round every one is combined
    with what stands 1, 2, 4, ... places before it in the same cell, until the last of a cell holds
    all of them. The order of the work depends on the index alone, so the result does too.
    """
    xp = namespace(x)
    cells = xp.reshape(kernels.positions(x, index=index), (-1,))
    if cells.size == 0:
        return xp.asarray(x, copy=True)
    order, last, hit = _sorted(cells, x.size)
    cells = xp.take(cells, order)
    value = xp.take(xp.reshape(_like(value, x, index), (-1,)), order)
    step = 1
    while step < cells.size:
        same = cells[step:] == cells[:-step]
        joined = xp.where(same, combine(value[:-step], value[step:]), value[step:])
        value = xp.concat([value[:step], joined])
        step *= 2
    flat = xp.reshape(x, (-1,))
    return xp.reshape(xp.where(hit, combine(flat, xp.take(value, last)), flat), x.shape)


# ---------------------------------------------------------------- along one axis


def add_rows(x: Array, index: Array, /, rows: int, axis: int) -> Array:
    """The transpose of `take(_, index, axis)`: slices of x summed where index repeats."""
    xp = namespace(x)
    index = xp.where(index < 0, index + rows, index)
    if "int" in str(x.dtype):  # differences of running sums: exact for integers
        order = xp.argsort(index, stable=True)
        ends = xp.arange(rows + 1, dtype=index.dtype, device=x.device)
        ends = xp.searchsorted(xp.take(index, order), ends)
        total = xp.cumulative_sum(
            xp.take(x, order, axis=axis), axis=axis, dtype=x.dtype, include_initial=True
        )
        first, last = xp.take(total, ends[:-1], axis=axis), xp.take(total, ends[1:], axis=axis)
        return last - first
    hit = xp.astype(
        xp.arange(rows, dtype=index.dtype, device=x.device)[:, None] == index[None, :], x.dtype
    )
    out = xp.tensordot(hit, x, axes=((1,), (axis,)))
    return xp.moveaxis(out, 0, axis)


def add_along_axis(x: Array, index: Array, /, length: int, axis: int) -> Array:
    """The transpose of `take_along_axis(_, index, axis)`."""
    xp = namespace(x)
    index = xp.where(index < 0, index + length, index)
    classes = xp.arange(length, dtype=index.dtype, device=x.device)
    hit = xp.astype(classes == xp.moveaxis(index, axis, -1)[..., None], x.dtype)
    out = xp.sum(hit * xp.moveaxis(x, axis, -1)[..., None], axis=-2)
    return xp.moveaxis(out, -1, axis)
