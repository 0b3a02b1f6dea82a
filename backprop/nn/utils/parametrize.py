"""Parametrisation: a parameter of a module becomes a function of other parameters.

`register_parametrization(module, "weight", P)` moves the weight w into `P`'s care: the new
parameter (or parameters) is `P.right_inverse(w)`, and `module.weight` becomes P of it, computed
anew whenever it is asked for. The class of the module gets a property of that name for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from ...graph import no_grad
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import Buffer, Module, Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization",
    "remove_parametrizations", "type_before_parametrizations",
]  # fmt: skip

M = TypeVar("M", bound=Module)


class _Cache:
    """Values computed since the outermost `cached` was entered."""

    depth = 0
    values: dict[tuple[int, str], Tensor] = {}  # noqa: RUF012


@contextmanager
def cached() -> Iterator[None]:
    """In this context a parametrised parameter is computed once, at first use, and then kept.

    >>> import backprop as bp
    >>> layer = bp.nn.utils.parametrizations.weight_norm(bp.nn.Linear(2, 2))
    >>> layer.weight is layer.weight
    False
    >>> with bp.nn.utils.parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    _Cache.depth += 1
    try:
        yield
    finally:
        _Cache.depth -= 1
        if not _Cache.depth:
            _Cache.values = {}


class ParametrizationList(ModuleList):
    """The parametrisations of one parameter, in the order they are applied, and what they start
    from: `original`, or `original0`, `original1`, ... where the first one takes several Tensors.

    Args:
        modules: the parametrisations.
        original: the parameter (or buffer) they are put on.
        unsafe: let them change the shape or dtype.
    """

    def __init__(self, modules: Iterable[Module], original: Tensor, unsafe: bool = False) -> None:
        super().__init__(modules)
        if not len(self):
            raise ValueError("ParametrizationList: modules: got none, wanted at least one")
        self.unsafe = unsafe
        new = self._undone(original, strict=False)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        before = original.detach().clone()
        for name, value in zip(self._titles(), [new] if self.is_tensor else new, strict=True):
            if self.is_tensor and (value.shape, value.dtype) == (original.shape, original.dtype):
                setattr(self, name, original.copy_(value))  # itself: an optimizer may hold it
            elif isinstance(original, Parameter):
                setattr(self, name, Parameter(value.detach().clone(), original.requires_grad))
            else:
                setattr(self, name, Buffer(value.detach().clone()))
        if not unsafe:
            fitting(self[0], before, self())

    def _titles(self) -> list[str]:
        return ["original"] if self.is_tensor else [f"original{i}" for i in range(self.ntensors)]

    def _undone(self, value: Any, strict: bool) -> Any:
        """What the parametrisations would make the value of."""
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    value = module.right_inverse(value)
                elif strict:
                    raise RuntimeError(
                        f"{type(module).__name__}: it has no method right_inverse, wanted one to "
                        "assign a value through it"
                    )
        if not isinstance(value, Tensor) and not (
            isinstance(value, (tuple, list)) and all(isinstance(v, Tensor) for v in value)
        ):
            raise TypeError(
                f"right_inverse: returned a {type(value).__name__}, wanted a Tensor or several"
            )
        return value

    def originals(self) -> list[Tensor]:
        """The Tensors that the parametrisations start from."""
        return [vars(self)[name] for name in self._titles()]

    def right_inverse(self, value: Tensor) -> None:
        """Overwrite the originals so that the parameter becomes this value."""
        new = self._undone(value, strict=True)
        for own, part in zip(self.originals(), [new] if self.is_tensor else new, strict=True):
            own.copy_(part)

    def forward(self) -> Tensor:
        first, *others = self
        out: Tensor = first(*self.originals())
        for module in others:
            out = module(out)
        return out


def fitting(parametrization: Module, before: Tensor, after: Any) -> None:
    """Raise unless the parametrisation kept the kind, shape and dtype."""
    where = type(parametrization).__name__
    if not isinstance(after, Tensor):
        raise TypeError(f"{where}: returned a {type(after).__name__}, wanted a Tensor")
    if (after.shape, after.dtype) != (before.shape, before.dtype):
        raise ValueError(
            f"{where}: made shape {after.shape} and {after.dtype} of shape {before.shape} and "
            f"{before.dtype}, wanted the same (or unsafe=True)"
        )


def _held(module: Module) -> Any:
    """The module's parametrisations by name."""
    return vars(module)["parametrizations"]


