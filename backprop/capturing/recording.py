"""One recording of a step, and what must hold for it to be replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

import backends
from backends.record import (
    CaptureError,
    NotNowError,
    Recorded,
    Replay,
    Tape,
    recording,
    replay,
    where,
)

from .. import tree
from ..changes import last_change, note
from ..graph import Box, Item, Leaf
from ..nn.clock import clock
from ..nn.hooks import watch as watch_modules
from . import chance, places
from .guards import condition, flags, unchanged
from .watch import Watch, watching


class Recording:
    """What a step did once, ready to be done again with other arguments.

    Attributes:
        remark: what keeps a replay from being fast, or None.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: Any,
        kwargs: Any,
        compile: bool | None = None,
        rewinding: bool = False,
    ) -> None:
        self.result: Any = None
        leaves, structure = tree.flatten((args, kwargs))
        # The step gets Tensors of its own: the caller's may be what it reads by another name, too.
        leaves = [_alias(x) if is_input(x) else x for x in leaves]
        inputs = [x for x in leaves if is_input(x)]
        args, kwargs = tree.unflatten(structure, leaves)
        (reached, known), plain = places.reach(function), places.numbers(function)
        plain += [p for x in leaves for p in places.attributes(x)]
        found, drawn = {m: flags(m) for m in known}, chance.states()
        with recording() as tape:
            tape.compile = compile
            watch = Watch(tape)
            modules: dict[Any, None] = {}
            try:
                with watching(watch), watch_modules(lambda m, out: modules.setdefault(m)):
                    numbers = [watch.argument(x).index for x in inputs]
                    out = function(*args, **kwargs)
                    if tape.refused:  # and somebody caught the error
                        raise CaptureError(tape.refused)
                    self._results(out, watch)
                    lasting = _lasting(function, watch)
                    kept = watch.survivors({id(x) for x in self._boxes} - lasting)
                    check_history([*self._boxes, *[box for box, _ in kept]])
                    states = watch.states()
                    watch.settle()
                    watch.check(inputs, reached)
                    chance.check(drawn)
                    self._check_gradients(watch)
                    for draws in tape.draws.values():
                        draws.total = draws.moved()
            except CaptureError:
                watch.settle()
                _rewind(tape, reached, drawn)
                raise
            except BaseException as error:
                watch.settle()
                if rewinding and isinstance(error, Exception):
                    _rewind(tape, reached, drawn)
                    raise CaptureError(f"{type(error).__name__}: {error}") from error
                raise
        self._states = [box for box, _ in states]
        numbers += [index for _, index in states]
        for _, index in states:
            tape.values[index].kind, tape.values[index].array = "input", None
        self._kept = [box for box, _ in kept]
        wanted = self._wanted + [array.index for _, array in kept]
        try:
            self._replay, self.remark = _replay_of(tape, numbers, wanted)
        except CaptureError:  # the device cannot replay it
            _rewind(tape, reached, drawn)
            raise
        self._conditions(watch, tape, numbers, (reached, found, plain), modules)
        self._boxes.clear()  # what the caller gets is the caller's
        tape.forget()

    def _conditions(
        self, watch: Watch, tape: Tape, numbers: list[int], around: Any, modules: dict[Any, None]
    ) -> None:
        """Note what must hold for a replay, and what one leaves behind beside its results.

        Args:
            around: what the function could reach before it ran: the places of Tensors, the
                modules' flags, the places of plain numbers.
        """
        reached, found, plain = around
        self._count = len(self._wanted)
        self._draws = list(tape.draws.values())
        plain += [p for kind in {type(m) for m in modules} for p in places.numbers(kind.forward)]
        numbers_of_python = [p for p in plain if p.now() is p.value]
        self._same = unchanged(
            watch, tape.guards, self._states, modules, reached, numbers_of_python
        )
        at = {index: i for i, index in enumerate(numbers)}
        self._questions = [
            (at.get(index), tape.values[index].array, function, answer)
            for index, function, answer in tape.questions
        ]
        self._left = [
            (leaf, grad)
            for leaf, grad in watch.left
            if not any(leaf is e and grad is g for e, g in watch.expected)
        ]
        # The step may switch modules to training or use itself: what counts is how it found them.
        self._modules = [(m, {**condition(m), **found.get(m, {})}) for m in modules]
        self._flags = [
            (m, k, v) for m, was in found.items() for k, v in flags(m).items()
            if was.get(k, v) is not v
        ]  # fmt: skip
        self._ticks = -1 if self._flags else clock.ticks
        self._changes = _changes(tape)

    def _results(self, out: Any, watch: Watch) -> None:
        """Take the function's result apart: Tensors to compute anew, and what stays."""
        leaves, self._structure = tree.flatten(out)
        self.result = out
        self._wanted: list[int] = []
        self._boxes: list[Box] = []
        self._parts: list[Any] = []
        for x in leaves:
            array = x.data if isinstance(x, Box) else x
            if type(array) is Recorded and not _is_held(x, watch):
                self._wanted.append(array.index)
                self._boxes.append(x)
                self._parts.append(_NEW)
            elif isinstance(x, float):
                raise CaptureError(
                    f"the captured function returned the number {x!r}, which would be the same "
                    f"at every replay{where()}; return a Tensor, or read it outside"
                )
            else:
                self._parts.append(x)
        self._single = leaves[0] is out if len(leaves) == 1 else False
        self._flat = type(out) is tuple and all(part is tree.LEAF for part in self._structure)

    def _check_gradients(self, watch: Watch) -> None:
        for leaf, grad in watch.expected:
            kept = leaf.grad is None or leaf.grad is grad
            if grad is not None and grad is not leaf.slot and not kept:
                raise NotNowError(
                    "the step adds to a gradient that is not in an optimizer's arena; clear the "
                    "gradients at the beginning of the step (optimizer.zero_grad())"
                )

    # ---------------------------------------------------------------------- replay

    def holds(self, arrays: Sequence[Any]) -> bool:
        """Whether all that the step found when it was recorded is still so, and these arguments
        are such that it would do the same."""
        if not self._same() or not self.answers(arrays):
            return False
        if clock.ticks != self._ticks:
            if not all(condition(m) == was for m, was in self._modules):
                return False
            self._ticks = clock.ticks
        return True

    def answers(self, arrays: Sequence[Any]) -> bool:
        """Whether what was asked of arrays is answered as it was when the step was recorded."""
        for place, array, function, answer in self._questions:
            if function(array if place is None else self._all(arrays)[place]) != answer:
                return False
        return True

    def _all(self, arrays: Sequence[Any]) -> Sequence[Any]:
        """The arrays of the arguments, and of the Tensors that get new ones in each step."""
        return [*arrays, *[box.data for box in self._states]] if self._states else arrays

    def replay(self, arrays: Sequence[Any]) -> Any:
        """Do the step with these arrays for its arguments."""
        for d in self._draws:
            d.begin()
        out = self._replay(self._all(arrays))
        for d in self._draws:
            d.end()
        for box, array in zip(self._kept, out[self._count :], strict=True):
            box.data = array
        for leaf, grad in self._left:
            leaf.grad = grad
        for module, name, value in self._flags:
            if getattr(module, name) is not value:
                setattr(module, name, value)
        for start, stop, leaves in self._changes:
            note(start, stop)
            for leaf in leaves:
                leaf.changed = last_change.seq
        make = Box.make
        if self._single:
            return make(out[0], None) if self._count else self._parts[0]
        new = iter(out)
        leaves = [make(next(new), None) if p is _NEW else p for p in self._parts]
        return tuple(leaves) if self._flat else tree.unflatten(self._structure, leaves)

    def text(self, arrays: str, names: dict[str, Any]) -> list[str]:
        """`replay` as lines of Python, for arrays that are this expression; the objects that
        the lines mention are added to the names."""
        if self._states or self._flags or not (self._single and self._count):
            return [f"return r.replay({arrays})"]
        lines = []
        for i, d in enumerate(self._draws):
            names[f"draws{i}"] = d
            lines.append(f"draws{i}.begin()")
        lines.append(f"out = r._replay({arrays})")
        lines += [f"draws{i}.end()" for i in range(len(self._draws))]
        for i, box in enumerate(self._kept):
            names[f"kept{i}"] = box
            lines.append(f"kept{i}.data = out[{self._count + i}]")
        for i, (leaf, grad) in enumerate(self._left):
            names[f"leaf{i}"], names[f"grad{i}"] = leaf, grad
            lines.append(f"leaf{i}.grad = grad{i}")
        for i, (start, stop, leaves) in enumerate(self._changes):
            lines.append(f"note({start}, {stop})")
            for j, leaf in enumerate(leaves):
                names[f"leaf{i}_{j}"] = leaf
                lines.append(f"leaf{i}_{j}.changed = last.seq")
        return [*lines, "return make(out[0], None)"]


