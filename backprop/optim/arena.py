"""The arena: all parameters of a model in one flat buffer, and all their gradients in another.

A parameter's `data` becomes a view of its part of the first buffer, and `backward` writes its
gradient into the same part of the second. So an optimizer's step, the norm of all gradients or a
checkpoint is a pass over one array, however many layers there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import backends
from backends import record
from backends.record import held

from ..graph import Leaf
from ..tensor import Tensor

ALIGN = 16
"""Parameters begin at multiples of this many elements: a cache line of float32."""


class Slot(Tensor):
    """A parameter's gradient in the arena: assigning to parts of it changes the arena."""

    __slots__ = ()
    in_place = True


class Arena:
    """One buffer of values and one of gradients for parameters of one dtype on one device.

    Attributes:
        values, grads: the flat arrays (bare). Between parameters lie a few unused zeros.
    """

    def __init__(self, parameters: Sequence[Tensor]) -> None:
        if record.current() is not None:
            raise record.NotNowError("an optimizer takes its parameters into an arena")
        first = parameters[0].data
        backend = backends.of(first)
        offsets, size = [], 0
        for p in parameters:
            offsets.append(size)
            size += -(-p.size // ALIGN) * ALIGN
        self.size, self.backend = size, backend
        self.values = backend.zeros(size, first.dtype)
        self.grads = backend.zeros(size, first.dtype)
        self._views: dict[int, Any] = {}
        for p, offset in zip(parameters, offsets, strict=True):
            leaf = _leaf(p)
            view = part(self.values, offset, p.shape)
            slot = Slot(part(self.grads, offset, p.shape))
            view[...] = p.data
            self._views[offset] = view
            p.data = view
            leaf.arena, leaf.offset, leaf.slot = self, offset, slot
            if leaf.grad is not None:
                slot.data[...] = leaf.grad.data
                leaf.grad = slot

    def holds(self, p: Tensor) -> bool:
        """Whether the parameter still lives here (it leaves when it is moved or replaced)."""
        leaf = p.node
        return leaf is not None and leaf.arena is self and held(self._views[leaf.offset]) is p.data

    def after(self, leaf: Leaf) -> int:
        """Where the parameter behind this one begins."""
        return leaf.offset + -(-math.prod(leaf.shape) // ALIGN) * ALIGN

    def state(self) -> Any:
        """A flat array of zeros like the values, for an optimizer's state."""
        return self.backend.zeros(self.size, self.values.dtype)

    def __reduce__(self) -> Any:
        """A copied or unpickled parameter starts without an arena: copies of views share no
        memory with the copy of what they viewed."""
        return type(None), ()


def part(flat: Any, offset: int, shape: tuple[int, ...]) -> Any:
    """A view of the elements of a flat array from an offset on, in a shape."""
    return backends.namespace(flat).reshape(flat[offset : offset + math.prod(shape)], shape)


def _leaf(p: Tensor) -> Leaf:
    if type(p.node) is not Leaf:
        raise ValueError("an arena holds variables: leaves that require a gradient")
    return p.node


def arena_of(parameters: Sequence[Tensor]) -> Arena:
    """The arena that holds these parameters; a new one, with them in it, where none does.

    They must share a dtype and a device.
    """
    arena = parameters[0].node.arena
    if arena is not None and all(arena.holds(p) for p in parameters):
        return arena
    return Arena(parameters)


def groups(parameters: Sequence[Tensor]) -> list[list[Tensor]]:
    """Trainable parameters apart by dtype and device: what can share an arena."""
    found: dict[Any, list[Tensor]] = {}
    for p in parameters:
        if p.node is not None:
            found.setdefault((p.device, p.dtype), []).append(p)
    return list(found.values())


def gathered(leaf: Leaf) -> bool:
    """Whether a parameter has a gradient, which is brought into the arena where it is not yet."""
    if leaf.grad is None:
        return False
    if leaf.grad is not leaf.slot:  # recorded by create_graph, say
        leaf.slot.data[...] = leaf.grad.data  # type: ignore[union-attr]
        leaf.grad = leaf.slot
    return True


def runs(
    parameters: Sequence[Tensor],
    key: Callable[[int], Any] = lambda i: True,
    apart: bool = False,
) -> Iterator[tuple[int, int, Any]]:
    """The stretches (start, stop, key) of an arena that have gradients and one key.

    Neighbouring parameters with equal keys make one stretch; a parameter without a gradient
    interrupts. `key` takes a parameter's number. Apart, each parameter is a stretch of its own,
    without the unused zeros behind it.
    """
    start: int | None = None
    stop, current = -1, None
    for i, p in enumerate(parameters):
        leaf = p.node
        if not gathered(leaf):
            continue
        k, offset = key(i), leaf.offset
        if apart:
            yield offset, offset + p.data.size, k
            continue
        if stop != offset or k != current:
            if start is not None:
                yield start, stop, current
            start, current = offset, k
        stop = offset + -(-p.data.size // ALIGN) * ALIGN
    if start is not None:
        yield start, stop, current
