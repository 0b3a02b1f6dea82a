"""Primitives as operators: the short way from `x * y` to a recorded node.

`Primitive.__call__` serves any number of arguments. With small arrays its loops take longer than
the arithmetic, so here the same is spelled out for the two operands of an operator, and the two
objects that a recorded result needs are filled in on the spot.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backends import Kernel

from . import mistakes
from .graph import Box, Node, mode, new_seq, switched
from .primitive import Primitive

NUMBERS = frozenset({float, int, bool, complex})
NOTHING: dict[str, Any] = {}
"""The static arguments of a node that has none."""

Infix = Callable[[Any, Any], Any]


def infix(primitive: Primitive) -> Infix:
    """The primitive as a function of two operands, one of them a box or both."""
    forward, keepers, shaped = primitive.forward, primitive.keepers, primitive.shaped
    constant = primitive.rules is None
    new = object.__new__

    def operator(x: Any, y: Any) -> Any:
        if type(x) is type(y) or (isinstance(x, Box) and isinstance(y, Box)):
            a, b = x.data, y.data
            of_x, of_y = x.node, y.node
            if type(a) is not type(b):
                return primitive(x, y)
        elif type(y) in NUMBERS:
            a, b = x.data, y
            of_x, of_y = x.node, None
        elif type(x) in NUMBERS:
            a, b = x, y.data
            of_x, of_y = None, y.node
        else:
            return primitive(x, y)
        try:
            out = forward(a, b)
        except Exception as error:
            mistakes.explain(primitive, (x, y), error)
            raise
        if of_x is None:
            if of_y is None or constant:
                return Box.make(out, None)
            wanted = 2
        elif constant:
            return Box.make(out, None)
        else:
            wanted = 1 if of_y is None else 3
        if switched.contexts and not mode.recording:
            return Box.make(out, None)
        shapes = (getattr(a, "shape", ()), getattr(b, "shape", ())) if shaped else None
        node = Node()
        node.seq = new_seq()
        node.primitive = primitive
        node.parents = (of_x, of_y)
        node.saved = keepers[wanted]((out, shapes, a, b, None))
        node.static = NOTHING
        node.shape = out.shape
        node.dtype = out.dtype
        result = new(Box.make)
        result.data = out
        result.node = node
        return result

    operator.__name__ = operator.__qualname__ = primitive.name
    return operator


def prefix(primitive: Primitive) -> Callable[[Any], Any]:
    """The primitive as a function of one box."""
    forward: Any = primitive.forward
    keepers, shaped, constant = primitive.keepers, primitive.shaped, primitive.rules is None
    chosen: Any = forward.chosen if isinstance(forward, Kernel) else None
    new = object.__new__

    def operator(x: Any) -> Any:
        if not isinstance(x, Box):
            mistakes.refuse(primitive, x)
        a, of_x = x.data, x.node
        try:
            if chosen is not None:  # what calling the kernel does
                try:
                    function = chosen[type(a), a.dtype]
                except KeyError:
                    function = forward.choose(a)
                out = function(a)
            else:
                out = forward(a)
        except Exception as error:
            mistakes.explain(primitive, (x,), error)
            raise
        if of_x is None or constant or (switched.contexts and not mode.recording):
            return Box.make(out, None)
        node = Node()
        node.seq = new_seq()
        node.primitive = primitive
        node.parents = (of_x,)
        node.saved = keepers[1]((out, (a.shape,) if shaped else None, a, None))
        node.static = NOTHING
        node.shape = out.shape
        node.dtype = out.dtype
        result = new(Box.make)
        result.data = out
        result.node = node
        return result

    operator.__name__ = operator.__qualname__ = primitive.name
    return operator


def reflected(primitive: Primitive) -> Infix:
    """The same with its operands exchanged: what `__rsub__` and its like do."""
    straight = infix(primitive)
    return lambda y, x: straight(x, y)