_NEW = object()
"""Stands where a result is computed anew."""


def _alias(x: Box) -> Any:
    """A Tensor of its own with the same values in the same memory."""
    out = copy(x)
    out.data = x.data[...] if x.data.shape else backends.namespace(x.data).asarray(x.data)[...]
    return out


def is_input(x: Any) -> bool:
    """Whether an argument is an array that may be another at every call. A variable is not: its
    gradient belongs to that very Tensor."""
    return isinstance(x, Box) and x.node is None


def _is_held(x: Any, watch: Watch) -> bool:
    """Whether a returned Tensor is one that was there before: it stays what it is."""
    return any(ref() is x for ref, _, _ in watch.held)


def check_history(boxes: Sequence[Box]) -> None:
    """Raise if a Tensor that outlives the step could still be differentiated."""
    for box in boxes:
        node = box.node
        while type(node) is Item:  # one output of several: the node of them all knows
            (node,) = node.parents
        if node is None or type(node) is Leaf:
            continue
        if node.saved is not None:
            raise CaptureError(
                f"a Tensor of shape {tuple(box.data.shape)} leaves the captured step with a "
                f"history that no backward has used{where()}; call backward inside the step, "
                "return x.detach(), or compute it under backprop.no_grad()"
            )


def _rewind(tape: Tape, reached: Sequence[places.Place], drawn: dict[str, Any]) -> None:
    """Put back what a recording changed that failed."""
    tape.rewind()
    chance.put_back(drawn)
    for place in reached:
        place.put_back()


