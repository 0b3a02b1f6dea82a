"""Changes of shape and order, joining and taking apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import backends

from .. import rules
from ..tensor import Tensor, asarray
from ._check import tensor
from ._shapes import Shape, integer, integers, sizes
from ._shapes import axes as _axes
from ._shapes import axis as _axis

__all__ = [
    "array_split", "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_arrays",
    "broadcast_shapes", "broadcast_to", "chunk", "column_stack", "concat", "dstack", "expand_dims",
    "flatten", "flip", "hstack", "moveaxis", "permute_dims", "ravel", "repeat",
    "reshape", "roll", "split", "squeeze", "stack", "swapaxes", "tile", "unstack", "vstack",
]  # fmt: skip

Tensors = Sequence[Tensor]

# ------------------------------------------------------------------ another shape


def reshape(x: Tensor, /, shape: int | Shape, *, copy: bool | None = None) -> Tensor:
    """The same elements, read row by row, in another shape; one -1 stands for what is left.

    Args:
        copy: True: always a new array; False: an error where one would be needed; None: if needed.

    >>> import backprop as bp
    >>> bp.reshape(bp.arange(6), (2, -1))
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    x = tensor(x, "reshape")
    wanted = _resolved(shape, x.shape)
    if copy:
        x = asarray(x, copy=True)
    elif copy is False and x.size:
        try:
            backends.namespace(x.data).reshape(x.data, wanted, copy=False)
        except (ValueError, AttributeError):
            raise ValueError(
                f"reshape: copy: got False, but shape {x.shape} cannot become {wanted} "
                "without a copy: its elements lie in another order"
            ) from None
    return rules.reshape(x, shape=wanted)


