"""Tensor: an array that remembers how it came to be."""

from __future__ import annotations

import cmath
import copy
import sys
import warnings
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np

import backends
from backends import record

from . import names, rules
from .autodiff import backward
from .changes import overwritten
from .conversion import bare, cast, home
from .defaults import as_dtype, backend_for, default_complex, get_default_dtype, native
from .graph import Box, Leaf
from .primitive import Primitive
from .rule import vjp
from .subscript import Subscript

VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12", "2025.12")
"""The versions of the Array API standard; each takes in what those before it ask."""


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

    def __init__(self, data: Any, node: Any = None) -> None:
        if type(data) is list:  # as in PyTorch
            raise TypeError("Tensor: data: got a list, wanted an array; use backprop.asarray(data)")
        self.data = data
        self.node = node

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
        dtype = self.data.dtype
        return dtype if isinstance(dtype, np.dtype) else as_dtype(dtype)

    @property
    def device(self) -> str:
        """ "cpu", "cuda:0", ..."""
        return backends.of(self.data).name

    def __array_namespace__(self, /, *, api_version: str | None = None) -> ModuleType:
        """The module of functions that work on Tensors: `backprop`, as the standard wants it."""
        if api_version not in (None, *VERSIONS):
            raise ValueError(
                f"api_version: got {api_version!r}, wanted one of {', '.join(VERSIONS)}"
            )
        return sys.modules[__package__]

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
        node = self.node
        if type(node) is Leaf:
            return node.grad  # type: ignore[return-value]
        if node is not None:
            warnings.warn(
                "grad: only a variable (a leaf that requires a gradient) gathers one, and this "
                f"tensor is the result of {node.primitive.name}; for the gradient by a result use "
                "backprop.autodiff.gradients, and to update a variable in place, `w -= step` "
                "under backprop.no_grad()",
                stacklevel=2,
            )
        return None

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

    def __dlpack__(
        self, /, *, stream: Any = None, max_version: tuple[int, int] | None = None,
        dl_device: Any = None, copy: bool | None = None,
    ) -> Any:  # fmt: skip
        """The array for another library to take over without a copy, by its `from_dlpack`."""
        if self.node is not None:
            raise BufferError(
                "__dlpack__: this tensor requires a gradient, which no other library would carry "
                "on; use .detach()"
            )
        given = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        said = {name: value for name, value in given.items() if value is not None}
        array = _exportable(self.data)
        stays = dl_device in (None, array.__dlpack_device__())
        if copy is False and not stays:
            raise BufferError(f"__dlpack__: copy: got False, but {dl_device} is another device")
        if copy and stays:
            del said["copy"]  # CuPy makes one on its way to the host only
            array = backends.namespace(array).asarray(array, copy=True)
        return array.__dlpack__(**said)

    def __dlpack_device__(self, /) -> tuple[Any, int]:
        """The kind of the device's memory and the device's number, as DLPack counts them."""
        return _exportable(self.data).__dlpack_device__()

    def item(self) -> Any:
        """The one number inside, as Python's."""
        return self._one("item")

    def _one(self, caller: str) -> Any:
        if self.size != 1:
            raise ValueError(f"{caller}: got shape {self.shape}, wanted a tensor of one element")
        record.refuse_value(self.data, caller)
        return self.detach().numpy().reshape(()).item()

    def tolist(self) -> Any:
        return self.detach().numpy().tolist()

    def to_device(self, device: Any, /, *, stream: Any = None) -> Tensor:
        """The tensor on another device (itself where it is there already); differentiable.

        The copy is made on the devices' current streams: `stream` must be None.
        """
        if stream is not None:
            raise ValueError(
                f"to_device: stream: got {stream!r}, wanted None; "
                "make the stream the current one instead: with stream: x.to_device(...)"
            )
        target = backend_for(device).name
        if target == self.device:
            return self
        return _transfer(self, device=target, source=self.device)

    def astype(self, dtype: Any, /) -> Tensor:
        """The tensor in another dtype (itself where it has that one); differentiable between
        floating-point ones, real or complex."""
        wanted, kind = as_dtype(dtype), self.dtype.kind
        if wanted == self.dtype:
            return self
        if kind == "c" and wanted.kind not in "cb":
            raise TypeError(
                f"astype: got {self.dtype} to become {wanted}, wanted a complex dtype; "
                "take a part of it first: backprop.real, imag or abs"
            )
        if kind == "c" and wanted.kind == "b":  # which some libraries think forbidden
            return rules.not_equal(self, 0)
        out = rules.astype(self, dtype=native(wanted, backends.of(self.data)))
        return out if wanted.kind in "fc" else out.detach()

    def to(self, *args: Any, dtype: Any = None, device: Any = None) -> Tensor:
        """In another dtype, on another device, or both: `x.to("cuda")`, `x.to(bp.float64)`."""
        out = self
        for a in args:
            try:
                out = out.astype(as_dtype(a))
            except TypeError:
                out = out.to_device(a)
        out = out if dtype is None else out.astype(dtype)
        return out if device is None else out.to_device(device)

    def cpu(self) -> Tensor:
        return self.to_device("cpu")

    def cuda(self) -> Tensor:
        return self.to_device("cuda")

    def _real(self, function: str) -> Any:
        """The one real number inside."""
        if self.dtype.kind == "c":
            raise TypeError(
                f"{function}: got dtype {self.dtype}, wanted a real one; "
                "take a part of it first: backprop.real, imag or abs"
            )
        return self._one(function)

    def __complex__(self, /) -> complex:
        value = complex(self._one("complex"))  # the standard makes both parts of NaN that
        return complex("nan+nanj") if cmath.isnan(value) and self.dtype.kind != "c" else value

    def __float__(self, /) -> float:
        return float(self._real("float"))

    def __int__(self, /) -> int:
        return int(self._real("int"))

    def __index__(self, /) -> int:
        if self.dtype.kind not in "iu":
            raise TypeError(f"index: got dtype {self.dtype}, wanted an integer")
        return int(self.item())

    def __bool__(self, /) -> bool:
        if self.size != 1:
            raise ValueError(
                f"the truth of a tensor of shape {self.shape} is ambiguous; use .any() or .all()"
            )
        return bool(self._one("bool"))

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d tensor")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        n = len(self)
        if self.node is not None:  # as one node, for which the backward pass needs one array
            return iter(rules.unstack(self, axis=0))
        return (self[i, ...] for i in range(n))

    def __format__(self, spec: str, /) -> str:
        """f"{loss:.3f}" for a single number; the whole tensor's text without a spec."""
        return format(self._one(f"format {spec!r}"), spec) if spec else repr(self)

    def __repr__(self) -> str:
        text = np.array2string(self.detach().numpy(), separator=", ", prefix="tensor(", precision=4)
        parts = [text]
        if self.size == 0 and self.shape != (0,):
            parts.append(f"shape={self.shape}")
        usual = (get_default_dtype(), default_complex(), np.dtype("int64"), np.dtype("bool"))
        if self.dtype not in usual or (self.size == 0 and self.dtype != get_default_dtype()):
            parts.append(f"dtype={self.dtype}")
        if self.device != "cpu":
            parts.append(f"device={self.device!r}")
        if type(self.node) is Leaf:
            parts.append("requires_grad=True")
        elif self.node is not None:
            name = getattr(self.node.primitive, "name", "?")
            parts.append(f"made_by={name!r}")
        return f"tensor({', '.join(parts)})"

    def __dir__(self) -> list[str]:
        return names.without_advice(type(self), super().__dir__())

    def __copy__(self) -> Tensor:
        """A tensor that shares the memory; of a variable, a variable with a gradient of its own."""
        out = object.__new__(type(self))
        out.data, out.node = self.data, self.node
        if type(self.node) is Leaf:
            out.node = Leaf(self.data)
        if hasattr(self, "__dict__"):  # of a class of the user's
            out.__dict__.update(self.__dict__)
        return out

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        if not self.is_leaf:
            raise RuntimeError(
                "deepcopy: this tensor is a result of an operation, and a copy would lose its "
                "history; use .detach(), or .clone() for a copy with history"
            )
        out = memo[id(self)] = copy.copy(self)
        out.data = _copy(self.data)
        if self.grad is not None:
            out.grad = self.grad.detach().clone()
        if hasattr(self, "__dict__"):
            out.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return out

    def __reduce__(self) -> Any:
        """What pickle keeps: the values, the device, whether it is a variable and its gradient.
        A result of an operation comes back without its history."""
        variable = type(self.node) is Leaf
        grad = self.grad.detach().numpy() if variable and self.grad is not None else None
        given = type(self), self.detach().numpy(), self.device, variable, grad
        return _unpickle, given, getattr(self, "__dict__", None) or None

    def zero_(self) -> Tensor:
        """Overwrite the values with zeros, in place; returns itself: `x.grad.zero_()`."""
        return self.copy_(zeros_like(self))

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
        overwritten(self.data, self.node)
        return self


