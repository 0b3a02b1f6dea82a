"""Primitives, and the graph they record.

A *primitive* is an operation with a row of derivative rules. Called on bare arrays it just
computes. Called on boxes (the Tensors of `tensor.py`) it computes on the arrays inside, and
where one of them wants a gradient it leaves behind a *node*: which primitive ran, which nodes
its inputs came from, and the values its rules will ask for, nothing else.

    Box   an array and the node that made it          (a Tensor)
    Node  one recorded call                           (holds bare arrays, so no reference cycles)
    Leaf  where a path of the graph ends: the place the gradient of a variable gathers

`autodiff.py` walks the nodes backwards; `rules/` holds the table of primitives.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from itertools import count
from operator import itemgetter
from typing import Any

import backends

_tick = count(1).__next__
"""One clock for everything that happens: a node is newer than all nodes it depends on, and an
array changed after a node was recorded has a later tick than the node."""


class _Mode(threading.local):
    recording = True


mode = _Mode()


class Leaf:
    """A variable: no primitive made it, gradients gather here."""

    __slots__ = ("arena", "changed", "dtype", "grad", "offset", "seq", "shape", "slot")

    def __init__(self, data: Any) -> None:
        self.seq = _tick()
        self.shape, self.dtype = data.shape, data.dtype
        self.grad: Box | None = None
        self.changed = [0]  # the tick of the last change in place
        self.arena: Any = None  # the arena it lives in (see optim/arena.py), and there:
        self.offset = 0  # where its values begin
        self.slot: Box | None = None  # the view its gradient is written to


class Node:
    """One recorded call of a primitive."""

    __slots__ = ("dtype", "parents", "primitive", "saved", "seq", "shape", "static")

    def __init__(
        self,
        primitive: Any,
        parents: Any,
        saved: tuple[Any, ...] | None,
        static: dict[str, Any],
        out: Any,
    ) -> None:
        self.seq = _tick()
        self.primitive, self.parents, self.saved, self.static = primitive, parents, saved, static
        self.shape, self.dtype = out.shape, out.dtype


class Box:
    """An array and the node that made it; `Tensor` is the one kind that users see."""

    __slots__ = ("__weakref__", "data", "node")
    make: Callable[[Any, Any], Any]  # set by tensor.py to Tensor: makes what primitives return

    def __init__(self, data: Any, node: Any = None) -> None:
        self.data = data
        self.node = node


Rule = Callable[[Any, tuple[Any, ...], dict[str, Any]], Any]
_PLAIN = frozenset({float, int, bool, complex, type(None), tuple, slice, type(Ellipsis)})


class Primitive:
    """An operation that can be differentiated.

    Args:
        name: the kernel that computes it, unless `forward` does.
        inputs: the names of its array arguments, which rules refer to.
        forward: computes it on bare arrays; static (non-array) arguments come by keyword.
        outputs: how many arrays it returns (more than one: a tuple).
        views: whether its result may share the memory of its input.

    `vjp` gives it its rules; without, its results carry no gradient.
    """

    __slots__ = (
        "forward", "inputs", "joint", "keepers", "kept", "name", "named", "outputs", "rules",
        "shaped", "views",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        inputs: str,
        forward: Callable[..., Any] | None = None,
        outputs: int = 1,
        views: bool = False,
    ) -> None:
        self.views = views
        self.name = name
        self.inputs = tuple(inputs.split())
        self.forward = forward or getattr(backends.kernels, name)
        self.outputs = outputs
        self.rules: tuple[Rule | None, ...] | None = None
        self.joint: Rule | None = None
        self.kept: tuple[int, ...] = ()  # what the rules name, as places in (out, shapes, *inputs)
        self.named: list[set[int]] = []  # the same for each rule
        self.keepers: dict[int, Callable[[tuple[Any, ...]], tuple[Any, ...]]] = {}
        self.shaped = False

    def __call__(self, *args: Any, **static: Any) -> Any:
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
                if type(a) not in _PLAIN:
                    foreign = True
            bit += bit
        if foreign:
            self._reject(args)
        if mixed:  # one library might take the other's array for one of its own
            self._together(args)
        try:
            out = self.forward(*raw, **static)
        except Exception as error:
            self._explain(args, error)
            raise
        if not (wanted and mode.recording and self.rules is not None):
            if self.outputs == 1:
                return Box.make(out, None)
            return tuple([Box.make(o, None) for o in out])
        shapes = tuple([getattr(a, "shape", ()) for a in raw]) if self.shaped else None
        keeper = self.keepers.get(wanted) or self._keeper(wanted)
        saved = keeper((out, shapes, *raw, None))
        if self.outputs == 1:
            return Box.make(out, Node(self, parents, saved, static, out))
        node = Node(self, parents, saved, static, out[0])
        return tuple([Box.make(o, Item(node, i, o)) for i, o in enumerate(out)])

    def _keeper(self, wanted: int) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
        """What picks the values to save when these inputs want a gradient: those that their rules
        name, and None in the places of the others."""
        needed: set[int] = set()
        for i, places in enumerate(self.named):
            if self.joint is not None or wanted >> i & 1:
                needed |= places
        self.keepers[wanted] = _getter([i if i in needed else -1 for i in self.kept])
        return self.keepers[wanted]

    def boxed(self, node: Node) -> tuple[Any, ...]:
        """The saved values of a node as boxes, each with its history: what a rule needs in order
        to be differentiated itself."""
        boxes = []
        for value, index in zip(node.saved or (), self.kept, strict=True):
            if value is None:
                pass
            elif index == _OUT and self.outputs > 1:
                value = tuple([Box.make(v, Item(node, i, v)) for i, v in enumerate(value)])
            elif index == _OUT:
                value = Box.make(value, node)
            elif index != _SHAPES and hasattr(value, "dtype"):
                value = Box.make(value, node.parents[index - 2])
            boxes.append(value)
        return tuple(boxes)

    def _reject(self, args: tuple[Any, ...]) -> None:
        for name, a in zip(self.inputs * len(args), args, strict=False):
            if not isinstance(a, Box) and type(a) not in _PLAIN:
                kind = f"{type(a).__module__}.{type(a).__name__}"
                raise TypeError(
                    f"{self.name}: {name} is a {kind}, wanted a Tensor or a Python number; "
                    f"wrap it first: backprop.asarray({name})"
                )
        self._together(args)

    def _boxes(self, args: tuple[Any, ...]) -> list[tuple[str, Any]]:
        names = self.inputs * len(args)  # concat has one name for all its arrays
        return [(n, a) for n, a in zip(names, args, strict=False) if isinstance(a, Box)]

    def _together(self, args: tuple[Any, ...], error: Exception | None = None) -> None:
        """Raise if the arrays are on different devices."""
        places = [(n, backends.of(a.data).name) for n, a in self._boxes(args)]
        if len({place for _, place in places}) > 1:
            where = ", ".join(f"{n} is on {place}" for n, place in places)
            raise ValueError(
                f"{self.name}: {where}; move one with .to_device(...) so that all are together"
            ) from error

    def _explain(self, args: tuple[Any, ...], error: Exception) -> None:
        """Raise a clearer error where arrays of two devices met; else add a note to this one."""
        self._together(args, error)
        boxes = self._boxes(args)
        what = ", ".join(f"{n} {tuple(a.data.shape)} {a.data.dtype}" for n, a in boxes)
        error.add_note(f"in backprop's {self.name} with {what}")

    def __repr__(self) -> str:
        return f"<primitive {self.name}({', '.join(self.inputs)})>"


class _Select:
    """The stand-in primitive of one output of a node that has several."""

    name = "output"


SELECT = _Select()


class Item(Node):
    """Output number `index` of a node with several outputs."""

    __slots__ = ("index",)

    def __init__(self, node: Node, index: int, out: Any) -> None:
        super().__init__(SELECT, (node,), (), {}, out)
        self.index = index


_OUT, _SHAPES = 0, 1


def vjp(primitive: Primitive, *rules: Callable[..., Any] | None) -> None:
    """Give a primitive its row: for each input, the rule that turns the gradient of the output
    into the gradient of that input (a vector-Jacobian product), or None.

    A rule's parameters say what it needs: first the output's gradient, then by name any of the
    primitive's inputs, `out`, `shapes` (of all inputs) and the static arguments. What no rule of
    the row names is not kept. The formula runs on bare arrays for a first derivative and on
    Tensors when the derivative is itself to be differentiated, so it may use operators and
    primitives only.

        vjp(tanh, lambda g, out: g * (1 - out * out))
        vjp(multiply, lambda g, y: g * y, lambda g, x: g * x)

    A result may have the broadcast shape: the sweep sums it to the input's.
    """
    _keep(primitive, [r.rule if isinstance(r, Into) else r for r in rules])
    primitive.rules = tuple(r and _bind(r, primitive) for r in rules)


class Into:
    """A rule that can also write its result where the gradient belongs, saving a copy.

    `write` has the parameters of `rule`, and last `out`, the array to overwrite.
    """

    def __init__(self, rule: Callable[..., Any], write: Callable[..., Any]) -> None:
        self.rule, self.write = rule, write

    def __call__(self, g: Any, saved: tuple[Any, ...], static: dict[str, Any]) -> Any:
        return self.rule(g, saved, static)


def vjp_joint(primitive: Primitive, rule: Callable[..., Any]) -> None:
    """Give a primitive one rule that returns the gradients of all its inputs as a tuple."""
    _keep(primitive, (rule,))
    primitive.joint = _bind(rule, primitive)
    primitive.rules = ()


def _names(rule: Callable[..., Any]) -> list[str]:
    return list(inspect.signature(rule).parameters)[1:]


def _places(names: list[str], primitive: Primitive) -> list[int]:
    at = {"out": _OUT, "shapes": _SHAPES, **{n: i + 2 for i, n in enumerate(primitive.inputs)}}
    return [at[n] for n in names if n in at]


def _keep(primitive: Primitive, rules: Any) -> None:
    primitive.named = [set(_places(_names(r), primitive)) if r else set() for r in rules]
    primitive.kept = tuple(sorted(set().union(*primitive.named)))
    primitive.shaped = _SHAPES in primitive.kept


def _bind(rule: Callable[..., Any], primitive: Primitive) -> Rule:
    """The rule as a function of (g, saved, static), whatever subset of them it asks for."""
    if isinstance(rule, Into):
        get = _getter([primitive.kept.index(i) for i in _places(_names(rule.rule), primitive)])
        write = rule.write
        return Into(
            _bind(rule.rule, primitive), lambda g, saved, out: write(g, *get(saved), out)
        )
    names = _names(rule)
    known = {"out", "shapes", *primitive.inputs}
    statics = [n for n in names if n not in known]
    arrays = [n for n in names if n in known]
    if names != arrays + statics:
        raise TypeError(f"{primitive.name}: a rule names its arrays before its static arguments")
    pick = [primitive.kept.index(i) for i in _places(names, primitive)]
    if statics:
        get = _getter(pick)
        return lambda g, saved, static: rule(g, *get(saved), *[static[n] for n in statics])
    if not pick:
        return lambda g, saved, static: rule(g)
    if len(pick) == 1:
        (i,) = pick
        return lambda g, saved, static: rule(g, saved[i])
    get = itemgetter(*pick)
    return lambda g, saved, static: rule(g, *get(saved))


def _nothing(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return ()


def _getter(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """A function that picks these places of a tuple, as a tuple."""
    if not places:
        return _nothing
    if len(places) == 1:
        (i,) = places
        return lambda values: (values[i],)
    return itemgetter(*places)


class _Recording:
    """Switches recording on or off; a context manager and a decorator."""

    __slots__ = ("_before", "_on")

    def __init__(self, on: bool) -> None:
        self._on, self._before = on, []  # type: ignore[var-annotated]

    def __enter__(self) -> None:
        self._before.append(mode.recording)
        mode.recording = self._on

    def __exit__(self, *exc: object) -> None:
        mode.recording = self._before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from functools import wraps

        @wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with type(self)(self._on):
                return function(*args, **kwargs)

        return inner


def no_grad() -> _Recording:
    """In this context (or decorated function) nothing is recorded, so nothing gets a gradient.

    >>> import backprop as bp
    >>> x = bp.asarray([1.0, 2.0], requires_grad=True)
    >>> with bp.no_grad():
    ...     (x * 2).requires_grad
    False
    """
    return _Recording(False)


def enable_grad() -> _Recording:
    """In this context recording is on again, inside a `no_grad`."""
    return _Recording(True)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded."""
    return mode.recording


def touch(leaf: Leaf) -> None:
    """Note that the leaf's array was changed in place just now."""
    leaf.changed[0] = _tick()
