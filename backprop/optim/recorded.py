"""An optimizer's step while a tape records: what changes from step to step is asked for anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import backends
from backends.record import CaptureError, NotNowError, Tape

from ..changes import overwritten
from ..tensor import Tensor
from .arena import Arena, runs

if TYPE_CHECKING:
    from .optimizer import Optimizer


def update(
    optimizer: Optimizer, tape: Tape, group: dict[str, Any], params: list[Tensor], arena: Arena
) -> None:
    """One step of a group's parameters: kernels whose numbers are computed at each replay.

    Raises:
        CaptureError: the optimizer makes its step in a way of its own.
    """
    kind = type(optimizer)
    if not kind.kernel:
        raise CaptureError(
            f"{kind.__name__}: this optimizer's step is not one kernel with numbers, which a "
            "recording needs; take its step() outside the captured function"
        )
    steps, numbers = optimizer._steps, optimizer._numbers
    first = optimizer.first_scalars(group)
    names = optimizer.buffers(group)
    flat = [tape.lift(optimizer._buffer(arena, name)) for name in names]
    values, grads = tape.lift(arena.values), tape.lift(arena.grads)
    by_offset = {p.node.offset: id(p) for p in params}  # type: ignore[union-attr]
    moved: list[Tensor] = []

    def key(i: int) -> Any:
        moved.append(params[i])
        k = id(params[i])
        return steps.get(k, 0) + 1, numbers.get(k, first)

    from .optimizer import _SMALL

    kernel = getattr(backends.kernels, kind.kernel)
    for start, stop, (step, _) in runs(params, key, group.get("eps", 1.0) < _SMALL):
        if step == 1:
            raise NotNowError("a parameter makes its first step")

        def live(k: int = by_offset[start]) -> dict[str, Any]:
            return optimizer.numbers(group, steps.get(k, 0) + 1, *numbers.get(k, first))

        here = values[start:stop]
        state = optimizer.in_places(names, [f[start:stop] for f in flat])
        kernel(here, grads[start:stop], *state, live=live)
        overwritten(here, *[p.node for p in moved])
    keys = [id(p) for p in moved]
    before = {k: (steps.get(k, 0), numbers.get(k)) for k in keys}

    def undo() -> None:
        for k, (step, kept) in before.items():
            steps[k] = step
            if kept is not None:
                numbers[k] = kept

    tape.host(lambda: optimizer._advance(group, keys), undo)
    parts = optimizer._parts
    tape.guards.append(lambda: optimizer._parts is parts and optimizer.buffers(group) == names)
