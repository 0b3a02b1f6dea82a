"""The steps of a plan as a Python function."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .operands import Buffer, Derived, Operand, Part, Planned, Step, Variable, operands, settled


class Writer:
    """Writes the function, and gathers the objects its text refers to."""

    def __init__(self, loose: Mapping[Buffer, Planned]) -> None:
        self.loose = {buffer: f"m{i}" for i, buffer in enumerate(loose)}
        self.lines: list[str] = []
        self.objects: dict[str, Any] = {}
        self._names: dict[int, str] = {}
        self._alive: list[Any] = []

    def name(self, x: Any) -> str:
        """A name for an object; the same for the same one."""
        known = self._names.get(id(x))
        if known is None:
            known = self._names[id(x)] = f"c{len(self.objects)}"
            self.objects[known] = x
            self._alive.append(x)
        return known

    def text(self, x: Any) -> str:
        """An expression for an argument."""
        if isinstance(x, Variable):
            return x.name
        if isinstance(x, Operand):
            return self._loose(x) if self.is_loose(x) else self.name(x.array())
        if x is None or type(x) in (bool, int) or x is Ellipsis:
            return repr(x)
        if isinstance(x, (tuple, list)) and operands(x):
            if type(x) is tuple and all(o.static and not self.is_loose(o) for o in operands(x)):
                return self.name(settled(x))
            inside = ", ".join(self.text(v) for v in x)
            if type(x) is list:
                return f"[{inside}]"
            return f"({inside},)"
        if isinstance(x, dict):
            return "{" + ", ".join(f"{k!r}: {self.text(v)}" for k, v in x.items()) + "}"
        return self.name(x)

    def is_loose(self, x: Operand) -> bool:
        """Whether it lies in memory that comes and goes."""
        return any(b.find() in self.loose for b in x.buffers)

    def _loose(self, x: Operand) -> str:
        """An expression for an operand in memory that comes and goes: views are made anew."""
        if isinstance(x, Planned):
            return self.loose[x.buffer.find()]
        if isinstance(x, Part):
            return f"{self.text(x.whole)}[{x.index}]"
        assert isinstance(x, Derived)
        args = [self.text(a) for a in x.args] + [f"{k}={self.text(v)}" for k, v in x.kwargs.items()]
        return f"{self.name(x.function)}({', '.join(args)})"

    def step(self, step: Any) -> None:
        """Write a step, or a call of an action of the host's; nothing for None."""
        if step is None:
            return
        if not isinstance(step, Step):
            self.lines.append(f"{self.name(step)}()")
            return
        args = [self.text(a) for a in step.args]
        for k, v in step.kwargs.items():
            plain = k.isidentifier() and not keyword.iskeyword(k)
            args.append(f"{k}={self.text(v)}" if plain else f"**{{{k!r}: {self.text(v)}}}")
        if step.live is not None:
            args.append(f"**{self.name(step.live)}()")
        call = f"{self.name(step.function)}({', '.join(args)})"
        if step.results:
            names = [r.name if r is not None else "_" for r in step.results]
            left = ", ".join(names) + ("," if step.many and len(names) == 1 else "")
            call = f"{left} = {call}"
        self.lines.append(call)


def compose(
    steps: Sequence[Any], inputs: Sequence[Variable], outputs: Sequence[Operand],
    loose: Mapping[Buffer, Planned],
) -> Callable[[Sequence[Any]], list[Any]]:  # fmt: skip
    """The function of the input arrays that takes the steps and returns the outputs."""
    writer = Writer(loose)
    last: dict[str, int] = {}
    for i, step in enumerate(steps):
        if isinstance(step, Step):
            for o in [*operands((step.args, step.kwargs)), *[r for r in step.results if r]]:
                if isinstance(o, Variable):
                    last[o.name] = i
    kept = {o.name for o in outputs if isinstance(o, Variable)} | {v.name for v in inputs}
    kept |= set(writer.loose.values())  # which a program names
    gone: dict[int, list[str]] = {}
    for name, i in last.items():
        if name not in kept:
            gone.setdefault(i, []).append(name)
    begins: dict[int, list[str]] = {}
    for buffer, name in writer.loose.items():
        of = loose[buffer]
        made = f"{name} = {writer.name(np.empty)}({of.shape!r}, {writer.name(of.dtype)})"
        begins.setdefault(buffer.first, []).append(made)
        gone.setdefault(buffer.last, []).append(name)
    for i, step in enumerate(steps):
        writer.lines += begins.get(i, [])
        writer.step(step)
        if i in gone:
            writer.lines.append(f"del {', '.join(gone[i])}")
    result = f"return [{', '.join(writer.text(o) for o in outputs)}]"
    unpack = [f"{', '.join(v.name for v in inputs)}, = arrays"] if inputs else []
    names = list(writer.objects)
    body = "\n        ".join([*unpack, *writer.lines, result])
    taken = f"({', '.join(names)}, )" if names else "_"
    text = (
        f"def make(objects):\n    {taken} = objects\n"
        f"    def replay(arrays):\n        {body}\n    return replay\n"
    )
    scope: dict[str, Any] = {}
    exec(compile(text, "<replay>", "exec"), scope)
    function: Any = scope.pop("make")(tuple(writer.objects.values()))
    function.source = text
    return function