def _property(name: str) -> property:
    def get(self: Module) -> Tensor:
        if not _Cache.depth:
            return _held(self)[name]()
        key = id(self), name
        if key not in _Cache.values:
            _Cache.values[key] = _held(self)[name]()
        return _Cache.values[key]

    def put(self: Module, value: Tensor) -> None:
        _held(self)[name].right_inverse(value)

    return property(get, put, doc="Computed by the module's parametrizations.")


def _rebuilt(base: Any, names: frozenset[str]) -> Module:
    module = base.__new__(base)
    module.__class__ = _class(base, names)
    return module


@cache
def _class(base: Any, names: frozenset[str]) -> type[Module]:
    """The class with properties of these names; copies and pickles name what it is made of."""

    def reduce(self: Module, protocol: Any) -> Any:
        return _rebuilt, (base, names), vars(self)

    own: dict[str, Any] = {"__reduce_ex__": reduce, "_before": base, "__module__": __name__}
    own |= {name: _property(name) for name in names}
    return type(f"Parametrized{base.__name__}", (base,), own)


def _reclass(module: Module) -> None:
    """Give the module the class that fits what is parametrised of it."""
    base: Any = type_before_parametrizations(module)
    names = frozenset(vars(module).get("parametrizations", ()))
    object.__setattr__(module, "__class__", _class(base, names) if names else base)


def type_before_parametrizations(module: Module) -> type[Module]:
    """The class that the module had before anything of it was parametrised."""
    return getattr(type(module), "_before", type(module))


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether the parameter of this name (None: any) is parametrised."""
    there = vars(module).get("parametrizations")
    if not isinstance(there, ModuleDict):
        return False
    return len(there) > 0 if tensor_name is None else tensor_name in there


def register_parametrization(
    module: M, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> M:
    """Make `module.tensor_name` what `parametrization` computes; returns the module.

    Args:
        module: the owner.
        tensor_name: the name of a parameter or buffer, which may be parametrised already.
        parametrization: a module that computes the parameter from a Tensor of the same shape. A
            method `right_inverse(value)` may say what to start from: one Tensor, or several, which
            are then its arguments.
        unsafe: let it change the shape or dtype.

    The new parameters are `module.parametrizations.NAME.original`, or `original0`, `original1`, ...

    >>> import backprop as bp
    >>> class Symmetric(bp.nn.Module):
    ...     def forward(self, x):
    ...         return (x + x.T) / 2
    >>> layer = bp.nn.Linear(3, 3)
    >>> layer = bp.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
    >>> bool(bp.all(layer.weight == layer.weight.T))
    True
    >>> [name for name, _ in layer.named_parameters()]
    ['bias', 'parametrizations.weight.original']
    """
    where = type(module).__name__
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        held = _held(module)[tensor_name]
        if not unsafe:
            before = held()
            fitting(parametrization, before, parametrization(before))
        held.append(parametrization)
        held.unsafe |= unsafe
        return module
    original = vars(module).get(tensor_name)
    if not isinstance(original, (Parameter, Buffer)):
        raise ValueError(
            f"register_parametrization: tensor_name: got {tensor_name!r}, wanted the name of a "
            f"parameter or buffer of {where}"
        )
    held = ParametrizationList([parametrization], original, unsafe)
    delattr(module, tensor_name)
    if "parametrizations" not in vars(module):
        module.add_module("parametrizations", ModuleDict())
    _held(module)[tensor_name] = held
    _reclass(module)
    return module


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make `module.tensor_name` a plain parameter again; returns the module.

    Args:
        module: the owner.
        tensor_name: the parameter's name.
        leave_parametrized: give it the value it has now; else that of the original.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(
            f"remove_parametrizations: tensor_name: got {tensor_name!r}, which is not parametrised "
            f"in {type(module).__name__}"
        )
    held = _held(module)[tensor_name]
    first = held.originals()[0]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach()
        if held.is_tensor and value.shape == first.shape:
            first.copy_(value)  # an optimizer may hold it
        else:
            wanted = first.requires_grad
            first = Parameter(value, wanted) if isinstance(first, Parameter) else Buffer(value)
    elif not held.is_tensor:
        raise ValueError(
            "remove_parametrizations: leave_parametrized: got False, wanted True: the parameter is "
            "made of several Tensors, none of which is the original"
        )
    del _held(module)[tensor_name]
    _reclass(module)
    if not len(_held(module)):
        delattr(module, "parametrizations")
    setattr(module, tensor_name, first)
    return module
