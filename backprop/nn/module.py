"""Module: parameters, buffers and submodules under one name, and a forward pass."""

from __future__ import annotations

from reprlib import recursive_repr
from typing import Any

from ..defaults import as_dtype, backend_for, get_default_dtype
from ..tensor import Tensor
from . import state
from .condition import Condition
from .hooks import Hooked, watchers
from .hooks import watch as watch
from .parameter import Buffer, Parameter

__all__ = ["Buffer", "Module", "Parameter"]


class Module(Condition, Hooked):
    """The base of all layers and networks.

    A subclass assigns parameters and submodules to attributes in `__init__` and defines
    `forward`. They are found by looking at the attributes, in the order of assignment.

    >>> import backprop as bp
    >>> class Net(bp.nn.Module):
    ...     def __init__(self):
    ...         self.hidden = bp.nn.Linear(2, 3)
    ...         self.out = bp.nn.Linear(3, 1)
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x).relu())
    >>> [name for name, _ in Net().named_parameters()]
    ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
    """

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._hooks is None:
            out = self.forward(*args, **kwargs)
        else:
            out = self._hooks.run(self, args, kwargs)
        for watcher in watchers:
            watcher(self, out)
        return out

    # --------------------------------------------------------------------- its state

    def state_dict(self, *, prefix: str = "", keep_vars: bool = False) -> dict[str, Tensor]:
        """The parameters and buffers by name, sharing the module's memory.

        Args:
            prefix: what the names begin with, its dot included.
            keep_vars: give the parameters themselves, not Tensors without a history.
        """
        found = state.entries(self, prefix)
        return {name: e.value if keep_vars else e.value.detach() for name, e in found}

    def load_state_dict(
        self, state_dict: Any, strict: bool = True, assign: bool = False
    ) -> state.LoadResult:
        """Take parameters and buffers over from a mapping of names to Tensors or arrays.

        Args:
            state_dict: the mapping.
            strict: whether names that are missing or unexpected are an error.
            assign: put the given arrays in the parameters' place, with their dtype and device,
                instead of copying the values. (An optimizer made before goes on with the old ones.)

        Raises:
            ValueError: names are missing or unexpected (with strict), or shapes or kinds of dtype
                differ. All of them are named, and nothing is loaded.
        """
        return state.load(self, state_dict, strict, assign)

    # -------------------------------------------------------------------- its picture

    def summary(self, *input_shape: int) -> str:
        """A table of the layers and their parameters; with an input shape, of output shapes too.

        >>> import backprop as bp
        >>> print(bp.nn.Sequential(bp.nn.Linear(2, 3), bp.nn.ReLU()).summary(1, 2))
        layer          output parameters
        0 Linear(2, 3) (1, 3)          9
        1 ReLU()       (1, 3)          0
        total                          9
        """
        from .summary import summary

        return summary(self, input_shape)

    def extra_repr(self) -> str:
        """The arguments to show between the parentheses of the repr."""
        return ""

    @recursive_repr("...")
    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = [f"({k}): {v!r}" for k, v in self.named_children(remove_duplicate=False)]
        if not lines and "\n" not in extra:
            return f"{type(self).__name__}({extra})"
        inside = "\n".join([*([extra] if extra else []), *lines]).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inside}\n)"


def factory(dtype: Any, device: Any) -> dict[str, Any]:
    """The keywords for making a layer's parameters: what was asked, else the defaults."""
    return {"dtype": as_dtype(dtype or get_default_dtype()), "device": backend_for(device).name}