def _replay_of(
    tape: Tape, numbers: Sequence[int], wanted: Sequence[int]
) -> tuple[Replay, str | None]:
    """The recording as the device it belongs to replays it, and a remark where there is no one
    such device."""
    if len(tape.backends) == 1:
        (backend,) = tape.backends
        return backend.replay(tape, numbers, wanted), None
    remark = None
    if tape.backends:
        names = " and ".join(sorted(b.name for b in tape.backends))
        remark = (
            f"the step works with arrays of {names}, so it is replayed operation by operation; "
            "keep all of it on one device"
        )
    return replay(tape, numbers, wanted), remark


def _lasting(function: Any, watch: Watch) -> set[int]:
    """The Tensors that the function can find again when it is called next."""
    found = {id(p.value) for p in places.reach(function)[0]}
    return found | {id(leaf.grad) for leaf in watch.changed_leaves()}


def _changes(tape: Tape) -> list[tuple[int, int, list[Leaf]]]:
    """The stretches of memory that change, each once, and the variables that live there."""
    found: dict[tuple[int, int], dict[Leaf, None]] = {}
    for array, notes in tape.changes:
        span = backends.of(array).span(array)
        leaves = found.setdefault(span, {})
        leaves.update(dict.fromkeys(n for n in notes if type(n) is Leaf))
    return [(start, stop, list(leaves)) for (start, stop), leaves in found.items()]
