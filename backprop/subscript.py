"""Reading and setting parts of a Tensor: `x[index]`, `x[index] = value`."""

from __future__ import annotations

import sys
from typing import Any
from weakref import getweakrefcount

import numpy as np

import backends
from backends import kernels

from . import mistakes, rules
from .changes import overwritten
from .graph import Box, Leaf, mode
from .index import explain, ndim_of, normal
from .methods import Methods
from .rules.operands import kind

Tensor = Any  # what these return; tensor.py makes it of this class


class Subscript(Methods):
    """`x[1:]`, `x[mask]`, `x[rows]`, and the same on the left of `=`."""

    __slots__ = ()

    in_place = False
    """Whether `x[index] = value` overwrites memory that others share, as it does a variable's
    under `no_grad`: for classes whose memory is a part of something larger."""

    def __getitem__(self, key: Any, /) -> Tensor:
        """The part of the tensor that an index says; differentiable.

        The index is NumPy's: integers, slices, None, Ellipsis, lists or arrays of integers and
        of truth values. Where an element is taken more than once its gradients add up. On a GPU
        nobody looks at the integers in arrays: those beyond the ends wrap around.
        """
        data = self.data
        index = (key,) if type(key) is int else normal(key, data)
        if isinstance(index, bool):  # a new axis, of length 1 or 0
            return rules.getitem(self, index=(None, ...))[: int(index)]
        try:
            if isinstance(index, tuple) and len(index) == 1 and hasattr(index[0], "dtype"):
                return self._rows(index[0])
            return rules.getitem(self, index=index)
        except (IndexError, ValueError) as error:
            explain(index, tuple(data.shape), error)
            raise

    def _rows(self, index: Any) -> Tensor:
        """x[index] for one array of integers: gradients are added faster than in general."""
        shape = tuple(index.shape)
        if len(shape) == 1:
            return rules.take(self, Box.make(index, None), axis=0)
        flat = backends.namespace(index).reshape(index, (-1,))
        rows = rules.take(self, Box.make(flat, None), axis=0)
        return rules.reshape(rows, shape=(*shape, *self.data.shape[1:]))

    def __setitem__(self, key: Any, value: Any, /) -> None:
        """Give the tensor other values at an index; they are broadcast and cast to its dtype.

        What was computed from the tensor before keeps its values and its gradients, and other
        tensors that share its memory keep theirs: this tensor gets a new array and a new place in
        the graph. (An array that nothing else refers to is overwritten.)

        A variable (a leaf that requires a gradient) can be assigned to under `no_grad` only, and
        its memory is then overwritten. Under `no_grad` no tensor's place in the graph changes.
        """
        leaf = self.node if type(self.node) is Leaf else None
        if leaf is not None and mode.recording:
            raise RuntimeError(
                "x[index] = value: x is a variable (a leaf that requires a gradient), and its "
                "gradient belongs to its present values; assign to a copy (x = x.clone()), or "
                "under backprop.no_grad()"
            )
        index = (key,) if type(key) is int else normal(key, self.data)
        if isinstance(index, bool):
            if not index:
                return
            index = (...,)
        value = prepared(self, index, value, "x[index] = value")
        try:
            if leaf is not None or self.in_place:
                self._overwrite(index, value)
                return
            out = rules.set_at(self, value, index=index, reuse=_is_alone(self))
        except (IndexError, ValueError) as error:
            explain_value(self, index, value, "x[index] = value", error)
            raise
        self.data = out.data
        if mode.recording:
            self.node = out.node

    def _overwrite(self, index: Any, value: Any) -> None:
        if isinstance(self.data, np.generic):  # NumPy's way of returning a 0-d result: immutable
            self.data = np.asarray(self.data)
        kernels.put(self.data, value.data if isinstance(value, Box) else value, index=index)
        overwritten(self.data, self.node)


def prepared(x: Box, index: Any, value: Any, what: str) -> Any:
    """A value to be assigned to x[index]: a Tensor of x's dtype with no more axes, or a number."""
    if isinstance(value, Box):
        if type(value.data) is not type(x.data):
            mistakes.together(rules.set_at, (x, value))
        if value.data.dtype != x.data.dtype:
            _refuse_complex(x, kind(value.data), what)
            source = value if kind(x.data) in "fc" else Box.make(value.data, None)
            value = rules.astype(source, dtype=x.data.dtype)
        shape = tuple(value.data.shape)
        extra = len(shape) - ndim_of(index, len(x.data.shape)) if shape else 0
        if extra > 0 and all(n == 1 for n in shape[:extra]):
            value = rules.reshape(value, shape=shape[extra:])
    elif isinstance(value, (bool, int, float, complex)):
        _refuse_complex(x, "c" if isinstance(value, complex) else "f", what)
    else:
        name = f"{type(value).__module__}.{type(value).__name__}".removeprefix("builtins.")
        raise TypeError(
            f"{what}: value is a {name}, wanted a Tensor or a Python number; "
            "wrap it first: backprop.asarray(value)"
        )
    return value


def _refuse_complex(x: Box, value_kind: str, what: str) -> None:
    if value_kind == "c" and kind(x.data) != "c":
        raise TypeError(
            f"{what}: got a complex value for x of {x.data.dtype}; "
            "take a part of it first: backprop.real, imag or abs"
        )


def explain_value(x: Box, index: Any, value: Any, what: str, error: Exception) -> None:
    """Raise a clearer error where the index or the value's shape is at fault."""
    explain(index, tuple(x.data.shape), error)
    if isinstance(value, Box):
        given = tuple(value.data.shape)
        wanted = tuple(kernels.getitem(x.data, index=index).shape)
        fits = len(given) <= len(wanted) and all(
            n in (1, m) for n, m in zip(given[::-1], wanted[::-1], strict=False)
        )
        if not fits:
            raise ValueError(
                f"{what}: value has shape {given}, wanted one that broadcasts to {wanted}"
            ) from error


def _references(box: Box) -> int:
    return sys.getrefcount(box.data) if hasattr(sys, "getrefcount") else 0


_ONE_OWNER = _references(Box(np.empty(0)))
"""What `_references` says of an array that nothing but its box refers to."""


def _is_alone(x: Box) -> bool:
    """Whether nothing but x can see its array, so that overwriting it shows nowhere else.

    A node that saved the array, another tensor, a NumPy variable or a view (which refers to its
    base) all count as references; the memory of a view or of something foreign has a base.
    """
    return (
        type(x.data) is np.ndarray
        and x.data.base is None
        and _references(x) == _ONE_OWNER != 0
        and not getweakrefcount(x.data)
        and x.data.flags.writeable
    )
