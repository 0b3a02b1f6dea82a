"""The arguments of a transformed function: those chosen, and the variables in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import backends

from .. import tree
from ..defaults import as_dtype
from ..graph import Box, Node, node_of
from ..rules import identity
from ..tensor import asarray

Argnums = int | Sequence[int]


def name_of(f: Callable[..., Any]) -> str:
    """What to call a function in errors; an error if it is none."""
    if not callable(f):
        raise TypeError(f"f: got a {type(f).__name__}, wanted a function of Tensors")
    return getattr(f, "__name__", type(f).__name__)


def _is_array(x: Any) -> bool:
    return hasattr(x, "shape") or (isinstance(x, (tuple, list)) and any(map(_is_array, x)))


def integers(argnums: Argnums) -> tuple[int, ...]:
    """argnums as a tuple of integers."""
    chosen = tuple(argnums) if isinstance(argnums, (tuple, list, range)) else (argnums,)
    if not chosen or any(type(i) is not int for i in chosen):
        advice = "; to differentiate f at x call grad(f)(x), jacobian(f)(x), hessian(f)(x)"
        raise TypeError(
            f"argnums: got {argnums!r}, wanted an integer or several"
            f"{advice if _is_array(argnums) else ''}"
        )
    return chosen


def places(chosen: tuple[int, ...], count: int, name: str) -> tuple[int, ...]:
    """The places of the chosen arguments among `count` of them, from 0 on."""
    for i in chosen:
        if not -count <= i < count:
            by_position = "" if count else " by position"
            raise ValueError(
                f"argnums: got {i}, but {name} was called with {count} arguments{by_position}"
            )
    found = tuple([i % count for i in chosen])
    if len(set(found)) < len(found):
        raise ValueError(f"argnums: got {chosen}, which names one argument twice")
    return found


def several(xs: Any) -> bool:
    """Whether `xs` stands for several arguments: a list or tuple does, any other tree for one."""
    return isinstance(xs, (list, tuple)) and not hasattr(xs, "_fields")


def listed(xs: Any) -> tuple[Any, ...]:
    """The arguments that `xs` stands for."""
    return tuple(xs) if several(xs) else (xs,)


def variable(data: Any) -> Node:
    """The node of a variable that nothing outside knows of. It is no Leaf, which ends every
    sweep and cannot be assigned to; a function may assign to its argument as to any result."""
    return node_of(identity, (None,), (), {}, data)


class Arguments:
    """The arguments of one call, with a fresh variable in place of each leaf of the chosen ones.

    Attributes:
        args: the arguments to call the function with.
        nodes, arrays: the variables' nodes and values, taken down here because a function may
            assign to parts of its arguments, which gives those other ones.
        tied: whether a variable is part of a graph outside.
    """

    def __init__(self, args: Sequence[Any], chosen: Sequence[int], name: str) -> None:
        self.args, self.chosen, self.name = list(args), chosen, name
        self.structures: list[Any] = []
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self.tied = False
        for i in chosen:
            self.args[i] = self._replaced(args[i], i)

    def _replaced(self, x: Any, i: int) -> Any:
        if isinstance(x, Box) or tree.children(x) is None:
            self.structures.append(tree.LEAF)
            return self._variable(x, i, "")
        leaves, structure = tree.flatten(x)
        self.structures.append(structure)
        named = zip(leaves, tree.paths(x), strict=True)
        return tree.unflatten(structure, [self._variable(leaf, i, path) for leaf, path in named])

    def _variable(self, x: Any, i: int, path: str) -> Any:
        """A variable with x's value, which leads on to x where x is part of a graph itself."""
        if not isinstance(x, Box):
            if not is_number(x):
                raise TypeError(
                    f"{self.called(i, path)}: a {type(x).__name__}, wanted a Tensor, an array or "
                    "a number to differentiate by"
                )
            x = asarray(x)
        data = x.data
        if not floating(data.dtype):
            raise TypeError(
                f"{self.called(i, path)}: dtype {as_dtype(data.dtype)}, wanted a floating-point "
                "one to differentiate by; convert it first: x.astype(backprop.float32), 3.0 for 3"
            )
        if x.node is None:
            out = Box.make(data, variable(data))
        else:
            out, self.tied = identity(x), True
        self.nodes.append(out.node)
        self.arrays.append(data)
        return out

    def called(self, i: int, path: str) -> str:
        """An argument's leaf as errors name it."""
        return f"argument {i} of {self.name}" + (path and f", {path}")

    def names(self) -> list[str]:
        """All leaves' names."""
        pairs = zip(self.chosen, self.structures, strict=True)
        return [self.called(i, path) for i, s in pairs for path in tree.paths(s)]

    def trees(self, leaves: Iterable[Any]) -> tuple[Any, ...]:
        """One tree for each chosen argument, of these leaves, one for each variable."""
        rest = iter(leaves)
        return tuple(
            [
                next(rest) if s is tree.LEAF else tree.map(lambda _: next(rest), s)
                for s in self.structures
            ]
        )


def is_number(x: Any) -> bool:
    """Whether it is a number or an array of some backend."""
    if isinstance(x, (int, float, complex)):
        return True
    if not hasattr(x, "shape"):  # NumPy has other things than arrays
        return False
    try:
        backends.of(x)
    except TypeError:
        return False
    return True


def floating(dtype: Any) -> bool:
    """Whether derivatives make sense for this dtype: real or complex floating point."""
    return (getattr(dtype, "kind", None) or as_dtype(dtype).kind) in "fc"


def vector(g: Any, like: Any, what: str) -> Any:
    """g as a Tensor like the array `like`, which it is to be a change or a gradient of; None for
    None and for what has no derivative."""
    if g is None or not floating(like.dtype):
        return None
    dtype = as_dtype(like.dtype)
    if not isinstance(g, Box):
        if not is_number(g):
            raise TypeError(f"{what}: got a {type(g).__name__}, wanted a Tensor or a number")
        g = asarray(g, device=backends.of(like).name)
    elif type(g.data) is not type(like) and backends.of(g.data) is not backends.of(like):
        raise ValueError(
            f"{what}: is on {backends.of(g.data).name}, wanted {backends.of(like).name}"
        )
    if tuple(g.data.shape) != tuple(like.shape):
        raise ValueError(f"{what}: got shape {tuple(g.data.shape)}, wanted {tuple(like.shape)}")
    if as_dtype(g.data.dtype).kind == "c" and dtype.kind != "c":
        raise TypeError(f"{what}: got dtype {as_dtype(g.data.dtype)}, wanted a real one")
    return g if g.data.dtype == like.dtype else g.astype(dtype)
