"""What may stand between the brackets of `x[...]`, brought to one form, and what is wrong with it.

The form that primitives and kernels take: a tuple of integers, slices, None, Ellipsis and bare
arrays of int64 of x's library; or a single bare array of truth values.
"""

from __future__ import annotations

from operator import index as as_integer
from typing import Any

import numpy as np

import backends
from backends.dispatch import dtype_name
from backends.record import hidden

from .graph import Box

_BASIC = frozenset({int, slice, type(None), type(Ellipsis)})
_ENDS = frozenset({int, type(None)})
_READY = ("int64", "bool")
_WANTED = "wanted integers, slices, None, Ellipsis, and lists or arrays of integers or truth values"


def normal(index: Any, x: Any) -> Any:
    """The index in the form of this module, for a bare array x.

    A single truth value, which makes a new axis of length 1 or 0, comes back as Python's bool.
    """
    parts = index if type(index) is tuple else (index,)
    for part in parts:
        kind = type(part)
        if kind not in _BASIC or (kind is slice and not _is_plain(part)):
            break
    else:
        return parts
    found = [_converted(p, x) for p in (index if isinstance(index, tuple) else (index,))]
    if not any(_is_mask(p) for p in found):
        return tuple(found)
    if len(found) == 1:
        (mask,) = found
        if not mask.shape:
            return bool(mask)
        if _fits(mask, x.shape):
            return mask
    return _without_masks(found, x)


def _is_plain(part: slice) -> bool:
    """Whether the ends are plain integers or left out."""
    return type(part.start) in _ENDS and type(part.stop) in _ENDS and type(part.step) in _ENDS


_names: dict[Any, str] = {}


def _name(array: Any) -> str:
    """The name of the array's dtype, looked up: naming a dtype takes longer than indexing."""
    key = type(array), array.dtype  # the type keeps the libraries' dtypes apart
    try:
        return _names[key]
    except KeyError:
        name = _names[key] = dtype_name(array.dtype)
        return name


def _is_mask(part: Any) -> bool:
    return hasattr(part, "dtype") and _name(part) == "bool"


def _converted(part: Any, x: Any) -> Any:
    """One part of an index: an integer, a slice, None, Ellipsis or a bare array."""
    if part is None or part is Ellipsis or type(part) is int:
        return part
    if isinstance(part, slice):
        ends = (part.start, part.stop, part.step)
        return slice(*[None if e is None else _integer(e) for e in ends])
    if isinstance(part, Box):
        part = part.data
        if type(part) is type(x) and part.shape and _name(part) in _READY:
            return part
        place, here = (b.name for b in (backends.of(part), backends.of(x)))
        if place not in ("cpu", here):
            raise ValueError(
                f"index: got an array on {place} for a tensor on {here}; "
                f"move it first: index.to_device({here!r})"
            )
    elif isinstance(part, (list, tuple, range)):
        part = _of_list(part)
    elif isinstance(part, (bool, np.bool_)):
        part = np.asarray(part)
    elif isinstance(part, np.ndarray):
        part = part.copy()  # the graph keeps it, and its owner may change it
    elif not hasattr(part, "dtype"):
        return _integer(part)
    return _array(part, x)


def _of_list(values: Any) -> np.ndarray:
    try:
        array = np.asarray([_on_host(v.data) if isinstance(v, Box) else v for v in values])
    except ValueError:
        raise IndexError("index: got a list of lists of different lengths") from None
    return array if array.size else array.astype(np.int64)


def _on_host(array: Any) -> np.ndarray:
    return backends.of(array).to_host(array)


def _array(part: Any, x: Any) -> Any:
    """An array of integers or truth values as one of x's library, on its device."""
    kind, backend = _name(part), backends.of(x)
    if kind != "bool" and "int" not in kind:
        what = "a number" if not part.shape else f"an array of shape {tuple(part.shape)}"
        raise IndexError(f"index: got {what} of {kind}, {_WANTED}")
    if not part.shape and kind != "bool" and not hidden(part):
        return int(part)  # where a device works asynchronously, reading it would mean waiting
    if isinstance(part, np.generic):
        part = np.asarray(part)
    if backends.of(part) is not backend:
        part = backend.from_host(part)
    return part if kind in _READY else backend.xp.astype(part, backend.xp.int64)


