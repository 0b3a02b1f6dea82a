"""Tensor: an array that remembers how it came to be."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import backends

from . import rules
from .autodiff import backward
from .defaults import as_dtype, backend_for, get_default_dtype, native
from .graph import Box, Leaf, touch
from .primitive import Primitive
from .rule import vjp


class Tensor(Box):
    """An array of any backend, with the node of the graph that made it.

    Made by `backprop.asarray`, by the creation functions and by every operation. `data` is the
    array inside, `node` the node (None where no gradient is wanted).

    >>> import backprop as bp
    >>> x = bp.asarray([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad.tolist()
    [2.0, 4.0]
    """

    __slots__ = ()
    __array_ufunc__ = None  # `array + tensor` is ours to refuse, not NumPy's to take apart

    # ------------------------------------------------------------------ what it is

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.data.shape)

    @property
    def ndim(self) -> int:
        return len(self.data.shape)

    @property
    def size(self) -> int:
        return int(self.data.size)

    @property
    def dtype(self) -> np.dtype[Any]:
        return as_dtype(self.data.dtype)

    @property
    def device(self) -> str:
        """ "cpu", "cuda:0", ..."""
        return backends.of(self.data).name

    @property
    def requires_grad(self) -> bool:
        """Whether operations on it are recorded. Can be set on a tensor no operation made."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, wanted: bool = True) -> Tensor:
        """Make it a variable that gathers a gradient (or stop that); returns itself."""
        if self.node is not None and type(self.node) is not Leaf:
            if not wanted:
                raise RuntimeError("requires_grad: this tensor is a result; use .detach() instead")
        elif not wanted:
            self.node = None
        elif self.node is None:
            if self.dtype.kind not in "fc":
                raise TypeError(
                    f"requires_grad: got dtype {self.dtype}, wanted a floating-point one; "
                    "convert it first: x.astype(backprop.float32)"
                )
            self.node = Leaf(self.data)
        return self

    @property
    def is_leaf(self) -> bool:
        return self.node is None or type(self.node) is Leaf

    @property
    def grad(self) -> Tensor | None:
        """The gradient gathered by `backward`; may be set to None or to a Tensor.

        A parameter's gradient is a view of its optimizer's arena, which the next backward
        overwrites: to keep it, clone it.
        """
        return self.node.grad if type(self.node) is Leaf else None  # type: ignore[return-value]

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        leaf = self.node
        if type(leaf) is not Leaf:
            if value is None:
                return
            raise RuntimeError("grad: only a variable (a leaf that requires a gradient) has one")
        if value is None:
            leaf.grad = None
            return
        value = asarray(value, dtype=self.dtype, device=self.device)
        if value.shape != self.shape:
            raise ValueError(f"grad: got shape {value.shape}, wanted the tensor's, {self.shape}")
        if leaf.slot is not None and value.data is not leaf.slot.data:
            leaf.slot.data[...] = value.data
            value = leaf.slot  # type: ignore[assignment]
        leaf.grad = value

    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: bool | None = None,
        create_graph: bool = False,
    ) -> None:
        """Add d self / d x to `x.grad` for every variable x; see `backprop.autodiff.backward`."""
        backward(self, gradient, retain_graph=retain_graph, create_graph=create_graph)

    def detach(self) -> Tensor:
        """The same array without its history."""
        return Tensor(self.data)

    def clone(self) -> Tensor:
        """A copy, with history."""
        return asarray(self, copy=True)

    # ------------------------------------------------------- to and from elsewhere

    def numpy(self) -> np.ndarray:
        """The array as NumPy's. A variable must be detached first, as in PyTorch."""
        if self.node is not None:
            raise RuntimeError("numpy: this tensor requires a gradient; use .detach().numpy()")
        return np.asarray(backends.of(self.data).to_host(self.data))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def item(self) -> Any:
        """The one number inside, as Python's."""
        if self.size != 1:
            raise ValueError(f"item: got shape {self.shape}, wanted a tensor of one element")
        return self.detach().numpy().reshape(()).item()

    def tolist(self) -> Any:
        return self.detach().numpy().tolist()

    def to_device(self, device: Any, /) -> Tensor:
        """The tensor on another device (itself where it is there already); differentiable."""
        target = backend_for(device).name
        if target == self.device:
            return self
        return _transfer(self, device=target, source=self.device)

    def astype(self, dtype: Any, /) -> Tensor:
        """The tensor in another dtype; differentiable between floating-point ones."""
        wanted = as_dtype(dtype)
        if wanted == self.dtype:
            return self
        out = rules.astype(self, dtype=native(wanted, backends.of(self.data)))
        return out if wanted.kind in "fc" else out.detach()

    def to(self, *args: Any) -> Tensor:
        """In another dtype, on another device, or both: `x.to("cuda")`, `x.to(bp.float64)`."""
        out = self
        for a in args:
            try:
                out = out.astype(as_dtype(a))
            except TypeError:
                out = out.to_device(a)
        return out

    def float(self) -> Tensor:
        return self.astype("float32")

    def double(self) -> Tensor:
        return self.astype("float64")

    def cpu(self) -> Tensor:
        return self.to_device("cpu")

    def cuda(self) -> Tensor:
        return self.to_device("cuda")

    def __float__(self) -> float:  # type: ignore[valid-type]
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __index__(self) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"index: got dtype {self.dtype}, wanted an integer")
        return int(self.item())

    def __bool__(self) -> bool:
        if self.size != 1:
            raise ValueError(f"the truth of a tensor of shape {self.shape} is ambiguous")
        return bool(self.item())

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i, ...] for i in range(len(self)))

    def __repr__(self) -> str:
        text = np.array2string(self.detach().numpy(), separator=", ", prefix="tensor(", precision=4)
        parts = [text]
        if self.dtype not in (get_default_dtype(), np.dtype("int64"), np.dtype("bool")):
            parts.append(f"dtype={self.dtype}")
        if self.device != "cpu":
            parts.append(f"device={self.device!r}")
        if type(self.node) is Leaf:
            parts.append("requires_grad=True")
        elif self.node is not None:
            name = getattr(self.node.primitive, "name", "?")
            parts.append(f"made_by={name!r}")
        return f"tensor({', '.join(parts)})"

    __hash__ = object.__hash__

    # ------------------------------------------------------------------- operators

    def __add__(self, other: Any) -> Tensor:
        return rules.add(self, other)

    def __radd__(self, other: Any) -> Tensor:
        return rules.add(self, other)

    def __sub__(self, other: Any) -> Tensor:
        return rules.subtract(self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return rules.subtract(other, self)

    def __mul__(self, other: Any) -> Tensor:
        return rules.multiply(self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return rules.multiply(self, other)

    def __truediv__(self, other: Any) -> Tensor:
        return rules.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return rules.divide(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return rules.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return rules.power(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return rules.matmul(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return rules.matmul(other, self)

    def __neg__(self) -> Tensor:
        return rules.negative(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return rules.abs(self)

    def __eq__(self, other: Any) -> Any:
        return rules.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        return rules.not_equal(self, other)

    def __lt__(self, other: Any) -> Tensor:
        return rules.less(self, other)

    def __le__(self, other: Any) -> Tensor:
        return rules.less_equal(self, other)

    def __gt__(self, other: Any) -> Tensor:
        return rules.greater(self, other)

    def __ge__(self, other: Any) -> Tensor:
        return rules.greater_equal(self, other)

    def __and__(self, other: Any) -> Tensor:
        return rules.logical_and(_truth(self, "&"), _truth(other, "&"))

    def __or__(self, other: Any) -> Tensor:
        return rules.logical_or(_truth(self, "|"), _truth(other, "|"))

    def __invert__(self) -> Tensor:
        return rules.logical_not(_truth(self, "~"))

    def __getitem__(self, index: Any) -> Tensor:
        if isinstance(index, (Tensor, np.ndarray, list)):
            index = asarray(index, device=self.device)
            if index.dtype.kind in "iu":
                rows = rules.take(self, index.reshape(index.size), axis=0)
                return rows if index.ndim == 1 else rows.reshape(*index.shape, *self.shape[1:])
        return rules.getitem(self, index=_bare(index, self.device))

    # --------------------------------------------------- methods PyTorch users expect

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.mean(self, axis=axis, keepdims=keepdims)

    def max(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return rules.min(self, axis=axis, keepdims=keepdims)

    def argmax(self, axis: int | None = None, keepdims: bool = False) -> Tensor:
        return rules.argmax(self, axis=axis, keepdims=keepdims)

    def exp(self) -> Tensor:
        return rules.exp(self)

    def log(self) -> Tensor:
        return rules.log(self)

    def sqrt(self) -> Tensor:
        return rules.sqrt(self)

    def tanh(self) -> Tensor:
        return rules.tanh(self)

    def sigmoid(self) -> Tensor:
        return rules.sigmoid(self)

    def relu(self) -> Tensor:
        return rules.relu(self)

    def abs(self) -> Tensor:
        return rules.abs(self)

    def pow(self, exponent: Any) -> Tensor:
        return rules.power(self, exponent)

    def mm(self, other: Tensor) -> Tensor:
        return rules.matmul(self, other)

    matmul = mm

    def reshape(self, *shape: Any) -> Tensor:
        wanted = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        return rules.reshape(self, shape=tuple(wanted))

    view = reshape

    def flatten(self, start_dim: int = 0) -> Tensor:
        kept = self.shape[:start_dim]
        return self.reshape(*kept, math.prod(self.shape[len(kept) :]))

    def permute(self, *axes: int) -> Tensor:
        return rules.permute_dims(self, axes=tuple(axes))

    def unsqueeze(self, axis: int) -> Tensor:
        if not -self.ndim - 1 <= axis <= self.ndim:
            raise IndexError(f"axis: got {axis} for a new axis of shape {self.shape}")
        at = axis % (self.ndim + 1)
        return self.reshape(*self.shape[:at], 1, *self.shape[at:])

    def squeeze(self, axis: int) -> Tensor:
        if self.shape[axis] != 1:
            raise ValueError(f"squeeze: axis {axis} of shape {self.shape} is not of length 1")
        at = axis % self.ndim
        return self.reshape(*self.shape[:at], *self.shape[at + 1 :])

    def expand(self, *shape: int) -> Tensor:
        return rules.broadcast_to(self, shape=tuple(shape))

    def expand_as(self, other: Tensor) -> Tensor:
        return self.expand(*other.shape)

    @property
    def mT(self) -> Tensor:
        """Its last two axes exchanged."""
        return rules.matrix_transpose(self)

    @property
    def T(self) -> Tensor:
        """The transpose of a matrix."""
        if self.ndim != 2:
            raise ValueError(f"T: got shape {self.shape}, wanted a matrix; use .mT or .permute")
        return rules.matrix_transpose(self)

    def t(self) -> Tensor:
        return self.T

    def copy_(self, source: Any) -> Tensor:
        """Overwrite the values in place, without a trace in the graph; returns itself."""
        if self.node is not None and type(self.node) is not Leaf:
            raise RuntimeError("copy_: this tensor is a result of an operation, wanted a leaf")
        data = asarray(source, dtype=self.dtype, device=self.device).data
        if tuple(data.shape) != self.shape:
            raise ValueError(f"copy_: got shape {tuple(data.shape)}, wanted {self.shape}")
        if isinstance(self.data, np.generic):  # NumPy's way of returning a 0-d result: immutable
            self.data = np.asarray(self.data)
        self.data[...] = data
        if type(self.node) is Leaf:
            touch(self.node)
        return self


Box.make = Tensor


def _bare(index: Any, device: str) -> Any:
    if isinstance(index, tuple):
        return tuple(_bare(i, device) for i in index)
    if isinstance(index, (Tensor, np.ndarray, list)):
        return asarray(index, device=device).data
    return index


def _truth(x: Any, operator: str) -> Any:
    if not isinstance(x, bool) and not (isinstance(x, Tensor) and x.dtype.kind == "b"):
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"{operator}: got {kind}, wanted truth values")
    return x


def _move(x: Any, *, device: str, source: str) -> Any:
    return backends.get(device).from_host(backends.of(x).to_host(x))


_copy = Primitive("copy", "x", lambda x: backends.namespace(x).asarray(x, copy=True))
vjp(_copy, lambda g: g)
_transfer = Primitive("to_device", "x", _move)
vjp(_transfer, lambda g, device, source: _transfer(g, device=source, source=device))


def asarray(
    obj: Any,
    /,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A Tensor of an array, a number or nested lists of numbers.

    Args:
        obj: an array keeps its dtype and, unless `device` says otherwise, shares its memory;
            Python floats become the default dtype (float32), Python integers int64.
        dtype: wanted dtype; None keeps it.
        device: "cpu", "cuda", ...; None leaves an array of a GPU where it is and puts the rest
            on the default device.
        copy: True: always a new array; False: an error where one would be needed; None: if needed.
        requires_grad: make it a variable that gathers a gradient.

    >>> import numpy as np
    >>> asarray(np.zeros(3)).dtype
    dtype('float64')
    >>> asarray([1.0, 2.0]).dtype
    dtype('float32')
    """
    if isinstance(obj, Tensor):
        out = obj
        if device is not None:
            out = out.to_device(device)
        if dtype is not None:
            out = out.astype(dtype)
        if copy and out is obj:
            out = _copy(out)
        if requires_grad:
            out = Tensor(out.data)
    else:
        array = _host(obj, dtype) if _is_host(obj) else obj
        if isinstance(array, np.ndarray):
            if array.dtype.kind not in "biufc":
                raise TypeError(
                    f"asarray: got {type(obj).__name__} of {array.dtype}, wanted numbers"
                )
            if not array.dtype.isnative:  # as some file formats store them
                array = array.astype(array.dtype.newbyteorder("="))
        backend = _home(array, device)
        if backends.of(array) is not backend:
            if copy is False:
                raise ValueError(f"copy: got False, but moving to {backend.name} needs a copy")
            array = backend.from_host(backends.of(array).to_host(array))
        wanted = native(dtype, backend)
        if copy is not None or (wanted is not None and array.dtype != wanted):
            array = backend.xp.asarray(array, dtype=wanted, copy=copy)
        out = Tensor(array)
    return out.requires_grad_() if requires_grad else out


def _is_host(obj: Any) -> bool:
    try:
        backends.of(obj)
    except TypeError:
        return True
    return isinstance(obj, np.generic)


def _host(obj: Any, dtype: Any) -> np.ndarray:
    """Numbers and nested sequences of them as a NumPy array of the default kind."""
    if isinstance(obj, (list, tuple)) and any(isinstance(v, Tensor) for v in obj):
        if any(isinstance(v, Tensor) and v.node is not None for v in obj):
            raise ValueError(
                "asarray: got Tensors that require a gradient, which a copy would cut off; "
                "join them with backprop.stack, or detach them"
            )
        obj = [v.detach().numpy() if isinstance(v, Tensor) else v for v in obj]
    try:
        array = np.asarray(obj)
    except ValueError as error:
        raise ValueError(f"asarray: got rows of different lengths ({error})") from error
    keeps = isinstance(obj, (np.ndarray, np.generic))
    if not keeps and array.dtype.kind == "f" and dtype is None:
        array = array.astype(get_default_dtype())
    return array


def _home(array: Any, device: Any) -> backends.Backend:
    here = backends.of(array)
    if device is None and here.name != "cpu":
        return here
    return backend_for(device)


def zeros_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Zeros in the shape, dtype and place of x."""
    backend = backends.of(x.data) if device is None else backend_for(device)
    return Tensor(
        backend.xp.zeros(x.shape, dtype=native(dtype or x.dtype, backend), device=backend.device)
    )
