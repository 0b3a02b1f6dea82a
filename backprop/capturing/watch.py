"""Watching Tensors while a tape records.

A Tensor's array is its `data`. While a tape records, reading it gives the array wrapped, so that
whatever is done with it is noted, and nothing in the library need know. This file puts the two
attributes `Box.data` and `Leaf.grad` under watch for that time: they are plain slots otherwise and
cost nothing.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from backends.record import CaptureError, Recorded, Tape, bare, current, where

from ..graph import Box, Item, Leaf, new_seq
from .places import Place

_DATA: Any = Box.__dict__["data"]
_GRAD: Any = Leaf.__dict__["grad"]


class Watch:
    """What a recorded step did with Tensors.

    Attributes:
        held: the Tensors that were there before and whose arrays it read: (weak reference, array,
            node).
        expected: the gradients it found: (variable, gradient or None).
        left: the gradients it left: (variable, gradient or None).
    """

    def __init__(self, tape: Tape) -> None:
        self.tape, self.start = tape, new_seq()
        self.held: list[tuple[weakref.ref[Box], Any, Any]] = []
        self.expected: list[tuple[Leaf, Any]] = []
        self.left: list[tuple[Leaf, Any]] = []
        self._seen: dict[int, weakref.ref[Box]] = {}
        self._touched: list[weakref.ref[Box]] = []
        self._leaves: dict[Leaf, None] = {}
        self._arguments: dict[int, Any] = {}

    def argument(self, box: Box) -> Recorded:
        """Take this Tensor's array for one that is another at every replay."""
        self._seen[id(box)] = weakref.ref(box)
        array = self._arguments[id(box)] = _DATA.__get__(box)
        return self.tape.input(array)

    # --------------------------------------------------------- what the slots do meanwhile

    def get_data(self, box: Box) -> Any:
        array = _DATA.__get__(box)
        if type(array) is Recorded or current() is not self.tape:
            return array
        seen = self._seen.get(id(box))
        if isinstance(array, np.generic):  # which cannot be changed in place
            array = np.asarray(array)
            _DATA.__set__(box, array)
        if seen is None or seen() is not box:
            self._seen[id(box)] = ref = weakref.ref(box)
            self.held.append((ref, array, box.node))
        return self.tape.lift(array)

    def set_data(self, box: Box, array: Any) -> None:
        if current() is self.tape:
            try:
                old = _DATA.__get__(box)
            except AttributeError:  # a new one
                old = None
            if old is not None and type(old) is not Recorded:
                node = getattr(box, "node", None)
                self.tape.undoing(lambda: self._put_back(box, old, node))
        _DATA.__set__(box, array)
        if current() is self.tape:
            self._seen[id(box)] = ref = weakref.ref(box)
            self._touched.append(ref)

    def _put_back(self, box: Box, array: Any, node: Any) -> None:
        _DATA.__set__(box, array)
        box.node = node

    def get_grad(self, leaf: Leaf) -> Any:
        grad = _GRAD.__get__(leaf)
        if current() is self.tape and leaf not in self._leaves and leaf.seq < self.start:
            self._leaves[leaf] = None
            self.expected.append((leaf, grad))
        return grad

    def set_grad(self, leaf: Leaf, grad: Any) -> None:
        if current() is self.tape and leaf.seq < self.start:
            self._leaves[leaf] = None
            old = getattr(leaf, "grad", None)
            self.tape.undoing(lambda: _GRAD.__set__(leaf, old))
        _GRAD.__set__(leaf, grad)

    # ----------------------------------------------------------------------- at the end

    def changed_leaves(self) -> list[Leaf]:
        """The variables whose gradients were looked at or set."""
        return list(self._leaves)

    def survivors(self, returned: set[int]) -> list[tuple[Box, Recorded]]:
        """The Tensors that the step made, or gave another array, and that live on, but for those
        it returned."""
        found: dict[int, tuple[Box, Recorded]] = {}
        for ref in self._touched:
            box = ref()
            if box is None:
                continue
            array = _DATA.__get__(box)
            if type(array) is Recorded and id(box) not in returned:
                found[id(box)] = (box, array)
        return list(found.values())

    def settle(self) -> None:
        """Give all Tensors their bare arrays back, and see what became of the gradients."""
        for ref in self._touched:
            box = ref()
            if box is not None:
                array = _DATA.__get__(box)
                if type(array) is Recorded:
                    _DATA.__set__(box, array.array)
                _unwrap(box.node)
        self.left = [(leaf, leaf.grad) for leaf in self._leaves]

    def states(self) -> list[tuple[Box, int]]:
        """The Tensors that the step began with and that have another array now, with the number
        of the old one's value: a replay is to begin with the array they then have."""
        users: dict[int, int] = {}
        for _, array, _ in self.held:
            users[id(array)] = users.get(id(array), 0) + 1
        found = []
        for ref, array, _ in self.held:
            box = ref()
            if box is None:
                continue
            now = _DATA.__get__(box)
            if (now.array if type(now) is Recorded else now) is array:
                continue
            if type(now) is not Recorded or users[id(array)] > 1 or now.shape != array.shape:
                raise CaptureError(
                    f"a Tensor of shape {tuple(array.shape)} that the step began with was given "
                    f"another array{where()}; change it in place (x.copy_(new))"
                )
            found.append((box, self.tape.lift(array).index))
        return found

    def check(self, arguments: Sequence[Box], reached: Sequence[Place]) -> None:
        """Raise where the step replaced a Tensor that it began with, since a replay would begin
        with the same one every time, or changed an argument, of which a replay has another."""
        for box in arguments:
            if _DATA.__get__(box) is not self._arguments[id(box)] or box.node is not None:
                raise CaptureError(
                    f"an argument of shape {tuple(box.data.shape)} was changed in the step"
                    f"{where()}; change a copy (x = x.clone(), or x.detach() for requires_grad_), "
                    "and return what is wanted outside"
                )
        way_out = "change it in place (x.copy_(new)), or pass it in and return the new one"
        for ref, array, _ in self.held:
            if ref() is None:
                raise CaptureError(
                    f"a Tensor of shape {tuple(array.shape)} that the step began with was replaced "
                    f"by another or dropped during the step{where()}; {way_out}"
                )
        read = {id(ref()) for ref, _, _ in self.held}
        for place in reached:
            if id(place.value) in read and place.now() is not place.value:
                raise CaptureError(
                    f"{place.name.lstrip('.')}, a Tensor of shape {tuple(place.value.data.shape)} "
                    f"that the step began with, was replaced by another{where()}; {way_out}"
                )


def _unwrap(node: Any) -> None:
    """Give a graph that was not used up the bare arrays in the place of the wrapped ones."""
    stack = [node]
    while stack:
        node = stack.pop()
        saved = getattr(node, "saved", None)
        if saved:
            plain = bare(saved)
            if any(a is not b for a, b in zip(plain, saved, strict=True)):
                node.saved = plain
                stack += node.parents
        elif isinstance(node, Item):
            stack += node.parents


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """In this context Tensors' slots are under watch, for the thread that records."""
    Box.data = property(watch.get_data, watch.set_data)  # type: ignore[misc]
    Leaf.grad = property(watch.get_grad, watch.set_grad)  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        Box.data, Leaf.grad = _DATA, _GRAD  # type: ignore[misc]
