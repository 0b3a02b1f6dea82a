"""A recording as a CUDA graph: one launch for a whole step.

The operations run once to compile and to load what they need and to fill a memory pool of the
graph's own, and once more while the stream is captured, in the same memory. What they change
meanwhile is put back. A replay then copies the arguments to where the graph reads them, sends the
numbers that change, launches, and copies out what is to be returned, all on the stream that is
current then.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import cupy

from ..record import CaptureError, Op, Tape
from ..record.replay import _filled as filled
from ..record.replay import needed
from . import gemm
from .launch import Live
from .numbers import Numbers

Array = Any
__all__ = ["Graph"]


def _imatmul(x: Array, y: Array) -> Array:
    x[...] = gemm.matmul(x, y)
    return x


_INSTEAD: dict[Any, Callable[..., Any]] = {operator.matmul: gemm.matmul, operator.imatmul: _imatmul}
"""What a graph can have, in the place of what CuPy refuses."""

_REFUSED = dict.fromkeys(
    ("fft", "ifft", "rfft", "irfft", "fftn", "ifftn", "rfftn", "irfftn", "hfft", "ihfft"),
    "a transform's plan could be dropped before the graph is",
)
"""What must not be in a graph though CuPy would let it be, and why."""


class Graph:
    """A function of the input arrays: see `record.replay`, which it must agree with."""

    def __init__(
        self, backend: Any, tape: Tape, inputs: Sequence[int], outputs: Sequence[int]
    ) -> None:
        self._device, self._inputs = backend.device, list(inputs)
        values, ops = tape.values, needed(tape, outputs)
        written = {values[w].root for op in ops if isinstance(op, Op) for w in op.writes}
        self._held: dict[int, Array] = {v.index: v.array for v in values if v.kind == "held"}
        with self._device:
            self._build(tape, ops, written, outputs)
        given = set(inputs)
        self._back = [k for k, i in enumerate(inputs) if i in written]
        self._returned: list[tuple[Array | None, int | None]] = []
        for i in outputs:
            if i in given:
                self._returned.append((None, self._inputs.index(i)))
            else:  # what is held is returned itself, and all else as a copy
                itself = values[values[i].root].kind == "held"
                self._returned.append((self._results[i], -1 if itself else None))

    # ------------------------------------------------------------------------- build

    def _build(self, tape: Tape, ops: list[Any], written: set[int], outputs: Any) -> None:
        values, user = tape.values, cupy.cuda.get_current_stream()
        before = [(a, a.copy()) for i, a in self._held.items() if values[i].root in written]
        self._pool = cupy.cuda.MemoryPool()
        self._buffers: dict[int, Array] = {}
        stream = cupy.cuda.Stream(non_blocking=True)
        stream.wait_event(user.record())
        try:
            with stream, cupy.cuda.using_allocator(self._pool.malloc):
                for i in self._inputs:
                    self._buffers[i] = cupy.zeros(values[i].shape, values[i].dtype)
                run = _Run(values, ops, written, {*self._held, *self._buffers}, outputs)
                self._hosted = run.hosted
                self._numbers = Numbers(run.first)
                self._numbers.send(run.first)
                self._bench = gemm.Bench()
                try:
                    self._constants = run.constants()
                    run({**self._held, **self._buffers, **self._constants}, self)
                finally:
                    stream.synchronize()
                self._graph, self._results = self._capture(stream, run)
        finally:
            for array, old in before:
                array[...] = old
        self._stream = user

    def _capture(self, stream: Any, run: _Run) -> tuple[Any, dict[int, Array]]:
        known = {**self._held, **self._buffers, **self._constants}
        stream.begin_capture()
        try:
            results = run(known, self)
        except BaseException:
            with suppress(Exception):  # what was captured so far is of no use
                stream.end_capture()
            raise
        try:
            return stream.end_capture(), results
        except Exception as error:
            raise CaptureError(
                f"the step cannot be a CUDA graph ({type(error).__name__}: {error})"
            ) from error

    # ------------------------------------------------------------------------ replay

    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        numbers: list[Any] = []
        for step in self._hosted:
            if isinstance(step, _Changing):
                numbers += step.numbers()
            else:
                step()
        with self._device:
            stream = cupy.cuda.get_current_stream()
            if stream.ptr != self._stream.ptr:  # the last launch comes first
                stream.wait_event(self._stream.record())
                self._stream = stream
            self._numbers.send(numbers)
            for i, array in zip(self._inputs, arrays, strict=True):
                _copy(array, self._buffers[i])
            self._graph.launch()
            for k in self._back:
                arrays[k][...] = self._buffers[self._inputs[k]]
            return [self._result(arrays, *r) for r in self._returned]

    @staticmethod
    def _result(arrays: Sequence[Array], array: Array | None, how: int | None) -> Array:
        if array is None:
            assert how is not None
            return arrays[how]
        return array if how is not None else array.copy()


def _copy(source: Array, to: Array) -> None:
    if source.flags.c_contiguous:
        to.data.copy_from_device_async(source.data, to.nbytes)
    else:
        to[...] = source


class _Changing:
    """An operation with numbers that change; on the host, what they are."""

    def __init__(self, op: Op) -> None:
        assert op.live is not None
        self._function: Callable[..., Any] = inspect.unwrap(op.function)
        self._op, self._live = op, op.live
        self.count = len(self.numbers())

    def numbers(self) -> list[Any]:
        """What the kernel would be started with."""
        op = self._op
        with Live() as live:
            if op.function.__module__.startswith(__package__):  # these ask before all else
                self._function(*op.args, **op.kwargs, **self._live())
        if live.numbers is None:
            raise CaptureError(
                f"{op.name}: its numbers change from replay to replay, and there is no CUDA kernel "
                "of it that reads them from memory"
            )
        return live.numbers


class _Run:
    """The operations of a recording, to be run one by one.

    Attributes:
        hosted: what the host does before each launch: actions, and numbers to compute, in order.
        first: the numbers as they are now.
    """

    def __init__(
        self, values: Any, ops: list[Any], written: set[int], there: set[int], outputs: Any
    ) -> None:
        self._values = values
        self._changing: dict[Op, _Changing] = {}
        self.hosted: list[Any] = []
        for op in ops:
            if not isinstance(op, Op):
                self.hosted.append(op)
            elif op.live is not None:
                self._changing[op] = _Changing(op)
                self.hosted.append(self._changing[op])
        self.first = [n for c in self._changing.values() for n in c.numbers()]
        self._constant, self._ops = self._split(ops, written)
        kept = {*there, *outputs, *(o for op in self._constant for o in op.outs)}
        self._drop = self._last_uses(kept)
        self._outputs = list(dict.fromkeys(outputs))

    def _split(self, ops: list[Any], written: set[int]) -> tuple[list[Op], list[Op]]:
        """What gives the same at every replay, and the rest: what depends on no array and is not
        changed in place."""
        same: set[int | None] = {None}
        constant: list[Op] = []
        rest: list[Op] = []
        for op in ops:
            if not isinstance(op, Op):
                continue
            outs = [o for o in op.outs if o is not None]
            fixed = (
                op.live is None and not op.writes and not op.always and same.issuperset(op.reads)
            )
            if fixed and outs and not any(self._values[o].root in written for o in outs):
                constant.append(op)
                same.update(outs)
            else:
                rest.append(op)
        return constant, rest

    def _last_uses(self, kept: set[Any]) -> list[list[int]]:
        """For each operation, the values that nothing needs after it."""
        seen, drop = set(kept), []
        for op in reversed(self._ops):
            mine = [i for i in dict.fromkeys((*op.reads, *op.outs)) if i is not None]
            drop.append([i for i in mine if i not in seen])
            seen.update(mine)
        drop.reverse()
        return drop

    def constants(self) -> dict[int, Array]:
        """What is the same at every replay."""
        known: dict[int, Array] = {}
        for op in self._constant:
            self._note(op, op.function(*filled(op.args, known), **filled(op.kwargs, known)), known)
        return known

    def __call__(self, known: dict[int, Array], graph: Graph) -> dict[int, Array]:
        """Run all that is not constant; gives the outputs."""
        at = 0
        with graph._bench:
            for op, drop in zip(self._ops, self._drop, strict=True):
                changing = self._changing.get(op)
                if changing is None:
                    out = self._one(op, known)
                else:
                    with Live(graph._numbers.memory[at : at + changing.count]) as live:
                        out = self._one(op, known)
                    if live.numbers is None:
                        raise CaptureError(
                            f"{op.name}: its numbers change from replay to replay, and arrays that "
                            "are strided, empty or of several dtypes have no CUDA kernel for that"
                        )
                    at += changing.count
                self._note(op, out, known)
                del out
                for i in drop:
                    known.pop(i, None)
        return {i: known[i] for i in self._outputs}

    def _one(self, op: Op, known: dict[int, Array]) -> Any:
        if op.name in _REFUSED:
            raise CaptureError(f"{op.name}: it cannot be in a CUDA graph: {_REFUSED[op.name]}")
        function = _INSTEAD.get(op.function, op.function)
        more = {} if op.live is None else op.live()
        try:
            return function(*filled(op.args, known), **filled(op.kwargs, known), **more)
        except (CaptureError, MemoryError):
            raise
        except Exception as error:
            read = [self._values[i] for i in op.reads]
            what = ", ".join(f"{v.dtype}{list(v.shape)}" for v in read) or "no arrays"
            raise CaptureError(
                f"{op.name} of {what} cannot be in a CUDA graph "
                f"({type(error).__name__}: {error}); take it out of the captured function"
            ) from error

    @staticmethod
    def _note(op: Op, out: Any, known: dict[int, Array]) -> None:
        for index, value in zip(op.outs, out if op.many else (out,), strict=False):
            if index is not None:
                known[index] = value
