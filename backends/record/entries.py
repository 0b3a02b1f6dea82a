"""What stands on a tape: values and operations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Ref:
    """Stands, among an operation's arguments, for the value of that number."""

    __slots__ = ("index",)

    def __init__(self, index: int) -> None:
        self.index = index

    def __repr__(self) -> str:
        return f"%{self.index}"


class Value:
    """What is known of one array of the recording.

    Attributes:
        kind: "input" (an argument of the call), "held" (an array that was there before and will
            be at every replay: a parameter, say) or "result".
        array: of one that is held, the array.
        root: the value whose memory it shares; its own number where it shares none.
    """

    __slots__ = ("array", "dtype", "index", "kind", "root", "shape", "strides")

    def __init__(self, index: int, kind: str, array: Any, root: int) -> None:
        self.index, self.kind, self.root = index, kind, root
        self.array = array if kind == "held" else None
        self.shape, self.dtype = tuple(array.shape), array.dtype
        self.strides = getattr(array, "strides", None)

    def __repr__(self) -> str:
        return f"%{self.index}: {self.kind} {self.dtype}{list(self.shape)}"


class Op:
    """One operation.

    Attributes:
        function: what ran, on bare arrays.
        args, kwargs: its arguments, with a Ref for each value.
        live: called at every replay for further keyword arguments, numbers that change; or None.
        always: whether it is to run even if nothing needs what it gives: a check.
        reads: the values among the arguments.
        outs: the values it gave, in order; None where a result is no array.
        many: whether it returned a tuple (or list), and not one array.
        writes: those of `reads` that it changes in place.
    """

    __slots__ = ("always", "args", "function", "kwargs", "live", "many", "outs", "reads", "writes")

    def __init__(self, function: Callable[..., Any], args: Any, kwargs: Any, live: Any) -> None:
        self.function, self.args, self.kwargs, self.live = function, args, kwargs, live
        self.reads: tuple[int, ...] = ()
        self.outs: tuple[int | None, ...] = ()
        self.writes: tuple[int, ...] = ()
        self.many = self.always = False

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", type(self.function).__name__)

    def __repr__(self) -> str:
        parts = [repr(a) for a in self.args] + [f"{k}={v!r}" for k, v in self.kwargs.items()]
        outs = ", ".join("_" if o is None else f"%{o}" for o in self.outs)
        return f"{outs} = {self.name}({', '.join(parts)})"
