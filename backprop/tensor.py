"""Tensor: an array that remembers how it came to be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

import backends

from . import rules
from .autodiff import backward
from .defaults import as_dtype, backend_for, get_default_dtype, native
from .graph import Box, Leaf, touch
from .primitive import Primitive
from .rule import vjp
from .subscript import Subscript


class Tensor(Subscript):
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
