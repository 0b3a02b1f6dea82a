"""An array library's namespace whose functions are noted by the tape that is recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from .. import registry
from .array import Recorded, refuse_by_value

_NO_ARRAYS = frozenset({
    "finfo", "iinfo", "isdtype", "result_type", "can_cast", "broadcast_shapes", "dtype", "Device",
    "__array_namespace_info__", "shape", "ndim", "size",
})  # fmt: skip
"""Functions that ask about arrays and dtypes, and compute nothing."""


class Noted:
    """The namespace of a library as `namespace(x)` gives it for recorded arrays.

    Attributes:
        unnoted: the library's own.
    """

    def __init__(self, real: Any) -> None:
        self.unnoted = real

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.unnoted, name)
        if isinstance(value, (ModuleType, type)) or not callable(value):
            out: Any = Noted(value) if isinstance(value, ModuleType) else value
        elif name in _NO_ARRAYS:
            out = _unnoted(value)
        else:
            out = _noted(name, value)
        setattr(self, name, out)
        return out


def _unnoted(function: Callable[..., Any]) -> Callable[..., Any]:
    from .tape import bare

    def ask(*args: Any, **kwargs: Any) -> Any:
        return function(*bare(args), **bare(kwargs))

    return ask


def _noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    from .tape import current

    def call(*args: Any, **kwargs: Any) -> Any:
        tape = current()
        if tape is None:  # another thread's
            return function(*args, **kwargs)
        refuse_by_value(name)
        if name == "asarray" and type(args[0]) is Recorded and not kwargs:
            return args[0]
        return tape.call(function, args, kwargs)

    call.__name__ = name
    return call


@contextmanager
def watched() -> Iterator[None]:
    """In this context every backend's namespace is a noted one."""
    changed = []
    for backend in list(registry._loaded.values()):
        changed.append((backend, backend.xp))
        backend.xp = Noted(backend.xp)
    try:
        yield
    finally:
        for backend, xp in changed:
            backend.xp = xp
