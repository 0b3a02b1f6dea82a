"""What must still be so for a recording to be replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..graph import Box
from ..nn.module import Module
from . import places
from .watch import Watch

_PLAIN = (bool, int, float, str, type(None), tuple)


class Same:
    """Equal for the same object, which it keeps alive."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __hash__(self) -> int:
        return id(self.x)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.x is other.x


def condition(module: Any) -> dict[str, Any]:
    """What a module's behaviour may depend on: its attributes, by value if they are plain."""
    kept: dict[str, Any] = {
        k: v if isinstance(v, _PLAIN) else Same(v)
        for k, v in vars(module).items() if isinstance(v, (*_PLAIN, Box, Module))
    }  # fmt: skip
    if module._hooks is not None:
        kept["_hooks"] = module._hooks.all()
    return kept


def flags(module: Any) -> dict[str, bool]:
    """A module's attributes that are true or false."""
    return {k: v for k, v in vars(module).items() if isinstance(v, bool)}


def unchanged(
    watch: Watch,
    guards: Sequence[Callable[[], bool]],
    states: Sequence[Box],
    modules: Iterable[Any],
    reached: Sequence[places.Place],
    plain: Sequence[places.Place],
) -> Callable[[], bool]:
    """A function that says whether the Tensors that a step found are what they were: one
    expression, since it is asked at every replay."""
    objects: list[Any] = []
    terms: list[str] = []

    def name(x: Any) -> str:
        objects.append(x)
        return f"c{len(objects) - 1}"

    owned = {id(v) for m in modules for v in vars(m).values()}  # `condition` watches over them
    placed = {id(p.value): p for p in reached}
    for ref, array, node in watch.held:
        box = ref()
        if any(box is state for state in states):
            terms.append(f"{name(_looks_like(box, array, node))}()")
            continue
        same = f"data is {name(array)} and {{}}.node is {name(node)}"
        if id(box) in owned:
            terms.append(f"{(it := name(box))}.{same.format(it)}")
        elif place := placed.get(id(box)):
            terms.append(f"(b := {name(place.now)}()) is {name(box)} and b.{same.format('b')}")
        else:  # to be noticed if it is gone
            terms.append(f"(b := {name(ref)}()) is not None and b.{same.format('b')}")
    for place in plain:
        terms.append(f"(v := {name(place.now)}()) is {(it := name(place.value))} or v == {it}")
    terms = [f"({term})" for term in terms]
    for leaf, grad in watch.expected:
        terms.append(f"{name(leaf)}.grad is {name(grad)}")
    terms += [f"{name(guard)}()" for guard in guards]
    names = ", ".join(f"c{i}" for i in range(len(objects)))
    text = (
        f"def make(objects):\n    ({names},) = objects\n    return lambda: {' and '.join(terms)}\n"
        if terms
        else "def make(objects):\n    return lambda: True\n"
    )
    scope: dict[str, Any] = {}
    exec(compile(text, "<unchanged>", "exec"), scope)
    return scope.pop("make")(objects)


def _looks_like(box: Any, array: Any, node: Any) -> Callable[[], bool]:
    """Whether a Tensor's array, which may be another each time, is of the same kind."""
    kind, shape, dtype = type(array), array.shape, array.dtype
    strides = getattr(array, "strides", None)

    def alike() -> bool:
        now = box.data
        return (
            type(now) is kind
            and now.shape == shape
            and now.dtype == dtype
            and getattr(now, "strides", None) == strides
            and box.node is node
        )

    return alike
