"""A weight that a hook computes from other parameters before each forward pass."""

from __future__ import annotations

from typing import Any

from ...graph import no_grad
from ...tensor import Tensor
from ..module import Module, Parameter


class Recompute:
    """The hook. Subclasses say what the weight is, and how the names of its parts end."""

    parts: tuple[str, ...] = ()

    def __init__(self, name: str) -> None:
        self.name = name
        self.handle: Any = None

    def value(self, module: Any) -> Tensor:
        """The weight."""
        raise NotImplementedError

    def final(self, module: Any) -> Tensor:
        """The weight as it stays when the hook goes."""
        return self.value(module)

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.value(module))

    def attach(self, module: Module) -> None:
        """Compute the weight now, and before each forward pass."""
        setattr(module, self.name, self.value(module))
        self.handle = module.register_forward_pre_hook(self)

    @classmethod
    def of(cls, module: Module, name: str) -> Any:
        """The hook of this kind for the weight of that name, if there is one."""
        hooks = module._hooks.before if module._hooks is not None else ()
        found = [h.call for h in hooks if isinstance(h.call, cls) and h.call.name == name]
        return found[0] if found else None

    @classmethod
    def detach(cls, function: str, module: Module, name: str) -> None:
        """Take the hook away and make the weight a parameter."""
        hook = cls.of(module, name)
        if hook is None:
            raise ValueError(f"{function}: name: got {name!r}, which has none in {module}")
        with no_grad():
            weight = hook.final(module).detach().clone()
        for part in ("", *cls.parts):
            delattr(module, name + part)
        hook.handle.remove()
        module.register_parameter(name, Parameter(weight))


def parameter_of(function: str, module: Module, name: str, kind: type[Recompute]) -> Parameter:
    """The parameter of this name, if it has no hook of this kind yet."""
    if kind.of(module, name) is not None:
        raise RuntimeError(f"{function}: name: {name!r} has one already, wanted no second one")
    weight = vars(module).get(name)
    if not isinstance(weight, Parameter):
        raise ValueError(
            f"{function}: name: got {name!r}, wanted that of a parameter of {type(module).__name__}"
        )
    return weight
