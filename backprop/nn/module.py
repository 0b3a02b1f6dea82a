"""Module: parameters, buffers and submodules under one name, and a forward pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from reprlib import recursive_repr
from typing import Any, NamedTuple, TypeVar

from ..changes import overwritten
from ..defaults import as_dtype, backend_for, get_default_dtype
from ..tensor import Tensor, asarray

__all__ = ["Buffer", "Module", "Parameter"]

M = TypeVar("M", bound="Module")
_watchers: list[Callable[[Module, Any], None]] = []


class Parameter(Tensor):
    """A Tensor that a module learns.

    >>> import backprop as bp
    >>> bp.nn.Parameter(bp.zeros(2)).requires_grad
    True
    """

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True) -> None:
        super().__init__(asarray(data).data, None)
        self.requires_grad_(requires_grad)

    def move(self, dtype: Any, device: Any) -> None:
        """Take the parameter and its gradient to another dtype or device, in place."""
        grad = self.grad
        moved = _moved(self.detach(), dtype, device)
        if moved.data is self.data:
            return
        wanted = self.requires_grad
        self.data, self.node = moved.data, None
        self.requires_grad_(wanted)
        if grad is not None:
            self.grad = _moved(grad.detach(), dtype, device)


class Buffer(Tensor):
    """A Tensor that belongs to a module's state but is not learned."""

    __slots__ = ("persistent",)

    def __init__(self, data: Any, persistent: bool = True) -> None:
        super().__init__(asarray(data).data, None)
        self.persistent = persistent


def _moved(x: Tensor, dtype: Any, device: Any) -> Tensor:
    if dtype is not None and x.dtype.kind == "f":
        x = x.astype(dtype)
    return x if device is None else x.to_device(device)


