"""One recording of a step, and what must hold for it to be replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import backends
from backends.record import CaptureError, NotNowError, Recorded, Tape, recording, replay, where

from .. import tree
from ..changes import last_change, note
from ..graph import Box, Item, Leaf
from ..nn.hooks import watch as watch_modules
from .watch import Watch, watching


class Recording:
    """What a step did once, ready to be done again with other arguments.

    Attributes:
        operations: how many operations a replay runs.
    """

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
        self.result: Any = None
        inputs = [x for x in tree.flatten((args, kwargs))[0] if is_input(x)]
        with recording() as tape:
            watch = Watch(tape)
            modules: dict[Any, None] = {}
            try:
                with watching(watch), watch_modules(lambda m, out: modules.setdefault(m)):
                    numbers = [watch.argument(x).index for x in inputs]
                    out = function(*args, **kwargs)
                    self._results(out, watch)
                    kept = watch.survivors({id(x) for x in self._boxes})
                    check_history([*self._boxes, *[box for box, _ in kept]])
                    watch.settle()
                    watch.check()
                    self._check_gradients(watch)
            except CaptureError:
                watch.settle()
                tape.rewind()
                raise
            except BaseException:
                watch.settle()
                raise
        for draws in tape.draws.values():
            draws.total = draws.moved()
        self._kept = [box for box, _ in kept]
        wanted = self._wanted + [array.index for _, array in kept]
        make = next(iter(tape.backends)).replay if len(tape.backends) == 1 else replay
        self._replay = make(tape, numbers, wanted)
        self._count = len(self._wanted)
        self._draws = list(tape.draws.values())
        self._guards = list(tape.guards)
        self._held = [(ref, array, node) for ref, array, node in watch.held]
        self._grads = watch.expected
        self._left = [
            (leaf, grad)
            for leaf, grad in watch.left
            if not any(leaf is e and grad is g for e, g in watch.expected)
        ]
        self._modules = [(m, condition(m)) for m in modules]
        self._changes = _changes(tape)
        self.operations = len(tape.ops)
        tape.forget()

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

    def _check_gradients(self, watch: Watch) -> None:
        for leaf, grad in watch.expected:
            if grad is not None and grad is not leaf.slot:
                raise NotNowError(
                    "the step adds to a gradient that is not in an optimizer's arena; clear the "
                    "gradients at the beginning of the step (optimizer.zero_grad())"
                )

    # ---------------------------------------------------------------------- replay

    def holds(self) -> bool:
        """Whether all that the step found when it was recorded is still so."""
        for ref, array, node in self._held:
            box = ref()
            if box is None or box.data is not array or box.node is not node:
                return False
        for leaf, grad in self._grads:
            if leaf.grad is not grad:
                return False
        for guard in self._guards:
            if not guard():
                return False
        return all(condition(m) == was for m, was in self._modules)

    def replay(self, arrays: Sequence[Any]) -> Any:
        """Do the step with these arrays for its arguments."""
        for d in self._draws:
            d.begin()
        out = self._replay(arrays)
        for d in self._draws:
            d.end()
        for box, array in zip(self._kept, out[self._count :], strict=True):
            box.data = array
        for leaf, grad in self._left:
            leaf.grad = grad  # type: ignore[assignment]
        for start, stop, leaves in self._changes:
            note(start, stop)
            for leaf in leaves:
                leaf.changed = last_change.seq
        make = Box.make
        if self._single:
            return make(out[0], None) if self._count else self._parts[0]
        new = iter(out)
        leaves = [make(next(new), None) if p is _NEW else p for p in self._parts]
        return tree.unflatten(self._structure, leaves)


_NEW = object()
"""Stands where a result is computed anew."""


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
                f"history that no backward has used{where()}; call backward inside the step, or "
                "return x.detach()"
            )


def condition(module: Any) -> dict[str, Any]:
    """What a module's behaviour may depend on beside its Tensors."""
    return {k: v for k, v in vars(module).items() if isinstance(v, _PLAIN)}


_PLAIN = (bool, int, float, str, type(None), tuple)


def _changes(tape: Tape) -> list[tuple[int, int, list[Leaf]]]:
    """The stretches of memory that change, each once, and the variables that live there."""
    found: dict[tuple[int, int], dict[Leaf, None]] = {}
    for array, notes in tape.changes:
        span = backends.of(array).span(array)
        leaves = found.setdefault(span, {})
        leaves.update(dict.fromkeys(n for n in notes if type(n) is Leaf))
    return [(start, stop, list(leaves)) for (start, stop), leaves in found.items()]
