"""Parts: what a module is made of, found by looking at its attributes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..tensor import Tensor
from . import attributes
from .clock import clock
from .parameter import Buffer, Parameter

if TYPE_CHECKING:
    from .module import Module


class Parts:
    """Parameters, buffers and submodules under the names of attributes."""

    _has_places = True  # for modules that are not there (yet); a list of modules has none

    def __setattr__(self, name: str, value: Any) -> None:
        clock.ticks += 1
        own = self.__dict__
        if (
            isinstance(value, _PARTS)
            or isinstance(own.get(name), _PARTS)
            or (attributes.ABSENT in own and name in own[attributes.ABSENT])
        ):
            value = attributes.settle(self, name, value, Parts)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        clock.ticks += 1
        object.__delattr__(self, name)
        self.__dict__.get(attributes.ABSENT, {}).pop(name, None)

    def named_children(self, remove_duplicate: bool = True) -> Iterator[tuple[str, Module]]:
        """The submodules one level down, by attribute."""
        seen: set[int] = set()
        for key, value in list(vars(self).items()):
            if isinstance(value, _MODULE) and not (remove_duplicate and id(value) in seen):
                seen.add(id(value))
                yield key, value

    def children(self) -> Iterator[Module]:
        """The submodules one level down."""
        return (m for _, m in self.named_children())

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with dotted names.

        Args:
            memo: modules to leave out, to which those found are added.
            prefix: what the names begin with.
            remove_duplicate: list a module that has several names once, under the first.
        """
        return self._walk(set() if memo is None else memo, prefix, remove_duplicate, ())

    def _walk(
        self: Any, memo: set[Any], prefix: str, once: bool, above: tuple[Module, ...]
    ) -> Iterator[tuple[str, Module]]:
        if self in (memo if once else above):  # a module may hold one that holds it
            return
        memo.add(self)
        yield prefix, self
        for key, child in self.named_children(remove_duplicate=False):
            name = f"{prefix}.{key}" if prefix else key
            yield from child._walk(memo, name, once, (*above, self))

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        return (m for _, m in self.named_modules())

    def _named(
        self, kind: Any, prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        owners = self.named_modules(None, prefix, once) if recurse else [(prefix, self)]
        for name, module in owners:
            for key, value in list(vars(module).items()):
                if isinstance(value, kind) and not (once and id(value) in seen):
                    seen.add(id(value))
                    yield (f"{name}.{key}" if name else key), value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and (with recurse) all below it, with dotted names."""
        return self._named(Parameter, prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and (with recurse) all below it, each once."""
        return (p for _, p in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Buffer]]:
        """The buffers of this module and (with recurse) all below it, with dotted names."""
        return self._named(Buffer, prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Buffer]:
        """The buffers of this module and (with recurse) all below it, each once."""
        return (b for _, b in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module with this dotted name; "" is this one."""
        found: Any = self
        for part in target.split(".") if target else []:
            found = found._part(part, Parts, target)
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with this dotted name."""
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._part(name, Parameter, target)

    def get_buffer(self, target: str) -> Buffer:
        """The buffer with this dotted name."""
        path, _, name = target.rpartition(".")
        return self.get_submodule(path)._part(name, Buffer, target)

    def _part(self, name: str, kind: Any, target: str) -> Any:
        value = vars(self).get(name)
        if isinstance(value, kind):
            return value
        names = [k for k, v in vars(self).items() if isinstance(v, kind)]
        what = attributes.called(kind)
        raise AttributeError(
            f"{target!r}: {type(self).__name__} has no {what.lower()} {name!r}; it has "
            f"{', '.join(names) or 'none'}"
        )

    def set_submodule(self, target: str, module: Module) -> None:
        """Put a module in the place of the one with this dotted name."""
        path, _, name = target.rpartition(".")
        owner = self.get_submodule(path)
        owner._part(name, Parts, target)
        owner.add_module(name, module)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make a Tensor part of the module's state without learning it.

        None keeps the name for a buffer that is not there: a Tensor assigned later becomes it.
        """
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"{type(self).__name__}: {name} is a {type(tensor).__name__}, wanted a Tensor or "
                "None; wrap it: backprop.asarray(...)"
            )
        self._register(name, None if tensor is None else Buffer(tensor, persistent), Buffer)

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Make a parameter part of the module under a name; None keeps the name for one."""
        self._register(name, param, Parameter)

    def add_module(self, name: str, module: Module | None) -> None:
        """Make a module part of this one under a name; None keeps the name for one."""
        self._register(name, module, Parts)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as `add_module`."""
        self.add_module(name, module)

    def _register(self, name: str, value: Any, kind: Any) -> None:
        where = type(self).__name__
        if not isinstance(name, str) or not name or "." in name or hasattr(type(self), name):
            raise ValueError(
                f"{where}: name: got {name!r}, wanted one without dots that is no attribute "
                f"of every {where}"
            )
        if value is None and (kind is not Parts or self._has_places):
            attributes.declare(self, name, kind)
            return
        if not isinstance(value, kind):
            also = (
                " (a function such as relu has a module too: nn.ReLU())" if callable(value) else ""
            )
            what = attributes.called(kind)
            raise TypeError(f"{where}: {name} is a {type(value).__name__}, wanted a {what}{also}")
        setattr(self, name, value)


_MODULE: Any = Parts  # every module is one; named so that types say Module
_PARTS = (Parameter, Buffer, Parts)