class LoadResult(NamedTuple):
    """What `load_state_dict` found beside what it loaded."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
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

    training = True

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        out = self.forward(*args, **kwargs)
        for watch in _watchers:
            watch(self, out)
        return out

    # ------------------------------------------------------------ what it is made of

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The submodules one level down, by attribute."""
        return ((k, v) for k, v in vars(self).items() if isinstance(v, Module))

    def children(self) -> Iterator[Module]:
        return (m for _, m in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with dotted names."""
        seen: set[int] = set()
        stack = [(prefix, self)]
        while stack:
            name, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield name, module
            below = [(f"{name}.{k}" if name else k, m) for k, m in module.named_children()]
            stack += reversed(below)

    def modules(self) -> Iterator[Module]:
        return (m for _, m in self.named_modules())

    def _named(self, kind: type, prefix: str) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        for name, module in self.named_modules(prefix):
            for key, value in vars(module).items():
                if isinstance(value, kind) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{name}.{key}" if name else key), value

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and all below it, each once, with dotted names."""
        return self._named(Parameter, prefix)

    def parameters(self) -> Iterator[Parameter]:
        return (p for _, p in self.named_parameters())

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Buffer]]:
        return self._named(Buffer, prefix)

    def buffers(self) -> Iterator[Buffer]:
        return (b for _, b in self.named_buffers())

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make a Tensor part of the module's state without learning it."""
        self._register(name, None if tensor is None else Buffer(tensor, persistent), Buffer)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """Make a parameter part of the module under a name."""
        self._register(name, parameter, Parameter)

    def add_module(self, name: str, module: Module) -> None:
        """Make a module part of this one under a name."""
        self._register(name, module, Module)

    def _register(self, name: str, value: Any, kind: type) -> None:
        where = type(self).__name__
        if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name):
            raise ValueError(
                f"{where}: name: got {name!r}, wanted one without dots that is no attribute "
                f"of every {where}"
            )
        if not isinstance(value, kind) and (value is not None or kind is Module):
            also = (
                " (a function such as relu has a module too: nn.ReLU())" if callable(value) else ""
            )
            raise TypeError(
                f"{where}: {name} is a {type(value).__name__}, wanted a {kind.__name__}{also}"
            )
        setattr(self, name, value)

    # ----------------------------------------------------------------- its condition

    def train(self: M, mode: bool = True) -> M:
        """Behave as in training (dropout drops) or, with False, as in use; returns itself."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: M) -> M:
        """Behave as in use."""
        return self.train(False)

    def to(self: M, *args: Any) -> M:
        """Take the parameters and buffers to a device, a dtype, or both; returns itself.

        model.to("cuda"), model.to(bp.float64), model.to("cuda", bp.float64)
        """
        dtype = device = None
        for a in args:
            if a is None:
                continue
            try:
                dtype = as_dtype(a)
            except TypeError:
                device = backend_for(a).name
        if dtype is not None and dtype.name not in ("float32", "float64"):
            raise TypeError(f"dtype: got {dtype}, wanted float32 or float64")
        for parameter in self.parameters():
            parameter.move(dtype, device)
        for buffer in self.buffers():
            buffer.data = _moved(buffer, dtype, device).data
        return self

    def float(self: M) -> M:
        return self.to("float32")

    def double(self: M) -> M:
        return self.to("float64")

    def cpu(self: M) -> M:
        return self.to("cpu")

    def cuda(self: M) -> M:
        return self.to("cuda")

    def requires_grad_(self: M, wanted: bool = True) -> M:
        """Learn the parameters, or freeze them; returns itself."""
        for p in self.parameters():
            p.requires_grad_(wanted)
        return self

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for p in self.parameters():
            p.grad = None

    def apply(self: M, function: Callable[[Module], Any]) -> M:
        """Call the function on every module, those below first; returns itself."""
        for module in reversed(list(self.modules())):
            function(module)
        return self

    # --------------------------------------------------------------------- its state

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """Every parameter and persistent buffer under every name it has."""
        for prefix, module in self._all_names():
            for key, value in vars(module).items():
                if isinstance(value, Parameter) or (isinstance(value, Buffer) and value.persistent):
                    yield (f"{prefix}.{key}" if prefix else key), value

    def _all_names(
        self, prefix: str = "", above: tuple[Module, ...] = ()
    ) -> Iterator[tuple[str, Module]]:
        yield prefix, self
        above = (*above, self)
        for key, child in self.named_children():
            if child not in above:  # a module may hold one that holds it
                yield from child._all_names(f"{prefix}.{key}" if prefix else key, above)

    def state_dict(self) -> dict[str, Tensor]:
        """The parameters and buffers by name, sharing the module's memory."""
        return {name: value.detach() for name, value in self._state()}

    def load_state_dict(self, state: Any, strict: bool = True) -> LoadResult:
        """Take parameters and buffers over from a mapping of names to Tensors or arrays.

        Raises:
            ValueError: names are missing or unexpected (with strict), or shapes or kinds of dtype
                differ. All of them are named, and nothing is loaded.
        """
        own = dict(self._state())
        missing = [k for k in own if k not in state]
        unexpected = [k for k in state if k not in own]
        wrong, values = [], {}
        for name, target in own.items():
            if name in missing:
                continue
            value = asarray(state[name])
            if value.shape != target.shape:
                wrong.append(f"{name}: got shape {value.shape}, wanted {target.shape}")
            elif value.dtype.kind != target.dtype.kind:
                wrong.append(f"{name}: got dtype {value.dtype}, wanted {target.dtype}")
            values[name] = value
        if strict:
            wrong += [f"{k}: missing (shape {own[k].shape})" for k in missing]
            wrong += [f"{k}: unexpected, {type(self).__name__} has none" for k in unexpected]
        if wrong:
            lines = "\n  ".join(wrong)
            raise ValueError(
                f"load_state_dict: the state does not fit {type(self).__name__}:\n  {lines}"
            )
        for name, value in values.items():
            target = own[name]
            target.data[...] = asarray(value, dtype=target.dtype, device=target.device).data
            overwritten(target.data, target.node)
        return LoadResult(missing, unexpected)

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
        children = [f"  ({k}): {v!r}".replace("\n", "\n  ") for k, v in self.named_children()]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        return "\n".join([f"{type(self).__name__}(", *children, ")"])


@contextmanager
def watch(callback: Callable[[Module, Any], None]) -> Iterator[None]:
    """In this context, `callback(module, output)` is called whenever a module has run."""
    _watchers.append(callback)
    try:
        yield
    finally:
        _watchers.remove(callback)


def factory(dtype: Any, device: Any) -> dict[str, Any]:
    """The keywords for making a layer's parameters: what was asked, else the defaults."""
    return {"dtype": as_dtype(dtype or get_default_dtype()), "device": backend_for(device).name}