def _resolved(shape: Any, old: Shape) -> Shape:
    """The shape with its -1 replaced by the size that is left."""
    wanted, size = integers(shape, "reshape", "shape"), math.prod(old)
    known = math.prod(n for n in wanted if n != -1)
    if wanted.count(-1) > 1 or any(n < -1 for n in wanted):
        raise ValueError(
            f"reshape: shape: got {wanted}, wanted sizes of 0 or more and at most one -1"
        )
    fits = size % known == 0 if -1 in wanted and known else size == known and -1 not in wanted
    if not fits:
        raise ValueError(
            f"reshape: shape: got {wanted}, wanted one for the {size} elements of shape {old}"
        )
    return tuple(size // known if n == -1 else n for n in wanted)


def flatten(x: Tensor, /, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes from start_dim to end_dim (both counted in) as one; all of them by default.

    PyTorch's function; a 0-d x becomes (1,).

    >>> import backprop as bp
    >>> bp.flatten(bp.zeros((2, 3, 4)), 1).shape
    (2, 12)
    """
    shape = tensor(x, "flatten").shape or (1,)
    start = _axis(start_dim, shape, "flatten", "start_dim")
    stop = _axis(end_dim, shape, "flatten", "end_dim") + 1
    if stop <= start:
        raise ValueError(
            f"flatten: end_dim: got {end_dim}, wanted start_dim or a later axis, of {shape}"
        )
    return rules.reshape(x, shape=(*shape[:start], math.prod(shape[start:stop]), *shape[stop:]))


def ravel(x: Tensor, /) -> Tensor:
    """All elements, row by row, along one axis."""
    return rules.reshape(tensor(x, "ravel"), shape=(x.size,))


def expand_dims(x: Tensor, /, axis: int | Shape) -> Tensor:
    """x with new axes of length 1, which stand at these places of the result.

    >>> import backprop as bp
    >>> bp.expand_dims(bp.zeros((2, 3)), axis=(0, -1)).shape
    (1, 2, 3, 1)
    """
    old = tensor(x, "expand_dims").shape
    new = _axes(integers(axis, "expand_dims", "axis"), old, "expand_dims", new=True)
    rest = iter(old)
    shape = tuple(1 if i in new else next(rest) for i in range(len(old) + len(new)))
    return rules.reshape(x, shape=shape)


def squeeze(x: Tensor, /, axis: int | Shape) -> Tensor:
    """x without these axes, which must be of length 1.

    >>> import backprop as bp
    >>> bp.squeeze(bp.zeros((1, 3, 1)), axis=(0, 2)).shape
    (3,)
    """
    old = tensor(x, "squeeze").shape
    gone = _axes(integers(axis, "squeeze", "axis"), old, "squeeze")
    for a in gone:
        if old[a] != 1:
            raise ValueError(f"squeeze: axis {a} of shape {old} is not of length 1")
    return rules.reshape(x, shape=tuple(n for i, n in enumerate(old) if i not in gone))


def atleast_1d(x: Tensor, /) -> Tensor:
    """x; of no axes, with one."""
    return rules.reshape(x, shape=tensor(x, "atleast_1d").shape or (1,))


def atleast_2d(x: Tensor, /) -> Tensor:
    """x; of one axis as a row, of none as a matrix of one element."""
    shape = tensor(x, "atleast_2d").shape
    return rules.reshape(x, shape=shape if len(shape) > 1 else (1, x.size))


def atleast_3d(x: Tensor, /) -> Tensor:
    """x; (m, n) as (m, n, 1), (n,) as (1, n, 1), of no axes as (1, 1, 1): NumPy's way."""
    shape = tensor(x, "atleast_3d").shape
    wanted = (*shape, 1) if len(shape) == 2 else (1, x.size, 1)
    return rules.reshape(x, shape=shape if len(shape) > 2 else wanted)


# ------------------------------------------------------------------- broadcasting


def broadcast_shapes(*shapes: int | Shape) -> Shape:
    """The shape that arrays of these shapes have together; () for none.

    Shapes are read from the right. An axis of length 1, or one that is not there, takes the
    others' length; other lengths must agree.

    >>> import backprop as bp
    >>> bp.broadcast_shapes((2, 1), (3,))
    (2, 3)
    """
    given = [sizes(s, "broadcast_shapes", "shapes") for s in shapes]
    try:
        return np.broadcast_shapes(*given)
    except ValueError:
        listed = " and ".join(map(str, given))
        raise ValueError(
            f"broadcast_shapes: got {listed}, wanted lengths that agree or are 1, "
            "counted from the right"
        ) from None


def broadcast_to(x: Tensor, /, shape: int | Shape) -> Tensor:
    """x repeated along axes of length 1, and along new leading ones, to the shape.

    Nothing is copied: the result is a view that must not be written to.

    >>> import backprop as bp
    >>> bp.broadcast_to(bp.arange(3), (2, 3))
    tensor([[0, 1, 2],
            [0, 1, 2]])
    """
    old, wanted = tensor(x, "broadcast_to").shape, sizes(shape, "broadcast_to")
    ends = wanted[len(wanted) - len(old) :]
    if len(old) > len(wanted) or any(n not in (1, w) for n, w in zip(old, ends, strict=True)):
        raise ValueError(
            f"broadcast_to: shape: got {wanted}, wanted one that ends like {old}, "
            "with other lengths only where that has 1"
        )
    return rules.broadcast_to(x, shape=wanted)


def broadcast_arrays(*arrays: Tensor) -> tuple[Tensor, ...]:
    """The Tensors broadcast to the shape they have together; see `broadcast_shapes`."""
    shape = broadcast_shapes(*[tensor(x, "broadcast_arrays", "arrays").shape for x in arrays])
    return tuple([rules.broadcast_to(x, shape=shape) for x in arrays])


# ------------------------------------------------------------------ another order


def permute_dims(x: Tensor, /, axes: Shape) -> Tensor:
    """x with its axes in another order: axis i of the result is axis axes[i] of x.

    >>> import backprop as bp
    >>> bp.permute_dims(bp.zeros((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    shape = tensor(x, "permute_dims").shape
    order = _axes(integers(axes, "permute_dims", "axes"), shape, "permute_dims", "axes")
    if len(order) != len(shape):
        raise ValueError(
            f"permute_dims: axes: got {axes}, wanted all the {len(shape)} axes of shape {shape}"
        )
    return rules.permute_dims(x, axes=order)


def swapaxes(x: Tensor, axis1: int, axis2: int, /) -> Tensor:
    """x with two axes exchanged."""
    shape = tensor(x, "swapaxes").shape
    i, j = _axis(axis1, shape, "swapaxes", "axis1"), _axis(axis2, shape, "swapaxes", "axis2")
    order = list(range(len(shape)))
    order[i], order[j] = j, i
    return rules.permute_dims(x, axes=tuple(order))


def moveaxis(x: Tensor, source: int | Shape, destination: int | Shape, /) -> Tensor:
    """x with axes moved to other places; the rest keep their order.

    >>> import backprop as bp
    >>> bp.moveaxis(bp.zeros((2, 3, 4)), 0, -1).shape
    (3, 4, 2)
    """
    shape = tensor(x, "moveaxis").shape
    moved = _axes(integers(source, "moveaxis", "source"), shape, "moveaxis", "source")
    to = _axes(integers(destination, "moveaxis", "destination"), shape, "moveaxis", "destination")
    if len(moved) != len(to):
        raise ValueError(
            f"moveaxis: got source {source} and destination {destination}, wanted as many of each"
        )
    place = dict(zip(to, moved, strict=True))
    rest = (i for i in range(len(shape)) if i not in moved)
    order = tuple(place[i] if i in place else next(rest) for i in range(len(shape)))
    return rules.permute_dims(x, axes=order)


def flip(x: Tensor, /, *, axis: int | Shape | None = None) -> Tensor:
    """x with the elements along these axes (all for None) in reverse order.

    >>> import backprop as bp
    >>> bp.flip(bp.arange(3))
    tensor([2, 1, 0])
    """
    return rules.flip(tensor(x, "flip"), axis=_axes(axis, x.shape, "flip"))


def roll(x: Tensor, /, shift: int | Shape, *, axis: int | Shape | None = None) -> Tensor:
    """x with the elements moved on by `shift` places; what leaves at the end enters at the start.

    Args:
        shift: one number for all axes, or one for each. A negative one moves backwards.
        axis: None rolls all elements, read row by row.

    >>> import backprop as bp
    >>> bp.roll(bp.arange(4), 1)
    tensor([3, 0, 1, 2])
    """
    shape = tensor(x, "roll").shape
    shifts = integers(shift, "roll", "shift")
    if axis is None:
        flat = rules.reshape(x, shape=(x.size,))
        return rules.reshape(roll(flat, sum(shifts), axis=0), shape=shape)
    given = integers(axis, "roll", "axis")
    if isinstance(shift, (tuple, list)) and len(shifts) != len(given):
        raise ValueError(
            f"roll: got shift {shift} and axis {axis}, wanted one shift, or one for each axis"
        )
    shifts = shifts if len(shifts) == len(given) else shifts * len(given)
    total = dict.fromkeys([_axis(a, shape, "roll") for a in given], 0)
    for a, s in zip(given, shifts, strict=True):  # an axis may come twice: the shifts add up
        total[a % len(shape)] += s
    steps = {a: s % shape[a] if shape[a] else 0 for a, s in total.items()}
    if not steps:
        return asarray(x, copy=True)
    return rules.roll(x, shift=tuple(steps.values()), axis=tuple(steps))


# ---------------------------------------------------------------------- repeating


def repeat(x: Tensor, repeats: int | Tensor, /, *, axis: int | None = None) -> Tensor:
    """Each element along an axis several times over; axis None takes x row by row.

    Args:
        repeats: how often, one number for all elements or a 1-d Tensor of integers, one for
            each. A Tensor's values must be known to say what shape results, so a GPU is waited for.

    >>> import backprop as bp
    >>> bp.repeat(bp.arange(3), 2), bp.repeat(bp.arange(3), bp.asarray([2, 0, 1]))
    (tensor([0, 0, 1, 1, 2, 2]), tensor([0, 0, 2]))
    """
    if axis is None:
        x, axis = ravel(tensor(x, "repeat")), 0
    axis = _axis(axis, tensor(x, "repeat").shape, "repeat")
    if not isinstance(repeats, Tensor):
        (times,) = sizes(integer(repeats, "repeat", "repeats"), "repeat", "repeats")
        return rules.repeat(x, repeats=times, axis=axis)
    n = x.shape[axis]
    if repeats.dtype.kind not in "iu":
        raise TypeError(f"repeat: repeats: got dtype {repeats.dtype}, wanted integers")
    if repeats.shape not in ((n,), (1,), ()):
        raise ValueError(f"repeat: repeats: got shape {repeats.shape}, wanted (1,) or ({n},)")
    counts = repeats.to_device("cpu").astype("int64").numpy()
    if counts.size and counts.min() < 0:
        raise ValueError(f"repeat: repeats: got {counts.min()}, wanted 0 or more")
    if counts.size == 1:
        return rules.repeat(x, repeats=int(counts.item()), axis=axis)
    rows = asarray(np.repeat(np.arange(n), counts), device=x.device)
    return rules.take(x, rows, axis=axis)


def tile(x: Tensor, repetitions: int | Shape, /) -> Tensor:
    """x laid side by side so many times along each axis; missing axes or numbers count as 1.

    >>> import backprop as bp
    >>> bp.tile(bp.arange(2), (2, 3))
    tensor([[0, 1, 0, 1, 0, 1],
            [0, 1, 0, 1, 0, 1]])
    """
    times, shape = sizes(repetitions, "tile", "repetitions"), tensor(x, "tile").shape
    if len(shape) < len(times):
        x = rules.reshape(x, shape=(1,) * (len(times) - len(shape)) + shape)
    return rules.tile(x, repetitions=(1,) * (x.ndim - len(times)) + times)


# ------------------------------------------------------------------------ joining


def concat(arrays: Tensors, /, *, axis: int | None = 0) -> Tensor:
    """Tensors joined along an axis they have; axis None takes each row by row.

    They have the same lengths along the other axes. Of different dtypes, the result's is the
    `result_type`.

    >>> import backprop as bp
    >>> bp.concat([bp.zeros((1, 2)), bp.ones((2, 2))])
    tensor([[0., 0.],
            [1., 1.],
            [1., 1.]])
    """
    arrays = _listed(arrays, "concat")
    if axis is None:
        arrays, axis = [ravel(x) for x in arrays], 0
    first = arrays[0].shape
    at = _axis(axis, first, "concat")
    for x in arrays[1:]:
        shape = x.shape
        if len(shape) != len(first) or shape[:at] + shape[at + 1 :] != first[:at] + first[at + 1 :]:
            shapes = ", ".join(str(a.shape) for a in arrays)
            raise ValueError(
                f"concat: arrays: got shapes {shapes}, wanted equal ones but for axis {at}"
            )
    return rules.concat(*arrays, axis=at)


def stack(arrays: Tensors, /, *, axis: int = 0) -> Tensor:
    """Tensors of one shape joined along a new axis.

    Of different dtypes, the result's is the `result_type`.

    >>> import backprop as bp
    >>> bp.stack([bp.zeros(2), bp.ones(2)], axis=-1)
    tensor([[0., 1.],
            [0., 1.]])
    """
    arrays = _listed(arrays, "stack")
    first = arrays[0].shape
    if any(x.shape != first for x in arrays):
        shapes = ", ".join(str(a.shape) for a in arrays)
        raise ValueError(f"stack: arrays: got shapes {shapes}, wanted equal ones")
    return rules.stack(*arrays, axis=_axis(axis, first, "stack", new=1))


def _listed(arrays: Any, function: str) -> list[Tensor]:
    """The Tensors in a list or tuple, of which there must be some."""
    if not isinstance(arrays, (list, tuple)):
        raise TypeError(
            f"{function}: arrays is a {type(arrays).__name__}, wanted a list of Tensors"
        )
    if not arrays:
        raise ValueError(f"{function}: arrays: got none, wanted at least one Tensor")
    return [tensor(x, function, f"arrays[{i}]") for i, x in enumerate(arrays)]


def hstack(arrays: Tensors, /) -> Tensor:
    """Tensors joined side by side: along axis 1, those of one axis along that one."""
    arrays = [atleast_1d(x) for x in _listed(arrays, "hstack")]
    return concat(arrays, axis=0 if arrays[0].ndim == 1 else 1)


def vstack(arrays: Tensors, /) -> Tensor:
    """Tensors joined one below the other, along axis 0; those of one axis are rows."""
    return concat([atleast_2d(x) for x in _listed(arrays, "vstack")], axis=0)


def dstack(arrays: Tensors, /) -> Tensor:
    """Tensors joined one behind the other, along axis 2; see `atleast_3d` for those of fewer."""
    return concat([atleast_3d(x) for x in _listed(arrays, "dstack")], axis=2)


def column_stack(arrays: Tensors, /) -> Tensor:
    """Matrices joined side by side; Tensors of one axis are columns.

    >>> import backprop as bp
    >>> bp.column_stack([bp.arange(2), bp.ones(2, dtype=bp.int64)])
    tensor([[0, 1],
            [1, 1]])
    """
    columns = [
        x if x.ndim > 1 else rules.reshape(x, shape=(x.size, 1))
        for x in _listed(arrays, "column_stack")
    ]
    return concat(columns, axis=1)


# ------------------------------------------------------------------- taking apart


def unstack(x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """What stands at each index of an axis: `stack` undone.

    >>> import backprop as bp
    >>> bp.unstack(bp.asarray([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    return rules.unstack(tensor(x, "unstack"), axis=_axis(axis, x.shape, "unstack"))


def split(
    x: Tensor, /, indices_or_sections: int | Sequence[int], axis: int = 0
) -> tuple[Tensor, ...]:
    """Parts of x along an axis: `concat` undone. NumPy's function.

    Args:
        indices_or_sections: the number of parts, all of one length, or the indices at which parts
            begin, but for the first.

    >>> import backprop as bp
    >>> bp.split(bp.arange(4), 2), bp.split(bp.arange(4), [1])
    ((tensor([0, 1]), tensor([2, 3])), (tensor([0]), tensor([1, 2, 3])))
    """
    at = _axis(axis, tensor(x, "split").shape, "split")
    n = x.shape[at]
    if isinstance(indices_or_sections, (list, tuple)):
        return _split_at(x, at, integers(indices_or_sections, "split", "indices_or_sections"))
    parts = integer(indices_or_sections, "split", "indices_or_sections")
    if parts < 1 or n % parts:
        raise ValueError(
            f"split: indices_or_sections: got {parts}, wanted a divisor of {n}, the length of "
            f"axis {at}; array_split allows parts of different lengths"
        )
    return rules.split(x, axis=at, lengths=(n // parts,) * parts)


def _split_at(x: Tensor, axis: int, indices: Shape) -> tuple[Tensor, ...]:
    n = x.shape[axis]
    starts = [min(max(i + n if i < 0 else i, 0), n) for i in indices]
    ends = [*starts, n]
    lengths = [stop - start for start, stop in zip([0, *starts], ends, strict=True)]
    if any(length < 0 for length in lengths):
        raise ValueError(f"split: indices_or_sections: got {indices}, wanted them in order")
    return rules.split(x, axis=axis, lengths=tuple(lengths))


def array_split(
    x: Tensor, /, indices_or_sections: int | Sequence[int], axis: int = 0
) -> tuple[Tensor, ...]:
    """Like `split`, but where the parts cannot have one length the first are longer by 1.

    >>> import backprop as bp
    >>> bp.array_split(bp.arange(3), 2)
    (tensor([0, 1]), tensor([2]))
    """
    at = _axis(axis, tensor(x, "array_split").shape, "array_split")
    if isinstance(indices_or_sections, (list, tuple)):
        return split(x, indices_or_sections, at)
    parts = integer(indices_or_sections, "array_split", "indices_or_sections")
    if parts < 1:
        raise ValueError(f"array_split: indices_or_sections: got {parts}, wanted 1 or more")
    each, longer = divmod(x.shape[at], parts)
    lengths = (each + 1,) * longer + (each,) * (parts - longer)
    return rules.split(x, axis=at, lengths=lengths)


def chunk(x: Tensor, /, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
    """At most so many parts along an axis, all of one length but perhaps the last.

    PyTorch's function; there may be fewer parts than were asked for, see `array_split`.

    >>> import backprop as bp
    >>> bp.chunk(bp.arange(5), 2), len(bp.chunk(bp.arange(6), 4))
    ((tensor([0, 1, 2]), tensor([3, 4])), 3)
    """
    at = _axis(axis, tensor(x, "chunk").shape, "chunk")
    n, parts = x.shape[at], integer(chunks, "chunk", "chunks")
    if parts < 1:
        raise ValueError(f"chunk: chunks: got {parts}, wanted 1 or more")
    if n == 0:
        return rules.split(x, axis=at, lengths=(0,) * parts)
    return _split_at(x, at, tuple(range(0, n, -(-n // parts)))[1:])
