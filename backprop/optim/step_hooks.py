"""Functions of the user's that run before and after an optimizer's step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..nn.hooks import Hook, RemovableHandle


class Stepped:
    """An optimizer's hooks, in the order they run."""

    def __init__(self) -> None:
        self._before: list[Hook] = []
        self._after: list[Hook] = []

    def _changed_by_hooks(self, closure: Any) -> Any:
        args: tuple[Any, ...] = (self,) if closure is None else (self, closure)
        kwargs: dict[str, Any] = {}
        for hook in list(self._before):
            changed = hook.call(self, args, kwargs)
            if changed is None:
                continue
            if not isinstance(changed, tuple) or len(changed) != 2:
                raise RuntimeError(
                    f"{type(self).__name__}: a step pre-hook returned {changed!r}, wanted None or "
                    "(args, kwargs)"
                )
            args, kwargs = changed
        return args[1] if len(args) > 1 else kwargs.get("closure")

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) before each step.

        It may return changed (args, kwargs), the first of args the optimizer itself.
        """
        return self._registered(self._before, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call hook(optimizer, args, kwargs) after each step."""
        return self._registered(self._after, hook)

    def _registered(self, hooks: list[Hook], hook: Callable[..., Any]) -> RemovableHandle:
        hooks.append(Hook(hook, with_kwargs=True, always=False))
        return RemovableHandle(hooks, hooks[-1])
