"""Running a recording again: operation by operation, as it was written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .entries import Op, Ref
from .tape import Tape

Replay = Callable[[Sequence[Any]], list[Any]]


def replay(tape: Tape, inputs: Sequence[int], outputs: Sequence[int]) -> Replay:
    """A function of the input arrays that does what the recording did and returns the outputs.

    This is what a replay means, on any array library. What a device does to be faster must give
    the same.

    Args:
        inputs: the numbers of the values that the arguments stand for.
        outputs: the numbers of the values to return.
    """
    held = {v.index: v.array for v in tape.values if v.kind == "held"}
    ops = needed(tape, outputs)

    def run(arrays: Sequence[Any]) -> list[Any]:
        known = {**held, **dict(zip(inputs, arrays, strict=True))}
        for op in ops:
            if not isinstance(op, Op):
                op()
                continue
            more = op.live() if op.live is not None else {}
            out = op.function(*_filled(op.args, known), **_filled(op.kwargs, known), **more)
            for index, value in zip(op.outs, out if op.many else (out,), strict=False):
                if index is not None:
                    known[index] = value
        return [known[i] for i in outputs]

    return run


def _filled(x: Any, known: dict[int, Any]) -> Any:
    kind = type(x)
    if kind is Ref:
        return known[x.index]
    if kind is tuple or kind is list:
        return kind([_filled(v, known) for v in x])
    if kind is dict:
        return {k: _filled(v, known) for k, v in x.items()}
    return x


def needed(tape: Tape, outputs: Sequence[int]) -> list[Any]:
    """The operations that an output, or memory that is there afterwards, depends on."""
    root = [v.root for v in tape.values]
    alive = {v.root for v in tape.values if tape.values[v.root].kind != "result"}
    alive |= {root[i] for i in outputs}
    wanted = set(outputs)
    kept: list[Any] = []
    for op in reversed(tape.ops):
        if isinstance(op, Op):
            used = any(o in wanted for o in op.outs)
            if not (used or op.always) and not any(root[w] in alive for w in op.writes):
                continue
            wanted.update(op.reads)
            alive.update(root[i] for i in op.reads)
        kept.append(op)
    kept.reverse()
    return kept
