"""An optimizer's step while a tape records: what changes from step to step is asked for anew."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import backends
from backends import record
from backends.record import CaptureError, NotNowError, Tape, where

from ..changes import overwritten
from ..tensor import Tensor
from .arena import Arena, runs

if TYPE_CHECKING:
    from .optimizer import Optimizer


def update(
    optimizer: Optimizer, tape: Tape, group: dict[str, Any], params: list[Tensor], arena: Arena
) -> None:
    """One step of a group's parameters: kernels whose numbers are computed at each replay."""
    steps, numbers = optimizer._steps, optimizer._numbers
    first = optimizer.first_scalars(group)
    names = optimizer.buffers(group)
    flat = [tape.lift(optimizer._buffer(arena, name)) for name in names]
    values, grads = tape.lift(arena.values), tape.lift(arena.grads)
    by_offset = {p.node.offset: id(p) for p in params}
    moved: list[Tensor] = []
    alike: list[list[int]] = []

    def key(i: int) -> Any:
        moved.append(params[i])
        k = id(params[i])
        return steps.get(k, 0) + 1, numbers.get(k, first)

    from .optimizer import _SMALL

    apart = group.get("eps", 1.0) < _SMALL
    kernel = getattr(backends.kernels, type(optimizer).kernel)
    for start, stop, (step, _) in runs(params, key, apart):
        if step == 1:
            raise NotNowError("a parameter makes its first step")
        alike.append([k for offset, k in by_offset.items() if start <= offset < stop])

        def live(k: int = by_offset[start]) -> dict[str, Any]:
            return optimizer.numbers(group, steps.get(k, 0) + 1, *numbers.get(k, first))

        here = values[start:stop]
        state = optimizer.in_places(names, [f[start:stop] for f in flat])
        kernel(here, grads[start:stop], *state, live=live)
        overwritten(here, *[p.node for p in moved])
    watch(optimizer, tape, group)
    tape.guards.append(lambda: (group.get("eps", 1.0) < _SMALL) is apart)
    tape.guards.append(_together(optimizer, alike, first))


def watch(optimizer: Optimizer, tape: Tape, group: dict[str, Any]) -> None:
    """Have replays see to it that an optimizer's parameters and buffers are still those."""
    parts, names = optimizer._parts, optimizer.buffers(group)
    tape.guards.append(lambda: optimizer._parts is parts and optimizer.buffers(group) == names)


def _together(optimizer: Optimizer, alike: list[list[int]], first: Any) -> Any:
    """Whether the parameters that make a step as one still have all counted the same. Only steps
    that are no replays can change that."""
    seen = -1

    def together() -> bool:
        nonlocal seen
        if optimizer._written == seen:
            return True
        steps, numbers = optimizer._steps, optimizer._numbers
        for keys in alike:
            if len({(steps.get(k, 0), numbers.get(k, first)) for k in keys}) > 1:
                return False
        seen = optimizer._written
        return True

    return together


def call(kernel: Any, *arrays: Any, numbers: Callable[[], dict[str, Any]]) -> None:
    """A kernel with numbers; where a tape records, with what they are at each replay."""
    if record.current() is None:
        kernel(*arrays, **numbers())
    else:
        kernel(*arrays, live=numbers)


def refuse_other_ways(optimizer: Optimizer) -> None:
    """Raise for an optimizer whose own code makes the step: the numbers in it would be recorded
    as they are now."""
    kind = type(optimizer)
    for name in ("update", "_update", "_step"):
        if not getattr(kind, name).__module__.startswith(f"{__package__}."):
            raise CaptureError(
                f"{kind.__name__}: this optimizer's step is its own {name}(), whose numbers a "
                f"recording would keep as they are now{where()}; take its step() outside the "
                "captured function, or give it a kernel and numbers()"
            )


def advance(optimizer: Optimizer, tape: Tape, group: dict[str, Any], keys: list[int]) -> None:
    """Count a step of these parameters, here and at every replay."""
    steps, numbers = optimizer._steps, optimizer._numbers
    before = {k: (steps.get(k, 0), numbers.get(k)) for k in keys}

    def undo() -> None:
        for k, (step, kept) in before.items():
            steps[k] = step
            if not step:
                del steps[k]
            if kept is not None:
                numbers[k] = kept

    tape.host(lambda: optimizer._advance(group, keys), undo)
