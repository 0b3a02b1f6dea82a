"""Recorded: an array that computes as always while a tape notes what it does."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NoReturn

_WAY_OUT = {
    "bool": "use backprop.where in the place of the branch, or decide outside the function",
    "float": "return the Tensor, and look at its value outside the function",
    "index": "pass the number as an argument (each new one makes a recording of its own)",
    "array": "return the Tensor, and convert it outside the function",
    "shape": "choose elements by backprop.where, or multiply by the mask",
}


_BY_VALUE = frozenset({
    "nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values", "unique",
    "argwhere", "flatnonzero",
})  # fmt: skip


def refuse(what: str, kind: str) -> Any:
    """Raise: a recording cannot look at values."""
    from .errors import CaptureError, where
    from .tape import current

    said = (
        f"{what}: while a step is recorded its values cannot be looked at, since a replay would "
        f"have others{where()}; {_WAY_OUT[kind]}"
    )
    if (tape := current()) is not None:
        tape.refused = said
    raise CaptureError(said)


def refuse_value(array: Any, what: str) -> None:
    """Raise if the array is a recorded one, whose value `what` wants to know."""
    if type(array) is Recorded and array.tape.open:
        refuse(what, "bool" if what == "bool" else "float")


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
        return self.tape.call(transposed, (self,))

    @property
    def mT(self) -> Any:
        return self.tape.call(matrix_transposed, (self,))

    def __array_namespace__(self, /, *, api_version: str | None = None) -> Any:
        from ..registry import namespace

        return namespace(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        refuse_attribute(name)

    def __getitem__(self, key: Any, /) -> Any:
        refuse_masks(key)
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
        return bool(self._value("a branch on a value", "bool"))

    def __float__(self) -> float:
        return float(self._value("float()", "float"))

    def __int__(self) -> int:
        return int(self._value("int()", "float"))

    def __complex__(self) -> complex:
        return complex(self._value("complex()", "float"))

    def __index__(self) -> int:
        return operator.index(self._value("a Tensor for a Python integer", "index"))

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        return self._value("a copy to the host", "array").__array__(*args, **kwargs)

    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any:
        return self._value("__dlpack__", "array").__dlpack__(*args, **kwargs)

    def __dlpack_device__(self) -> Any:
        return self.array.__dlpack_device__()

    def _value(self, what: str, kind: str) -> Any:
        """The array inside, once the recording is over."""
        return refuse(what, kind) if self.tape.open else self.array

    def __repr__(self) -> str:
        return f"<recorded %{self.index} of {self.dtype}, shape {tuple(self.shape)}>"

    __hash__ = object.__hash__


def refuse_attribute(name: str) -> NoReturn:
    """Raise for what arrays of some library have and others have not."""
    from .errors import NoAttributeError, where

    raise NoAttributeError(
        f"data.{name}: while a step is recorded a Tensor's data has only what the Array API "
        f"standard gives an array{where()}; use the Tensor's own methods"
    )


def refuse_by_value(function: str) -> None:
    """Raise for a function whose result's shape depends on values."""
    if function in _BY_VALUE:
        refuse(function, "shape")


def refuse_masks(key: Any) -> None:
    """Raise for truth values among an index: how many they choose is not known beforehand."""
    if any(_is_mask(k) for k in (key if isinstance(key, tuple) else (key,))):
        refuse("an index of truth values", "shape")


def transposed(x: Any) -> Any:
    return x.T


def matrix_transposed(x: Any) -> Any:
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
