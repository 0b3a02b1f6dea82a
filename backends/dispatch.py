"""The one place where an implementation is chosen.

`kernels.relu(x)` runs, in this order of preference: the kernel `relu` of the folder of x's
device, if it takes x's dtype; the portable kernel `relu`; the array library's own `relu`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .record.array import Recorded, refuse_by_value, refuse_masks
from .registry import namespace, of

F = TypeVar("F", bound=Callable[..., Any])


def only(*dtypes: str) -> Callable[[F], F]:
    """Mark an override as written for some dtypes only; others get the portable kernel."""

    def mark(function: F) -> F:
        function.dtypes = frozenset(dtypes)  # type: ignore[attr-defined]
        return function

    return mark


def parameters(function: Any) -> tuple[str, ...]:
    """The names of a Python function's parameters. `inspect.signature` knows more kinds of
    callables and takes a tenth of the time of `import backprop`."""
    code = function.__code__
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def writes(*names: str) -> Callable[[F], F]:
    """Mark a kernel's specification as one that changes these arguments in place."""

    def mark(function: F) -> F:
        places = parameters(function)
        function.writes = tuple(places.index(n) for n in names)  # type: ignore[attr-defined]
        return function

    return mark


def dtype_name(dtype: Any) -> str:
    """'float32' for any library's float32."""
    return getattr(dtype, "name", None) or str(dtype).rpartition(".")[2]


def is_complex(dtype: Any) -> bool:
    """Whether it is one of a library's complex dtypes."""
    kind = getattr(dtype, "kind", None)
    return kind == "c" if kind else "complex" in str(dtype)


class Kernel:
    """A named operation on bare arrays. The first argument's type and dtype choose the code."""

    __slots__ = ("chosen", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.chosen: dict[tuple[type, Any], Callable[..., Any]] = {}

    def __call__(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            function = self.chosen[type(x), x.dtype]
        except KeyError:
            function = self.choose(x)
        return function(x, *args, **kwargs)

    def choose(self, x: Any) -> Callable[..., Any]:
        """The function for arrays of x's type and dtype, remembered in `chosen`."""
        function = self.implementation(x)
        if type(x) is not Recorded:
            self.chosen[type(x), x.dtype] = function
        return function

    def implementation(self, x: Any) -> Callable[..., Any]:
        """The function that serves arrays like x."""
        from . import portable

        if type(x) is Recorded:
            return self._noting(portable)
        override = getattr(of(x).overrides, self.name, None)
        if override is not None:
            dtypes = getattr(override, "dtypes", None)
            if dtypes is None or dtype_name(x.dtype) in dtypes:
                return override
        for home in (portable, namespace(x), getattr(namespace(x), "linalg", None)):
            if hasattr(home, self.name):
                return getattr(home, self.name)
        raise AttributeError(f"no kernel is called {self.name!r}, and {namespace(x)} has none")

    def _noting(self, portable: Any) -> Callable[..., Any]:
        """The function for recorded arrays: the one for the array inside, noted on the tape."""
        indexed = self.name == "getitem"
        written: tuple[int, ...] = getattr(getattr(portable, self.name, None), "writes", ())

        def call(x: Any, *args: Any, live: Any = None, **kwargs: Any) -> Any:
            if indexed:
                refuse_masks(kwargs["index"])
            refuse_by_value(self.name)
            first = x if type(x) is Recorded else next(a for a in args if type(a) is Recorded)
            a = first.array
            try:
                function = self.chosen[type(a), a.dtype]
            except KeyError:
                function = self.choose(a)
            return first.tape.call(function, (x, *args), kwargs, writes=written, live=live)

        return call

    def __repr__(self) -> str:
        return f"<kernel {self.name}>"


class Kernels:
    """`kernels.NAME` is the kernel of that name, made at first use."""

    def __getattr__(self, name: str) -> Kernel:
        if name.startswith("_"):
            raise AttributeError(name)
        kernel = Kernel(name)
        setattr(self, name, kernel)
        return kernel


kernels = Kernels()
