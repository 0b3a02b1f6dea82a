"""The tape: a list of operations on arrays, in the order they ran."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..registry import namespace, of
from .array import Recorded
from .draws import Draws
from .entries import Op, Ref, Value
from .errors import CaptureError, where


class Tape:
    """A recording under way.

    Attributes:
        values, ops: what was recorded.
        backends: where the arrays belong.
        draws: for each random generator that was drawn from, how far.
        changes: what was changed in place, to be told after a replay too: (array, notes).
        guards: what must be true for a replay.
        refused: what a look at a value was refused with, which the recorded function may have
            caught.
        compile: whether a replay may use compiled loops: at once, never, or (None) once it pays.
        questions: what must be said of arrays for a replay: (value, function, answer).
    """

    def __init__(self) -> None:
        self.thread, self.open = threading.get_ident(), True
        self.compile: bool | None = None
        self.values: list[Value] = []
        self.ops: list[Op | Callable[[], None]] = []
        self.backends: set[Any] = set()
        self.draws: dict[int, Draws] = {}
        self.changes: list[tuple[Any, tuple[Any, ...]]] = []
        self.guards: list[Callable[[], bool]] = []
        self.refused: str | None = None
        self.questions: list[tuple[int, Callable[[Any], Any], Any]] = []
        self._known: dict[int, Recorded] = {}
        self._new: dict[int, Any] = {}
        self._before: dict[int, tuple[Any, Any]] = {}
        self._undo: list[Callable[[], None]] = []

    # ------------------------------------------------------------------- values

    def lift(self, array: Any, kind: str = "held") -> Recorded:
        """The array, wrapped; the same wrapping for the same array."""
        if type(array) is Recorded:
            return array
        known = self._known.get(id(array))
        if known is not None:
            return known
        recorded = self._wrap(array, kind, ())
        self._known[id(array)] = recorded
        return recorded

    def input(self, array: Any) -> Recorded:
        """An array that will be another at every replay."""
        return self.lift(array, "input")

    def _wrap(self, array: Any, kind: str, sources: Any) -> Recorded:
        if isinstance(array, np.generic):
            array = np.asarray(array)
        self.backends.add(of(array))
        index = len(self.values)
        self.values.append(Value(index, kind, array, self._root(array, index, sources)))
        return Recorded(array, index, self)

    def _root(self, array: Any, index: int, sources: Any) -> int:
        """Whose memory the array shares: one of these recorded arrays', or nobody's."""
        span = of(array).span
        start, stop = span(array)
        for s in sources:
            if s.array is array:
                return self.values[s.index].root
            begin, end = span(s.array)
            if start < end and begin < stop and start < stop:
                return self.values[s.index].root
        return index

    # --------------------------------------------------------------- operations

    def call(
        self,
        function: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any] | None = None,
        *,
        writes: tuple[int, ...] = (),
        live: Callable[[], dict[str, Any]] | None = None,
    ) -> Any:
        """Run a function on the bare arrays and note it; its arrays come back wrapped.

        Args:
            writes: which of `args` it changes in place, by their places.
            live: gives further keyword arguments, here and at every replay.
        """
        kwargs = kwargs or {}
        if not self.open:  # an array that was left behind: it just computes
            return function(*bare(args), **bare(kwargs), **(live() if live is not None else {}))
        found: list[Recorded] = []
        op = Op(function, self._template(args, found), self._template(kwargs, found), live)
        changed = [args[i] for i in writes if isinstance(args[i], Recorded)]
        changed += [self.lift(args[i]) for i in writes if _is_array(args[i])]
        for x in changed:
            self._keep(x)
        with _paused(self):  # what a function does inside is its own affair
            more = live() if live is not None else {}
            out = function(*bare(args), **bare(kwargs), **more)
        op.reads = tuple(dict.fromkeys(x.index for x in found))
        op.writes = tuple(dict.fromkeys(x.index for x in changed))
        self.ops.append(op)
        if isinstance(out, (tuple, list)):
            op.many = True
            wrapped = [self._result(o, found) for o in out]
            op.outs = tuple(w.index if isinstance(w, Recorded) else None for w in wrapped)
            if hasattr(out, "_fields"):
                return type(out)(*wrapped)
            return type(out)(wrapped)
        if out is None:
            return None
        result = self._result(out, found)
        op.outs = (result.index if isinstance(result, Recorded) else None,)
        return result

    def _result(self, out: Any, sources: list[Recorded]) -> Any:
        if not _is_array(out):
            return out
        for s in sources:
            if s.array is out:
                return s
        return self._wrap(out, "result", sources)

    def _template(self, x: Any, found: list[Recorded]) -> Any:
        """The arguments with a Ref for each array."""
        kind = type(x)
        if kind is Recorded:
            found.append(x)
            return Ref(x.index)
        if kind is tuple or kind is list:
            return kind([self._template(v, found) for v in x])
        if kind is dict:
            return {k: self._template(v, found) for k, v in x.items()}
        if _is_array(x):
            return self._template(self.lift(x), found)
        return x

    # ------------------------------------------------- what is more than an operation

    def host(self, action: Callable[[], None], undo: Callable[[], None] | None = None) -> None:
        """Run an action of Python's, here and at this place of every replay.

        Args:
            undo: takes it back, should the recording fail.
        """
        if undo is not None:
            self._undo.append(undo)
        with _paused(self):  # an action that is a part of this one is not noted again
            action()
        self.ops.append(action)

    def ask(self, function: Callable[[Any], Any], array: Any, otherwise: Any) -> Any:
        """What the function says of an array, if the step begins with it: a replay then asks
        first, and only for the same answer it is a replay."""
        x = self.lift(array)
        value = self.values[x.index]
        written = any(self.values[i].root == value.root for i in self._before)
        if value.kind == "result" or written:
            return otherwise
        with _paused(self):
            answer = function(x.array)
        self.questions.append((x.index, function, answer))
        return answer

    def check(self, function: Callable[..., None], args: tuple[Any, ...]) -> None:
        """Run a function that looks at arrays and raises or does nothing, here and at this place
        of every replay."""
        self.call(function, args)
        self.ops[-1].always = True  # type: ignore[union-attr]

    def undoing(self, action: Callable[[], None]) -> None:
        """Take something back, should the recording fail."""
        self._undo.append(action)

    def drawn(self, generator: Any) -> Draws:
        """What the recording takes from this generator."""
        draws = self.draws.get(id(generator))
        if draws is None:
            new = id(generator) in self._new
            draws = self.draws[id(generator)] = Draws(generator, new)
            state = generator.get_state()
            self._undo.append(lambda: generator.set_state(state))
        return draws

    def seeded(self, generator: Any, new: bool) -> None:
        """A generator is seeded: a new one, which then draws the same at every replay."""
        if new:
            self._new[id(generator)] = generator
        elif id(generator) not in self._new or id(generator) in self.draws:
            raise CaptureError(
                "a random generator is seeded anew inside the recorded function, which would draw "
                f"the same numbers at every replay{where()}; seed it outside"
            )

    def returned(self, generator: Any, state: dict[str, int]) -> None:
        """A generator goes on from a state; from one of this recording, or it is like a seed."""
        draws = self.draws.get(id(generator))
        start = (draws._start if draws is not None else generator.get_state())["offset"]
        if state["offset"] < start and id(generator) not in self._new:
            self.seeded(generator, new=False)

    def changed(self, array: Any, notes: tuple[Any, ...]) -> None:
        """Note that an array was changed in place, to be told after every replay too."""
        self.changes.append((bare(array), notes))

    def _keep(self, x: Recorded) -> None:
        """Keep what an array held before its first change, for `rewind`."""
        root = self.values[x.index].root
        if self.values[root].kind == "result" or x.index in self._before:
            return
        array = x.array
        xp = namespace(array)
        xp = getattr(xp, "unnoted", xp)
        self._before[x.index] = (array, xp.asarray(array, copy=True))

    def rewind(self) -> None:
        """Put back what the recording changed: arrays, random generators, numbers."""
        for array, old in reversed(self._before.values()):
            array[...] = old
        for undo in reversed(self._undo):
            undo()

    def forget(self) -> None:
        """Let go of the arrays that only the recording itself needed."""
        self._known.clear()
        self._before.clear()
        self._undo.clear()
        self._new.clear()


def bare(x: Any) -> Any:
    """The arguments with bare arrays in the place of wrapped ones."""
    kind = type(x)
    if kind is Recorded:
        return x.array
    if kind is tuple or kind is list:
        return kind([bare(v) for v in x])
    if kind is dict:
        return {k: bare(v) for k, v in x.items()}
    return x


def _is_array(x: Any) -> bool:
    if isinstance(x, (np.ndarray, np.generic)):
        return x.dtype.kind in "biufc"
    if type(x) is Recorded or isinstance(x, type):
        return False
    return hasattr(x, "shape") and hasattr(x, "dtype")


@contextmanager
def _paused(tape: Tape) -> Iterator[None]:
    """In this context the tape notes nothing."""
    _state.tape = None
    try:
        yield
    finally:
        _state.tape = tape


class _State:
    """The tape that is recording, if any is: only one at a time, in whatever thread."""

    tape: Tape | None = None


_state = _State()
_one = threading.Lock()


def current() -> Tape | None:
    """The tape that is recording in this thread, or None."""
    tape = _state.tape
    if tape is None or tape.thread != threading.get_ident():
        return None
    return tape


def held(array: Any) -> Any:
    """An array that is kept outside any Tensor: wrapped, where a tape records."""
    tape = current()
    return array if tape is None else tape.lift(array)


@contextmanager
def recording() -> Iterator[Tape]:
    """In this context, and in this thread, a new tape notes what is done with arrays."""
    from .namespace import watched

    if current() is not None:
        raise CaptureError("a recording was begun inside a recording")
    with _one:
        tape = _state.tape = Tape()
        try:
            with watched():
                yield tape
        finally:
            _state.tape, tape.open = None, False


def host(action: Callable[[], None], undo: Callable[[], None] | None = None) -> None:
    """Run an action of Python's; where a tape records, again at every replay."""
    tape = current()
    if tape is None:
        action()
    else:
        tape.host(action, undo)


def hidden(array: Any) -> bool:
    """Whether the host should not look at an array: it would wait for the device, or a tape
    records and would not know."""
    return type(array) is Recorded or of(array).asynchronous


def ask(function: Callable[[Any], Any], array: Any, otherwise: Any) -> Any:
    """What a function says of an array, a small plain value, for a decision about how to go on.

    Where a tape records, an array with which the step begins can be asked: a replay is one for the
    same answer only. Of others nothing is known: `otherwise`.
    """
    tape = current()
    return function(array) if tape is None else tape.ask(function, array, otherwise)


def check(function: Callable[..., None], *arrays: Any) -> None:
    """Run a function that looks at arrays and raises or does nothing; where a tape records, again
    at every replay, with the arrays as they then are."""
    tape = current()
    if tape is None:
        function(*arrays)
    else:
        tape.check(function, arrays)
