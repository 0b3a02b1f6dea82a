"""Whole matrices of derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import backends
from backends import is_complex

from .. import tree
from ..defaults import as_dtype
from ..graph import Box
from ..rules import astype, concat, conj, permute_dims, reshape
from .arguments import Argnums, integers, name_of, places
from .gradient import grad
from .trace import Trace

Function = Callable[..., Any]
Shape = tuple[int, ...]

COLUMN = 1.25
"""What a column costs in rows: a sweep through the record of a sweep is longer than the sweep."""


def jacobian(
    f: Function,
    argnums: Argnums = 0,
    mode: str = "auto",
    batched: bool = False,
    holomorphic: bool = False,
) -> Function:
    """A function that returns all derivatives of f's result by the chosen arguments.

    J[i, j] = ∂f_i/∂x_j, where i are the indices of an output and j those of an input: the shape is
    that of the output followed by that of the input. f runs once. Then each row i takes a sweep
    back through its graph ("reverse"), or each column j one through the record of such a sweep
    ("forward", see `jvp`).

    Args:
        f: a function of Tensors whose result is a floating-point Tensor or a tree of them.
        argnums: which positional argument to differentiate by, or several. Each may be a tree of
            floating-point leaves.
        mode: "reverse", "forward" or "auto": what takes less time by the number of elements.
        batched: f makes row n of each output of row n of each input alone, as networks do with
            the samples of a batch. Then J[n, i, j] = ∂f_ni/∂x_nj has the shape (rows, rest of the
            output's, rest of the input's), without the zeros between different rows, and takes as
            many sweeps as one row does.
        holomorphic: f's inputs and outputs are complex and it has a complex derivative, which is
            returned. Whether it does is not checked. (Real inputs need no such promise, whatever
            the outputs.)

    Returns:
        A function of f's arguments. It gives a tree like f's result with, in place of each leaf,
        a tree like the argument (a tuple of such for several argnums) of matrices. They can be
        differentiated again.

    Raises:
        TypeError: a leaf to differentiate by or an output is not floating-point, or is complex
            without `holomorphic`; the message names it.
        ValueError: argnums or mode names nothing, or with `batched` the numbers of rows differ.

    >>> import backprop as bp
    >>> x = bp.asarray([1.0, 2.0])
    >>> bp.jacobian(lambda x: x * x[0])(x).tolist()
    [[2.0, 0.0], [2.0, 1.0]]
    >>> bp.jacobian(lambda x: x * x, batched=True)(x).tolist()
    [2.0, 4.0]
    """
    name, chosen, several = name_of(f), integers(argnums), not isinstance(argnums, int)
    if mode not in ("auto", "forward", "reverse"):
        raise ValueError(f"mode: got {mode!r}, wanted 'auto', 'forward' or 'reverse'")

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        trace = Trace(f, name, "jacobian", args, kwargs, places(chosen, len(args), name))
        _check(trace, holomorphic)
        lead = _rows(trace) if batched else ()
        shapes = [
            [tuple(a.shape)[len(lead) :] for a in arrays]
            for arrays in (trace.arrays, trace.inputs.arrays)
        ]
        rows, columns = (sum(map(math.prod, each)) for each in shapes)
        reverse = rows <= COLUMN * columns if mode == "auto" else mode == "reverse"
        blocks = (_by_rows if reverse else _by_columns)(trace, lead, shapes)
        trees = [trace.inputs.trees(row) for row in blocks]
        return tree.unflatten(trace.structure, trees if several else [t[0] for t in trees])

    wrapped.__name__ = name
    return wrapped


def hessian(f: Function, argnums: Argnums = 0, batched: bool = False) -> Function:
    """A function that returns all second derivatives of f by the chosen arguments.

    H[i, j] = ∂²f/∂x_i∂x_j, as the Jacobian of the gradient: a sweep through the recorded gradient
    for each element of x. To multiply H with a vector, `hvp` takes one sweep.

    Args:
        f: a function of Tensors with a single real number as result.
        argnums: which positional argument to differentiate by, or several. Each may be a tree of
            leaves of real numbers.
        batched: f is a sum over samples, the rows of the arguments, none of which depends on two:
            then H[n, i, j] = ∂²f/∂x_ni∂x_nj, without the zeros between different samples.

    Returns:
        A function of f's arguments. It gives a tree like the argument with, in place of each leaf,
        a tree like the argument of matrices; for several argnums a tuple of tuples of such.

    Raises:
        TypeError: a leaf to differentiate by is not real floating-point, or f returned something
            else than a Tensor.
        ValueError: the result is not a single real number, or argnums names no argument.

    >>> import backprop as bp
    >>> bp.hessian(lambda x: x[0] ** 2 * x[1])(bp.asarray([3.0, 5.0])).tolist()
    [[10.0, 6.0], [6.0, 0.0]]
    """
    return jacobian(grad(f, argnums), argnums, batched=batched)


def _check(trace: Trace, holomorphic: bool) -> None:
    """Raise unless matrices of numbers can hold the derivative."""
    inputs = trace.inputs
    for i, array in enumerate(inputs.arrays):
        if (as_dtype(array.dtype).kind == "c") is not holomorphic:
            advice = (
                "wanted a complex one, as holomorphic says"
                if holomorphic
                else "a function of complex numbers has a matrix of derivatives only if it is "
                "holomorphic; say holomorphic=True if it is, else use vjp or jvp"
            )
            raise TypeError(f"{inputs.names()[i]}: dtype {as_dtype(array.dtype)}: {advice}")
    for path, array in zip(tree.paths(trace.structure), trace.arrays, strict=True):
        if as_dtype(array.dtype).kind not in ("c" if holomorphic else "fc"):
            wanted = "complex" if holomorphic else "floating-point"
            raise TypeError(
                f"jacobian: the result{path and ' at '}{path}: dtype {as_dtype(array.dtype)}, "
                f"wanted a {wanted} one"
            )


def _rows(trace: Trace) -> Shape:
    """The number of rows that all inputs and outputs share."""
    shapes = [tuple(a.shape) for a in (*trace.inputs.arrays, *trace.arrays)]
    found = {shape[:1] for shape in shapes}
    if len(found) > 1 or () in found:
        raise ValueError(
            f"jacobian: batched: got inputs and outputs of shapes {shapes}, "
            "wanted the same number of rows in all"
        )
    return found.pop()


def _basis(array: Any, lead: Shape) -> Iterator[Any]:
    """Tensors like the array with a 1 in one place (in each row, if there is a leading axis)."""
    xp, count = backends.namespace(array), math.prod(tuple(array.shape)[len(lead) :])
    for i in range(count):
        e = xp.zeros((*lead, count), dtype=array.dtype, device=backends.of(array).device)
        e[..., i] = 1
        yield Box.make(xp.reshape(e, tuple(array.shape)), None)


def _alone(e: Any, place: int, count: int) -> list[Any]:
    return [e if i == place else None for i in range(count)]


def _by_rows(trace: Trace, lead: Shape, shapes: list[list[Shape]]) -> list[list[Any]]:
    """The matrices of each output by each input, a row at a time."""
    graph, (outs, ins) = trace.differentiable(()), shapes
    from_complex = any(is_complex(a.dtype) for a in trace.inputs.arrays)
    blocks = []
    for o, array in enumerate(trace.arrays):
        rows = []
        for e in _basis(array, lead):
            row = trace.pull(_alone(e, o, len(outs)), graph)
            if from_complex:  # Jᵀ is the conjugate transpose
                row = [conj(r) for r in row]
            elif is_complex(array.dtype):  # Re(Jᴴ g) is Re J for g = 1, and Im J for g = i
                others = trace.pull(_alone(e * 1j, o, len(outs)), graph)
                row = [a + astype(b, dtype=array.dtype) * 1j
                       for a, b in zip(row, others, strict=True)]  # fmt: skip
            rows.append(row)
        blocks.append(
            [
                _assembled([row[i] for row in rows], lead, outs[o], shape, like, len(lead))
                for i, (shape, like) in enumerate(zip(ins, trace.inputs.arrays, strict=True))
            ]
        )
    return blocks


def _by_columns(trace: Trace, lead: Shape, shapes: list[list[Shape]]) -> list[list[Any]]:
    """The matrices of each output by each input, a column at a time."""
    graph, (outs, ins) = trace.differentiable(()), shapes
    blocks: list[list[Any]] = [[] for _ in outs]
    for i, array in enumerate(trace.inputs.arrays):
        columns = [trace.push(_alone(e, i, len(ins)), graph) for e in _basis(array, lead)]
        for o, (shape, like) in enumerate(zip(outs, trace.arrays, strict=True)):
            parts = [column[o] for column in columns]
            at = len(lead) + len(shape)
            blocks[o].append(_assembled(parts, lead, shape, ins[i], like, at))
    return blocks


def _assembled(parts: list[Any], lead: Shape, out: Shape, into: Shape, like: Any, axis: int) -> Any:
    """A matrix of its rows or columns: joined along a new axis, which is then put in its place."""
    shape = (*lead, *out, *into)
    if not parts:
        xp = backends.namespace(like)
        return Box.make(xp.zeros(shape, dtype=like.dtype, device=backends.of(like).device), None)
    joined = concat(*[reshape(p, shape=(1, *p.shape)) for p in parts], axis=0)
    order = list(range(1, len(joined.shape)))
    order.insert(axis, 0)
    return reshape(permute_dims(joined, axes=tuple(order)), shape=shape)
