"""From a tape to a plan: where every value is, and the steps that make it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...record.entries import Op, Ref, Value
from ...record.replay import Replay, needed
from ...record.tape import Tape
from . import lower
from .buffers import allocate, static
from .operands import (
    Derived,
    Held,
    Operand,
    Part,
    Planned,
    Step,
    Variable,
    in_order,
    operands,
    settled,
)
from .source import compose


class Plan:
    """A plan being made.

    Attributes:
        steps: the calls so far, and the host's actions.
        forms: other forms of kernels: to be called in their place, or to be made into steps.
        notes: what has been made that another operation may need too.
    """

    def __init__(
        self, tape: Tape, inputs: Sequence[int], outputs: Sequence[int], forms: Any = None
    ) -> None:
        self.tape, self.values = tape, tape.values
        self.forms: dict[Any, Any] = forms or {}
        self.steps: list[Any] = []
        self.notes: dict[Any, Any] = {}
        self.planned: list[Planned] = []
        self.where: dict[int, Operand] = {}
        self.inputs = [Variable(f"x{i}", like=_like(tape.values[n])) for i, n in enumerate(inputs)]
        self.where.update(zip(inputs, self.inputs, strict=True))
        for v in tape.values:
            if v.kind == "held":
                self.where[v.index] = Held(v.array)
        self._fresh = {tape.values[i].root for i in outputs}
        self._ops = needed(tape, outputs)
        self._written = {
            tape.values[w].root for op in self._ops if isinstance(op, Op) for w in op.writes
        }
        self._constant: set[int] = set()
        for op in self._ops:
            if not isinstance(op, Op):
                self.steps.append(op)
            elif not (self._fold(op) or self._lowered(op)):
                for o in op.outs:  # a rule may have changed its mind
                    if o is not None and o not in op.reads:
                        self.where.pop(o, None)
                self.opaque(op)
        self.outputs = [self.where[i] for i in outputs]

    # ------------------------------------------------------------- for the lowering

    def operand(self, x: Any) -> Any:
        """An operation's argument with operands for references."""
        if type(x) is Ref:
            return self.where[x.index]
        if isinstance(x, (tuple, list)):
            return type(x)([self.operand(v) for v in x])
        if isinstance(x, dict):
            return {k: self.operand(v) for k, v in x.items()}
        return x

    def value(self, x: Any) -> Value | None:
        """What is known of an argument that is an array."""
        return self.values[x.index] if type(x) is Ref else None

    def out(self, op: Op, i: int = 0) -> Planned | None:
        """Planned memory for an operation's result; None where there can be none: it leaves the
        plan, or shares another's memory."""
        index = op.outs[i]
        if index is None:
            return None
        v = self.values[index]
        if v.root != index or v.root in self._fresh or not _is_dense(v):
            return None
        out = self.where[index] = self.scratch(v.shape, v.dtype, v.strides)
        return out

    def scratch(self, shape: tuple[int, ...], dtype: Any, strides: Any = None) -> Planned:
        """Planned memory for an array."""
        if strides is None:
            strides = in_order(shape, np.dtype(dtype).itemsize)
        planned = Planned(shape, dtype, strides)
        self.planned.append(planned)
        return planned

    def view(self, function: Callable[..., Any], *args: Any, like: Any = None) -> Operand:
        """What a function that only looks at memory in another way makes of operands; `like` is
        as a variable's."""
        if static(args):
            return Derived(function, args, {}, like)
        buffers = frozenset().union(*[o.buffers for o in operands(args)])
        made = Variable(f"v{len(self.steps)}", buffers, like)
        self.steps.append(Step(function, args, results=(made,)))
        return made

    def held(self, array: Any) -> Held:
        """An array that is the same at every replay."""
        return Held(array)

    def emit(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """A step that writes where its arguments say."""
        self.steps.append(Step(function, args, kwargs))

    def elementwise(self, ufunc: Callable[..., Any], *args: Any, out: Operand) -> None:
        """A step that computes element by element into `out`."""
        over = out if isinstance(out, Planned) else None
        if ufunc in (np.maximum, np.minimum):  # which want it by name
            self.steps.append(Step(ufunc, args, {"out": out}, out=over))
        else:
            self.steps.append(Step(ufunc, (*args, out), out=over))

    # ------------------------------------------------------------------- the rest

    def _fold(self, op: Op) -> bool:
        """Compute now what depends on nothing that changes."""
        if op.live is not None or op.writes or len(op.outs) != 1 or op.many or op.outs[0] is None:
            return False
        v = self.values[op.outs[0]]
        if v.root in self._written or v.root in self._fresh:
            return False
        if op.name in lower.OF_SHAPES:
            args = [self._stand_in(a) for a in op.args]
        elif all(i in self._constant for i in op.reads) and (op.reads or op.name in lower.CREATION):
            args = settled(self.operand(op.args))
        else:
            return False
        array = op.function(*args, **settled(self.operand(op.kwargs)))
        self.where[v.index] = Held(np.asarray(array))
        self._constant.add(v.index)
        return True

    def _lowered(self, op: Op) -> bool:
        """Whether a rule turned the operation into steps."""
        form = self.forms.get(op.function)
        by_form: Any = getattr(form, "lower", None)
        return (by_form is not None and by_form(self, op)) or lower.lowered(self, op)

    def _stand_in(self, x: Any) -> Any:
        v = self.value(x)
        return x if v is None else np.empty(v.shape, v.dtype)

    def opaque(self, op: Op) -> None:
        """The function as it is, called at every replay; or now, if it gives a view of what is
        always there."""
        args, kwargs = self.operand(op.args), self.operand(op.kwargs)
        views = [o for o in op.outs if o is not None and self.values[o].root != o]
        made = [o for o in op.outs if o is not None]
        pure = op.live is None and not op.writes
        if pure and made and len(views) == len(made) and static((args, kwargs)):
            whole = Derived(
                op.function, args, kwargs, None if op.many else _like(self.values[made[0]])
            )
            for i, o in enumerate(op.outs):
                if o is not None and o not in self.where:
                    self.where[o] = Part(whole, i) if op.many else whole
            return
        results: list[Variable | None] = []
        for o in op.outs:
            if o is None:
                results.append(None)
                continue
            shared: frozenset[Any] = frozenset()
            if self.values[o].root != o:
                shared = frozenset().union(*[x.buffers for x in operands((args, kwargs))])
            fresh = pure and self.values[o].root == o
            variable = Variable(f"t{o}", shared, _like(self.values[o]), fresh)
            results.append(variable)
            if o not in self.where:
                self.where[o] = variable
        form = self.forms.get(op.function)
        function = op.function if form is None or hasattr(form, "lower") else form
        self.steps.append(
            Step(function, args, kwargs, results=results, many=op.many, live=op.live, pure=pure)
        )


def _is_dense(v: Value) -> bool:
    """Whether the array fills a stretch of memory, in whatever order of its axes."""
    if v.dtype.kind not in "biufc":
        return False
    expected = v.dtype.itemsize
    for n, stride in sorted(zip(v.shape, v.strides or (), strict=True), key=lambda p: p[1]):
        if n == 1:
            continue
        if stride != expected:
            return n == 0
        expected *= n
    return True


def _like(v: Value) -> tuple[Any, Any, bool]:
    return v.shape, v.dtype, v.strides == in_order(v.shape, v.dtype.itemsize)


def plan(tape: Tape, inputs: Sequence[int], outputs: Sequence[int]) -> Replay:
    """The function of the input arrays that does what the tape says and returns the outputs."""
    made = Plan(tape, inputs, outputs)
    _, loose = allocate(made.steps, made.planned)
    return compose(made.steps, made.inputs, made.outputs, loose)


def compiled(tape: Tape, inputs: Sequence[int], outputs: Sequence[int]) -> Replay:
    """The same with compiled loops in the place of elementwise steps, and with programs for
    several threads; it takes seconds to make where they are not kept from an earlier run."""
    return prepared(tape, inputs, outputs)()


def prepared(tape: Tape, inputs: Sequence[int], outputs: Sequence[int]) -> Callable[[], Replay]:
    """What makes a compiled replay when all that takes long is done. It tries products, so no
    other thread may ask for any meanwhile."""
    from .. import programs
    from ..compiled import chains, formulas, indexing, norms, optimizers, pooling

    forms = {}
    for kind in (formulas, indexing, norms, optimizers, pooling, programs):
        forms.update(kind.FORMS)
    made = Plan(tape, inputs, outputs, forms)
    steps = chains.fuse(made.steps, made.outputs, least=1)
    steps = programs.gathered(steps, made.inputs)
    _, loose = allocate(steps, made.planned)
    programs.warm(steps)

    def finish() -> Replay:
        done = programs.programs(steps, made.outputs, loose)
        return compose(done, made.inputs, made.outputs, loose)

    return finish
