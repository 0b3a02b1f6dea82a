"""Hooks: functions of the user's that run when a module runs, forward or backward."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .clock import clock
from .gate import Gate

watchers: list[Callable[[Any, Any], None]] = []


@contextmanager
def watch(callback: Callable[[Any, Any], None]) -> Iterator[None]:
    """In this context, `callback(module, output)` is called whenever a module has run."""
    watchers.append(callback)
    try:
        yield
    finally:
        watchers.remove(callback)


class Hook:
    """One function, and how it wants to be called."""

    __slots__ = ("always", "call", "with_kwargs")

    def __init__(self, call: Callable[..., Any], with_kwargs: bool, always: bool) -> None:
        if not callable(call):
            raise TypeError(f"hook: got a {type(call).__name__}, wanted a function")
        self.call, self.with_kwargs, self.always = call, with_kwargs, always


class RemovableHandle:
    """What registering a hook returns: `remove()` takes the hook away again.

    It is a context manager too, which does so at its end.
    """

    def __init__(self, hooks: list[Hook], hook: Hook) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away; once is enough, more does no harm."""
        clock.ticks += 1
        self._hooks[:] = [h for h in self._hooks if h is not self._hook]

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, in the order they run."""

    __slots__ = ("after", "backward", "before", "before_backward")

    def __init__(self) -> None:
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.before_backward: list[Hook] = []
        self.backward: list[Hook] = []

    def all(self) -> tuple[Hook, ...]:
        """The hooks there are."""
        return (*self.before, *self.after, *self.before_backward, *self.backward)

    def run(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The module's forward pass with all its hooks."""
        left, out = list(self.after), None
        try:
            for hook in list(self.before):
                args, kwargs = _changed_inputs(hook, module, args, kwargs)
            gate = None
            if self.backward or self.before_backward:
                gate = Gate(self, module)
                args = gate.enter(args)
            out = module.forward(*args, **kwargs)
            while left:
                hook = left.pop(0)
                given = (args, kwargs, out) if hook.with_kwargs else (args, out)
                changed = hook.call(module, *given)
                out = out if changed is None else changed
            return out if gate is None else gate.leave(out)
        except Exception:
            for hook in left:
                if hook.always:
                    _run_after_failure(hook, module, args, kwargs, out)
            raise


def _changed_inputs(
    hook: Hook, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not hook.with_kwargs:
        changed = hook.call(module, args)
        if changed is None:
            return args, kwargs
        return changed if isinstance(changed, tuple) else (changed,), kwargs
    changed = hook.call(module, args, kwargs)
    if changed is None:
        return args, kwargs
    if not isinstance(changed, tuple) or len(changed) != 2:
        raise RuntimeError(
            f"{type(module).__name__}: a forward pre-hook with kwargs returned {changed!r}, "
            "wanted None or (args, kwargs)"
        )
    return changed


def _run_after_failure(hook: Hook, module: Any, args: Any, kwargs: Any, out: Any) -> None:
    """Run a hook with always_call after an error, which is the one that is to be seen."""
    try:
        hook.call(module, *((args, kwargs, out) if hook.with_kwargs else (args, out)))
    except Exception as error:
        warnings.warn(
            f"{type(module).__name__}: a forward hook with always_call raised {error!r} after the "
            "forward pass had failed; this error is passed over",
            stacklevel=4,
        )


class Hooked:
    """A module's hooks, and how they are registered."""

    _hooks: Hooks | None = None

    def _hook(self, kind: str, call: Any, prepend: bool, **how: bool) -> RemovableHandle:
        clock.ticks += 1
        if self._hooks is None:
            self._hooks = Hooks()
        hooks = getattr(self._hooks, kind)
        hook = Hook(call, how.get("with_kwargs", False), how.get("always_call", False))
        hooks.insert(0 if prepend else len(hooks), hook)
        return RemovableHandle(hooks, hook)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, args)` called before the forward pass.

        What it returns, unless None, takes the place of the positional arguments. With
        `with_kwargs` it is `hook(module, args, kwargs)` and may return (args, kwargs).
        """
        return self._hook("before", hook, prepend, with_kwargs=with_kwargs)

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:
        """Have `hook(module, args, output)` called after the forward pass.

        What it returns, unless None, takes the place of the output. With `with_kwargs` it is
        `hook(module, args, kwargs, output)`; with `always_call` it runs after an error too, with
        None for an output.

        >>> import backprop as bp
        >>> layer, shapes = bp.nn.Linear(2, 3), []
        >>> with layer.register_forward_hook(lambda m, args, out: shapes.append(out.shape)):
        ...     _ = layer(bp.zeros((4, 2)))
        >>> shapes
        [(4, 3)]
        """
        how = {"with_kwargs": with_kwargs, "always_call": always_call}
        return self._hook("after", hook, prepend, **how)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, grad_output)` called when the gradients by the outputs are known.

        What it returns, unless None, takes their place.
        """
        return self._hook("before_backward", hook, prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Have `hook(module, grad_input, grad_output)` called when the gradients by the module's
        positional inputs are known.

        Both are tuples, with None for what is no Tensor, and in grad_output for what nothing used.
        What the hook returns, unless None, takes the place of grad_input. Where no input requires a
        gradient, the hook runs with Nones for grad_input once grad_output is known.
        """
        return self._hook("backward", hook, prepend)
