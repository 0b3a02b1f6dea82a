"""The gate around a call of a module that has backward hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..function import Function
from ..graph import mode
from ..tensor import Tensor

if TYPE_CHECKING:
    from .hooks import Hooks


class Gate:
    """Stands around one call of a module and shows the backward hooks what passes.

    Inputs and outputs go through a Function that changes nothing. On the way back the one around
    the outputs knows the gradient by them, the one around the inputs that by them.
    """

    def __init__(self, hooks: Hooks, module: Any) -> None:
        self.hooks, self.module = hooks, module
        self.inputs, self.outputs = 0, 0
        self.entered: list[int] | None = None  # the places of Tensors among the inputs
        self.left: list[int] = []
        self.of_outputs: tuple[Any, ...] | None = None

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.inputs = len(args)
        args, self.entered = _through(_Inputs, self, args)
        return args

    def leave(self, out: Any) -> Any:
        outs = out if isinstance(out, tuple) else (out,)
        self.outputs = len(outs)
        outs, left = _through(_Outputs, self, outs)
        if left is None:
            return out
        self.left = left
        if not isinstance(out, tuple):
            return outs[0]
        return type(out)(*outs) if hasattr(out, "_fields") else outs

    def gradients_of_outputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        whole = _spread(grads, self.left, self.outputs)
        for hook in list(self.hooks.before_backward):
            whole = self._replaced(hook.call(self.module, whole), whole, "pre-hook", "output")
        if self.entered is None:  # no input wants a gradient: this is all there is to see
            none = (None,) * self.inputs
            for hook in list(self.hooks.backward):
                given = self._replaced(hook.call(self.module, none, whole), none, "hook", "input")
                if any(g is not None for g in given):
                    raise RuntimeError(
                        f"{type(self.module).__name__}: a backward hook returned a gradient, but "
                        "no input of the module requires one; return None"
                    )
        else:
            self.of_outputs = whole
        return tuple(whole[i] for i in self.left)

    def gradients_of_inputs(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        if self.of_outputs is None:  # a path that did not pass the outputs: a second derivative
            return grads
        whole = _spread(grads, self.entered or [], self.inputs)
        for hook in list(self.hooks.backward):
            found = hook.call(self.module, whole, self.of_outputs)
            whole = self._replaced(found, whole, "hook", "input")
        self.of_outputs = None
        return tuple(whole[i] for i in self.entered or [])

    def _replaced(self, given: Any, before: tuple[Any, ...], hook: str, of: str) -> Any:
        if given is None:
            return before
        given = (given,) if isinstance(given, Tensor) else tuple(given)
        if len(given) != len(before):
            raise RuntimeError(
                f"{type(self.module).__name__}: a backward {hook} returned {len(given)} gradients, "
                f"wanted {len(before)}: one for each {of} (None where there is none)"
            )
        return given


def _through(
    function: type[Function], gate: Gate, values: tuple[Any, ...]
) -> tuple[tuple[Any, ...], list[int] | None]:
    """The values with their Tensors led through the Function, and where these stand; None where
    no gradient will come."""
    at = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not mode.recording or not any(values[i].requires_grad for i in at):
        return values, None
    passed = iter(function.apply(gate, *[values[i] for i in at]))
    return tuple(next(passed) if isinstance(v, Tensor) else v for v in values), at


def _spread(grads: tuple[Any, ...], at: list[int], size: int) -> tuple[Any, ...]:
    whole: list[Any] = [None] * size
    for i, g in zip(at, grads, strict=True):
        whole[i] = g
    return tuple(whole)


class _Outputs(Function):
    """Nothing but a place to see gradients from: those by a module's outputs."""

    fills = False
    """Whether hooks see zeros, not None, for Tensors that no gradient reaches: as in PyTorch."""

    @classmethod
    def forward(cls, ctx: Any, gate: Gate, *tensors: Any) -> Any:
        ctx.gate = gate
        ctx.set_materialize_grads(cls.fills)
        needs = ctx.needs_input_grad[1:]
        ctx.mark_non_differentiable(*[t for t, n in zip(tensors, needs, strict=True) if not n])
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return (None, *ctx.gate.gradients_of_outputs(grads))


class _Inputs(_Outputs):
    """The same for a module's inputs."""

    fills = True

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        return (None, *ctx.gate.gradients_of_inputs(grads))