Box.make = Tensor


def _move(x: Any, *, device: str, source: str) -> Any:
    return backends.get(device).from_host(backends.of(x).to_host(x))


_copy = Primitive("copy", "x", lambda x: backends.namespace(x).asarray(x, copy=True))
vjp(_copy, lambda g: g)
_transfer = Primitive("to_device", "x", _move)
vjp(_transfer, lambda g, device, source: _transfer(g, device=source, source=device))


def _exportable(data: Any) -> Any:
    """NumPy's 0-d results are scalars, which cannot be exported."""
    return np.asarray(data) if isinstance(data, np.generic) else data


def _unpickle(
    kind: type[Tensor], array: np.ndarray, device: str, variable: bool, grad: np.ndarray | None
) -> Tensor:
    backend = backends.get(device)
    out = object.__new__(kind)
    out.data = backend.from_host(array)
    out.node = Leaf(out.data) if variable else None
    if grad is not None:
        out.grad = Tensor(backend.from_host(grad))
    return out


def asarray(
    obj: Any,
    /,
    *,
    dtype: Any = None,
    device: Any = None,
    copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:
    """A Tensor of an array, a number or nested sequences of numbers.

    Args:
        obj: an array, or anything else with a buffer, keeps its dtype and, unless `device` says
            otherwise, shares its memory. Python's floats become the default dtype (float32), its
            complex numbers the complex one (complex64), its integers int64.
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
        out = obj if device is None else obj.to_device(device)
        out = out if dtype is None else out.astype(dtype)
        if copy is False and out is not obj:
            raise ValueError(f"asarray: copy: got False, but {_changed(obj, out)} needs a copy")
        if copy and out.dtype == obj.dtype:  # a cast made a new array, a move perhaps not
            out = _copy(out)
        if requires_grad:
            out = Tensor(out.data).requires_grad_()
        return out
    array, new = bare(obj, dtype)
    if new and copy is False:
        raise ValueError(f"asarray: copy: got False, but a {type(obj).__name__} has no array in it")
    backend = home(array, device)
    if backends.of(array) is not backend:
        if copy is False:
            raise ValueError(f"asarray: copy: got False, but moving to {backend.name} needs a copy")
        array, new = backend.from_host(backends.of(array).to_host(array)), backend.name != "cpu"
    wanted = native(dtype, backend)
    if wanted is not None and array.dtype != wanted:
        array = cast(array, wanted, backend, copy)
    elif copy and not new:
        with backend.on_device():
            array = backend.xp.asarray(array, copy=True)
    out = Tensor(array)
    return out.requires_grad_() if requires_grad else out


def _changed(x: Tensor, out: Tensor) -> str:
    return f"moving to {out.device}" if out.device != x.device else f"casting to {out.dtype}"


def _like(function: str, x: Any, dtype: Any, device: Any) -> Tensor:
    if not isinstance(x, Tensor):
        raise TypeError(f"{function}: x is a {type(x).__name__}, wanted a Tensor")
    backend = backends.of(x.data) if device is None else backend_for(device)
    wanted = native(x.dtype if dtype is None else dtype, backend)
    with backend.on_device():
        make = getattr(backend.xp, function.removesuffix("_like"))
        return Tensor(make(x.shape, dtype=wanted, device=backend.device))


def zeros_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Zeros in the shape, dtype and place of x."""
    return _like("zeros_like", x, dtype, device)


def empty_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """An array in the shape, dtype and place of x whose values are not set."""
    return _like("empty_like", x, dtype, device)
