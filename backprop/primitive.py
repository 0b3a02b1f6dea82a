"""Primitives: operations that can be differentiated.

A *primitive* is an operation with a row of derivative rules. Called on bare arrays it just
computes. Called on boxes (the Tensors of `tensor.py`) it computes on the arrays inside, and
where one of them wants a gradient it leaves behind a *node* of the graph (`graph.py`): which
primitive ran, which nodes its inputs came from, and the values its rules will ask for, nothing
else.

`rule.py` says how a row is written, `rules/` holds the table of them, and `autodiff.py` walks the
nodes backwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import backends

from . import mistakes
from .graph import Box, Item, Node, mode, node_of, switched
from .rule import OUT, SHAPES, Rule, getter


class Keepers(dict[int, Callable[[tuple[Any, ...]], tuple[Any, ...]]]):
    """For each set of inputs that want a gradient (as bits): what picks, of (out, shapes, inputs,
    None), the values to save. Those that the rules of these inputs name, and None in the places
    of the others."""

    def __init__(self, primitive: Primitive) -> None:
        self.primitive = primitive

    def __missing__(self, wanted: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        primitive, needed = self.primitive, set()
        for i, places in enumerate(primitive.named):
            if primitive.joint is not None or wanted >> i & 1:
                needed |= places
        self[wanted] = getter([i if i in needed else -1 for i in primitive.kept])
        return self[wanted]


class Primitive:
    """An operation that can be differentiated.

    Args:
        name: the kernel that computes it, unless `forward` does.
        inputs: the names of its array arguments, which rules refer to.
        forward: computes it on bare arrays; static (non-array) arguments come by keyword.
        outputs: how many arrays it returns (more than one: a tuple).

    `vjp` gives it its rules; without, its results carry no gradient.
    """

    __slots__ = (
        "forward", "inputs", "joint", "keepers", "kept", "name", "named", "outputs", "rules",
        "shaped", "textbook",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        inputs: str,
        forward: Callable[..., Any] | None = None,
        outputs: int = 1,
    ) -> None:
        self.name = name
        self.inputs = tuple(inputs.split())
        self.forward = forward or getattr(backends.kernels, name)
        self.outputs = outputs
        self.rules: tuple[Rule | None, ...] | None = None
        self.joint: Rule | None = None
        self.kept: tuple[int, ...] = ()  # what the rules name, as places in (out, shapes, *inputs)
        self.named: list[set[int]] = []  # the same for each rule
        self.keepers = Keepers(self)
        self.shaped = False
        self.textbook = False  # whether complex gradients go through the rules conjugated

    def __call__(self, *args: Any, **static: Any) -> Any:
        if len(args) == 1:  # most primitives: the same as below, without its loops
            (x,) = args
            if not isinstance(x, Box):
                return self.forward(x, **static)
            try:
                out = self.forward(x.data, **static)
            except Exception as error:
                mistakes.explain(self, args, error)
                raise
            return self._result(out, (x.data,), (x.node,), int(x.node is not None), static)
        for a in args:
            if isinstance(a, Box):
                break
        else:
            return self.forward(*args, **static)
        raw, parents, foreign, kind, mixed = [], [], False, None, False
        wanted, bit = 0, 1  # which inputs want a gradient, as bits
        for a in args:
            if isinstance(a, Box):
                data, node = a.data, a.node
                raw.append(data)
                parents.append(node)
                if node is not None:
                    wanted |= bit
                if kind is not type(data):
                    mixed = kind is not None
                    kind = type(data)
            else:
                raw.append(a)
                parents.append(None)
                if type(a) not in mistakes.PLAIN:
                    foreign = True
            bit += bit
        if foreign:
            return self(*mistakes.plain(self, args), **static)
        if mixed:  # one library might take the other's array for one of its own
            mistakes.together(self, args)
        try:
            out = self.forward(*raw, **static)
        except Exception as error:
            mistakes.explain(self, args, error)
            raise
        return self._result(out, raw, parents, wanted, static)

    def _result(self, out: Any, raw: Any, parents: Any, wanted: int, static: Any) -> Any:
        """The output as boxes, with a node where an input wants a gradient."""
        if not wanted or self.rules is None or (switched.contexts and not mode.recording):
            if self.outputs == 1:
                return Box.make(out, None)
            return tuple([Box.make(o, None) for o in out])
        shapes = tuple([getattr(a, "shape", ()) for a in raw]) if self.shaped else None
        saved = self.keepers[wanted]((out, shapes, *raw, None))
        if self.outputs == 1:
            return Box.make(out, node_of(self, parents, saved, static, out))
        node = node_of(self, parents, saved, static, out[0])
        return tuple([Box.make(o, Item(node, i, o)) for i, o in enumerate(out)])

    def boxed(self, node: Node) -> tuple[Any, ...]:
        """The saved values of a node as boxes, each with its history: what a rule needs in order
        to be differentiated itself."""
        boxes = []
        for value, index in zip(node.saved or (), self.kept, strict=True):
            if value is None:
                pass
            elif index == OUT and self.outputs > 1:
                value = tuple([Box.make(v, Item(node, i, v)) for i, v in enumerate(value)])
            elif index == OUT:
                value = Box.make(value, node)
            elif index != SHAPES and hasattr(value, "dtype"):
                value = Box.make(value, node.parents[index - 2])
            boxes.append(value)
        return tuple(boxes)

    def arrays(self, node: Node) -> list[Any]:
        """The bare arrays that a node saved."""
        found: list[Any] = []
        for value, index in zip(node.saved or (), self.kept, strict=True):
            if index == OUT and self.outputs > 1:
                found += value or ()
            elif index != SHAPES and hasattr(value, "dtype"):
                found.append(value)
        return found

    def __repr__(self) -> str:
        return f"<primitive {self.name}({', '.join(self.inputs)})>"
