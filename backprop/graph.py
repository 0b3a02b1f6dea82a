"""The graph that operations record, and the switch that records.

Box   an array and the node that made it          (a Tensor)
Node  one recorded call of a primitive            (holds bare arrays, so no reference cycles)
Leaf  where a path of the graph ends: the place the gradient of a variable gathers
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import count
from typing import Any

new_seq = count(1).__next__
"""One clock for everything that happens: a node is newer than all nodes it depends on, and an
array changed after a node was recorded has a later tick than the node."""


class Leaf:
    """A variable: no primitive made it, gradients gather here."""

    __slots__ = ("arena", "changed", "dtype", "grad", "offset", "seq", "shape", "slot")

    def __init__(self, data: Any) -> None:
        self.seq = new_seq()
        self.shape, self.dtype = data.shape, data.dtype
        self.grad: Box | None = None
        self.changed = 0  # the tick of the last change in place (see changes.py)
        self.arena: Any = None  # the arena it lives in (see optim/arena.py), and there:
        self.offset = 0  # where its values begin
        self.slot: Box | None = None  # the view its gradient is written to


class Node:
    """One recorded call of a primitive; `node_of` makes one.

    It has no constructor: making an empty one and filling it in is what `operation.py` does to
    save the time of a call.
    """

    __slots__ = ("dtype", "parents", "primitive", "saved", "seq", "shape", "static")

    seq: int
    primitive: Any
    parents: Any
    saved: tuple[Any, ...] | None
    static: dict[str, Any]
    shape: Any
    dtype: Any


def node_of(
    primitive: Any, parents: Any, saved: tuple[Any, ...], static: dict[str, Any], out: Any
) -> Node:
    """The node of a call with this output."""
    return _filled(Node(), primitive, parents, saved, static, out)


def _filled(
    node: Any, primitive: Any, parents: Any, saved: Any, static: dict[str, Any], out: Any
) -> Any:
    node.seq = new_seq()
    node.primitive, node.parents, node.saved, node.static = primitive, parents, saved, static
    node.shape, node.dtype = out.shape, out.dtype
    return node


class Box:
    """An array and the node that made it; `Tensor` is the one kind that users see."""

    __slots__ = ("__weakref__", "data", "node")
    make: Any  # set by tensor.py to Tensor: makes what primitives return

    def __init__(self, data: Any, node: Any = None) -> None:
        self.data = data
        self.node = node


class _Select:
    """The stand-in primitive of one output of a node that has several."""

    name = "output"


SELECT = _Select()


class Item(Node):
    """Output number `index` of a node with several outputs."""

    __slots__ = ("index",)

    def __init__(self, node: Node, index: int, out: Any) -> None:
        _filled(self, SELECT, (node,), (), {}, out)
        self.index = index


class _Mode(threading.local):
    recording = True


mode = _Mode()


class _Switched:
    """How many contexts that switch recording are open, in all threads. While it is none, no
    operation need look up its own thread's mode, which is slow."""

    __slots__ = ("contexts",)

    def __init__(self) -> None:
        self.contexts = 0


switched = _Switched()
_counting = threading.Lock()


class _Recording:
    """Switches recording on or off; a context manager and a decorator."""

    __slots__ = ("_before", "_on")

    def __init__(self, on: bool) -> None:
        self._on, self._before = on, []  # type: ignore[var-annotated]

    def __enter__(self) -> None:
        with _counting:
            switched.contexts += 1
        self._before.append(mode.recording)
        mode.recording = self._on

    def __exit__(self, *exc: object) -> None:
        mode.recording = self._before.pop()
        with _counting:
            switched.contexts -= 1

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from functools import wraps

        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with type(self)(self._on):
                return function(*args, **kwargs)

        return inner


def no_grad() -> _Recording:
    """In this context (or decorated function) nothing is recorded, so nothing gets a gradient.

    A variable can be changed in place here, and goes on being one: a step of gradient descent.

    >>> import backprop as bp
    >>> x = bp.asarray([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> with bp.no_grad():
    ...     (x * 2).requires_grad
    ...     x -= 0.25 * x.grad
    False
    >>> x
    tensor([0.5, 1. ], requires_grad=True)
    """
    return _Recording(False)


def enable_grad() -> _Recording:
    """In this context recording is on again, inside a `no_grad`."""
    return _Recording(True)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded."""
    return mode.recording
