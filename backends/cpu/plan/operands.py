"""Where the values of a plan are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Buffer:
    """Memory that is planned for one array while it is needed.

    Attributes:
        first, last: the numbers of the steps that write it first and touch it last.
        place: where it begins in the plan's block of memory; set by `buffers.place`.
        into: the buffer it was merged with, or None.
    """

    __slots__ = ("first", "into", "last", "place", "size")

    def __init__(self, size: int) -> None:
        self.size, self.place = size, -1
        self.first, self.last = -1, -1
        self.into: Buffer | None = None

    def find(self) -> Buffer:
        """The buffer it is one with now."""
        buffer = self
        while buffer.into is not None:
            buffer = buffer.into
        return buffer


class Operand:
    """Where a value is.

    Attributes:
        static: whether it is the same array at every replay.
        buffers: the planned memory it lies in (or may lie in).
    """

    static = True
    ordered = False  # whether it is known to lie in memory in the order of its axes
    buffers: frozenset[Buffer] = frozenset()

    def array(self) -> Any:
        """The array; of a static operand only, when the buffers have their places."""
        raise NotImplementedError


class Held(Operand):
    """An array that is there."""

    def __init__(self, array: Any) -> None:
        self._array = array
        self.ordered = bool(array.flags.c_contiguous)

    def array(self) -> Any:
        return self._array


class Planned(Operand):
    """An array in planned memory."""

    def __init__(self, shape: tuple[int, ...], dtype: Any, strides: tuple[int, ...]) -> None:
        self.shape, self.dtype, self.strides = shape, np.dtype(dtype), strides
        size = self.dtype.itemsize
        for n in shape:
            size *= n
        self.ordered = tuple(strides) == in_order(shape, self.dtype.itemsize)
        self.buffer = Buffer(size)
        self.buffers = frozenset({self.buffer})
        self.block: Any = None
        self._array: Any = None

    def array(self) -> Any:
        if self._array is None:
            place = self.buffer.find().place
            self._array = np.ndarray(self.shape, self.dtype, self.block, place, self.strides)
        return self._array


def in_order(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """The strides of an array that lies in memory in the order of its axes."""
    strides = []
    for n in reversed(shape):
        strides.append(size)
        size *= n
    return tuple(reversed(strides))


class Derived(Operand):
    """What a function makes of static operands without computing: a view.

    Attributes:
        like: its shape, its dtype, and whether it lies in memory in the order of its axes, where
            that is known.
    """

    def __init__(
        self, function: Callable[..., Any], args: Any, kwargs: Any, like: Any = None
    ) -> None:
        self.function, self.args, self.kwargs, self.like = function, args, kwargs, like
        found = operands((args, kwargs))
        self.buffers = frozenset().union(*[o.buffers for o in found])
        self._array: Any = None

    def array(self) -> Any:
        if self._array is None:
            self._array = self.function(*settled(self.args), **settled(self.kwargs))
        return self._array


class Part(Operand):
    """One of several views made together."""

    def __init__(self, whole: Derived, index: int) -> None:
        self.whole, self.index, self.buffers = whole, index, whole.buffers

    def array(self) -> Any:
        return self.whole.array()[self.index]


class Variable(Operand):
    """A local variable of the replaying function: another array at every replay.

    Attributes:
        like: its shape, its dtype, and whether it lies in memory in the order of its axes, where
            that is known.
        fresh: whether it is known to share no memory with anything else.
    """

    static = False

    def __init__(
        self, name: str, buffers: frozenset[Buffer] = frozenset(), like: Any = None,
        fresh: bool = False,
    ) -> None:  # fmt: skip
        self.name, self.buffers, self.like, self.fresh = name, buffers, like, fresh


class Step:
    """One call of the replaying function.

    Attributes:
        results: the variables that take what it returns, if any are to.
        many: whether it returns a tuple.
        out: the operand it writes, where it is elementwise and may write over an input of its.
        live: gives further keyword arguments at each replay.
        pure: whether it does nothing but return results.
    """

    __slots__ = ("args", "function", "kwargs", "live", "many", "out", "pure", "results")

    def __init__(
        self, function: Callable[..., Any], args: Any, kwargs: Any = None, *,
        results: Any = (), many: bool = False, out: Planned | None = None, live: Any = None,
        pure: bool = False,
    ) -> None:  # fmt: skip
        self.function, self.args, self.kwargs = function, args, kwargs or {}
        self.results, self.many, self.out, self.live = results, many, out, live
        self.pure = pure

    def touches(self) -> set[Buffer]:
        """The planned memory it reads or writes."""
        found: set[Buffer] = set()
        for o in operands((self.args, self.kwargs)):
            found |= o.buffers
        for r in self.results:
            if r is not None:
                found |= r.buffers
        return found


def operands(x: Any) -> list[Operand]:
    """The operands among nested arguments."""
    if isinstance(x, Operand):
        return [x]
    if isinstance(x, (tuple, list)):
        return [o for v in x for o in operands(v)]
    if isinstance(x, dict):
        return [o for v in x.values() for o in operands(v)]
    return []


def settled(x: Any) -> Any:
    """Nested arguments with arrays for operands, all of them static."""
    if isinstance(x, Operand):
        return x.array()
    if isinstance(x, (tuple, list)):
        return type(x)([settled(v) for v in x])
    if isinstance(x, dict):
        return {k: settled(v) for k, v in x.items()}
    return x
