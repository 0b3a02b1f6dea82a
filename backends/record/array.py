"""Recorded: an array that computes as always while a tape notes what it does."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

_WAY_OUT = {
    "bool": "use backprop.where in the place of the branch, or decide outside the function",
    "float": "return the Tensor, and look at its value outside the function",
    "index": "pass the number as an argument (each new one makes a recording of its own)",
    "array": "return the Tensor, and convert it outside the function",
    "shape": "choose elements by backprop.where, or multiply by the mask",
}


def refuse(what: str, kind: str) -> Any:
    """Raise: a recording cannot look at values."""
    from .tape import CaptureError, where

    raise CaptureError(
        f"{what}: while a step is recorded its values cannot be looked at, since a replay would "
        f"have others{where()}; {_WAY_OUT[kind]}"
    )


class Recorded:
    """An array of any library, wrapped.

    Attributes:
        array: the bare array.
        index: its number on the tape.
    """

    __slots__ = ("__weakref__", "array", "index", "tape")
    __array_ufunc__ = None  # NumPy's arrays leave an operation with one of these to us

    def __init__(self, array: Any, index: int, tape: Any) -> None:
        self.array, self.index, self.tape = array, index, tape

    @property
    def shape(self) -> Any:
        return self.array.shape

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return len(self.array.shape)

    @property
    def size(self) -> int:
        return int(self.array.size)

    @property
    def device(self) -> Any:
        return self.array.device

    @property
    def T(self) -> Any:
        return self.tape.call(_transposed, (self,))

    @property
    def mT(self) -> Any:
        return self.tape.call(_matrix_transposed, (self,))

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        from ..registry import namespace

        return namespace(self)

    def __getitem__(self, key: Any, /) -> Any:
        if any(_is_mask(k) for k in (key if isinstance(key, tuple) else (key,))):
            refuse("an index of truth values", "shape")
        return self.tape.call(operator.getitem, (self, key))

    def __setitem__(self, key: Any, value: Any, /) -> None:
        if key is Ellipsis and value is self:
            return  # the end of `x[...] += y`, which is done
        if key is Ellipsis and type(value) is Recorded and _same(self.array, value.array):
            return
        self.tape.call(operator.setitem, (self, key, value), writes=(0,))

    def __len__(self) -> int:
        return len(self.array)

    def __bool__(self) -> bool:
        return bool(refuse("bool", "bool"))

    def __float__(self) -> float:
        return float(refuse("float", "float"))

    def __int__(self) -> int:
        return int(refuse("int", "float"))

    def __complex__(self) -> complex:
        return complex(refuse("complex", "float"))

    def __index__(self) -> int:
        return int(refuse("index", "index"))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return refuse("numpy()", "array")

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any:
        return refuse("__dlpack__", "array")

    def item(self) -> Any:
        return refuse("item()", "float")

    def tolist(self) -> Any:
        return refuse("tolist()", "array")

    def __repr__(self) -> str:
        return f"<recorded %{self.index} of {self.dtype}, shape {tuple(self.shape)}>"

    __hash__ = object.__hash__


def _transposed(x: Any) -> Any:
    return x.T


def _matrix_transposed(x: Any) -> Any:
    return x.mT


def _is_mask(key: Any) -> bool:
    return hasattr(key, "dtype") and "bool" in str(key.dtype) and len(key.shape) > 0


def _same(a: Any, b: Any) -> bool:
    """Whether two arrays are the same elements of the same memory."""
    from ..registry import of

    return (
        a.shape == b.shape
        and getattr(a, "strides", 0) == getattr(b, "strides", 1)
        and of(a).span(a) == of(b).span(b)
    )


def _infix(function: Callable[..., Any]) -> tuple[Any, Any]:
    def straight(self: Any, other: Any) -> Any:
        return self.tape.call(function, (self, other))

    def reflected(self: Any, other: Any) -> Any:
        return self.tape.call(function, (other, self))

    return straight, reflected


def _in_place(function: Callable[..., Any]) -> Any:
    def changed(self: Any, other: Any) -> Any:
        self.tape.call(function, (self, other), writes=(0,))
        return self

    return changed


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or",
              "xor", "lshift", "rshift"):  # fmt: skip
    _function = getattr(operator, f"__{_name}__")
    _straight, _reflected = _infix(_function)
    setattr(Recorded, f"__{_name}__", _straight)
    setattr(Recorded, f"__r{_name}__", _reflected)
    setattr(Recorded, f"__i{_name}__", _in_place(getattr(operator, f"__i{_name}__")))
for _name in ("lt", "le", "eq", "ne", "gt", "ge"):
    setattr(Recorded, f"__{_name}__", _infix(getattr(operator, f"__{_name}__"))[0])
for _name in ("neg", "pos", "abs", "invert"):
    _one = getattr(operator, f"__{_name}__")
    setattr(Recorded, f"__{_name}__", lambda self, _one=_one: self.tape.call(_one, (self,)))