def _integer(value: Any) -> int:
    try:
        return as_integer(value)
    except TypeError:
        kind = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
        raise IndexError(f"index: got {value!r} ({kind}), {_WANTED}") from None


def _fits(mask: Any, shape: tuple[int, ...]) -> bool:
    return tuple(mask.shape) == tuple(shape[: len(mask.shape)])


def _without_masks(parts: list[Any], x: Any) -> tuple[Any, ...]:
    """Each array of truth values as arrays of integers, one for each of its axes."""
    _count(parts, x.shape)
    axis, out = 0, []
    rest = len(x.shape) - sum(_width(p) for p in parts)
    for p in parts:
        if _is_mask(p):
            if not p.shape:
                raise IndexError("index: got a single truth value beside other indices")
            there = tuple(x.shape[axis : axis + len(p.shape)])
            # The standard lets axes of length 0 choose nothing.
            if any(m not in (n, 0) for m, n in zip(p.shape, there, strict=True)):
                raise IndexError(
                    f"index: got truth values of shape {tuple(p.shape)} for axes of lengths "
                    f"{there}, wanted the same"
                )
            out += backends.namespace(p).nonzero(p)
        else:
            out.append(p)
        axis += rest if p is Ellipsis else _width(p)
    return tuple(out)


def _width(part: Any) -> int:
    """How many axes the part takes up."""
    if part is None or part is Ellipsis:
        return 0
    return len(part.shape) if _is_mask(part) else 1


def _count(parts: Any, shape: Any) -> None:
    """Raise for more indices than axes."""
    given = sum(_width(p) for p in parts)
    if sum(p is Ellipsis for p in parts) > 1:
        raise IndexError("index: got more than one Ellipsis (...), wanted at most one")
    if given > len(shape):
        if not shape:
            raise IndexError("index: a 0-d tensor has no axes to index; its value is x.item()")
        raise IndexError(f"index: got {given} indices for shape {tuple(shape)}")


def ndim_of(index: Any, ndim: int) -> int:
    """How many axes x[index] has, for an index in the form of this module."""
    if not isinstance(index, tuple):
        return ndim - len(index.shape) + 1
    arrays = [len(p.shape) for p in index if hasattr(p, "shape")]
    new = sum(p is None for p in index)
    gone = sum(not isinstance(p, slice) and p is not None and p is not Ellipsis for p in index)
    return ndim + new - gone + max(arrays, default=0)


def explain(index: Any, shape: tuple[int, ...], error: Exception) -> None:
    """Raise a clearer error for an index (in the form of this module), if it is at fault."""
    if not isinstance(index, tuple):
        return
    _count(index, shape)
    rest = len(shape) - sum(_width(p) for p in index)
    axis = 0
    for p in index:
        if isinstance(p, int):
            _in_range(p, p, axis, shape, error)
        elif hasattr(p, "shape") and p.size:
            xp = backends.namespace(p)
            _in_range(int(xp.min(p)), int(xp.max(p)), axis, shape, error)
        axis += rest if p is Ellipsis else _width(p)
    shapes = [tuple(p.shape) for p in index if hasattr(p, "shape")]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        listed = ", ".join(map(str, shapes))
        raise IndexError(f"index: got arrays of shapes {listed}, which do not broadcast") from error


def _in_range(low: int, high: int, axis: int, shape: tuple[int, ...], error: Exception) -> None:
    n = shape[axis]
    wrong = low if low < -n else high
    if wrong < -n or wrong >= n:
        wanted = f"wanted {-n} .. {n - 1}" if n else "which is empty"
        raise IndexError(f"index: got {wrong} for axis {axis} of length {n}, {wanted}") from error
