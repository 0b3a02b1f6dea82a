"""New arrays."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np

import backends

from .. import rules
from ..defaults import (
    as_dtype,
    backend_for,
    complex128,
    default_complex,
    float64,
    get_default_dtype,
    int64,
    native,
)
from ..tensor import Tensor, asarray, empty_like, zeros_like
from ._check import tensor as _tensor
from ._shapes import integer, sizes

__all__ = [
    "arange", "asarray", "empty", "empty_like", "eye", "from_dlpack", "full", "full_like",
    "linspace", "meshgrid", "ones", "ones_like", "tensor", "tril", "triu", "zeros", "zeros_like",
]  # fmt: skip

Shape = int | tuple[int, ...]


def _make(
    name: str, *args: Any, dtype: Any, device: Any, requires_grad: bool, **kwargs: Any
) -> Tensor:
    backend = backend_for(device)
    function = getattr(backend.xp, name)
    with backend.on_device():
        array = function(*args, dtype=native(dtype, backend), device=backend.device, **kwargs)
    return _variable(Tensor(array), requires_grad)


def _variable(out: Tensor, requires_grad: bool) -> Tensor:
    return out.requires_grad_() if requires_grad else out


def _or_default(dtype: Any) -> Any:
    return get_default_dtype() if dtype is None else dtype


def _number(value: Any, function: str, name: str) -> Any:
    """The value as one of Python's numbers."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, int, float, complex)):
        return value
    if isinstance(value, Real):  # a fraction, say
        return int(value) if isinstance(value, Integral) else float(value)
    shown = type(value).__name__ if hasattr(value, "shape") else repr(value)
    raise TypeError(f"{function}: {name}: got {shown}, wanted a number")


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A Tensor with a copy of the data; PyTorch's name. See `asarray`, which shares memory.

    >>> tensor([1.0, 2.0], requires_grad=True)
    tensor([1., 2.], requires_grad=True)
    """
    data = data.detach() if isinstance(data, Tensor) else data
    out = asarray(data, dtype=dtype, device=device, copy=True)
    return asarray(out, requires_grad=requires_grad)


def zeros(
    shape: Shape, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros, of the default dtype unless `dtype` says otherwise.

    With `requires_grad`, here and in `ones`, `full`, `arange` and their like, the result is a
    variable that gathers a gradient.

    >>> zeros((2, 3)).shape
    (2, 3)
    """
    shape, dtype = sizes(shape, "zeros"), _or_default(dtype)
    return _make("zeros", shape, dtype=dtype, device=device, requires_grad=requires_grad)


def ones(
    shape: Shape, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones, of the default dtype unless `dtype` says otherwise."""
    shape, dtype = sizes(shape, "ones"), _or_default(dtype)
    return _make("ones", shape, dtype=dtype, device=device, requires_grad=requires_grad)


def empty(
    shape: Shape, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """An array whose values are not set: whatever was in that memory."""
    shape, dtype = sizes(shape, "empty"), _or_default(dtype)
    return _make("empty", shape, dtype=dtype, device=device, requires_grad=requires_grad)


def full(
    shape: Shape, fill_value: complex | Tensor, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """One value everywhere; its Python type gives the dtype unless `dtype` does.

    The value may be a Tensor of no axes too: its dtype and device are then the result's, unless
    these arguments say otherwise, and the result is differentiable in it.

    >>> full((2,), 3), full(2, 0.5)
    (tensor([3, 3]), tensor([0.5, 0.5]))
    """
    shape = sizes(shape, "full")
    if isinstance(fill_value, Tensor) and fill_value.ndim == 0:
        value = asarray(fill_value, dtype=dtype, device=device)
        return _variable(rules.broadcast_to(value, shape=shape).clone(), requires_grad)
    fill_value = _number(fill_value, "full", "fill_value")
    if dtype is None:
        dtype = _dtype_of_numbers(fill_value)
    wanted = as_dtype(dtype)
    if isinstance(fill_value, complex) and wanted.kind not in "cb":
        raise TypeError(f"full: fill_value: got {fill_value}, wanted a real number for {wanted}")
    if isinstance(fill_value, int) and wanted.kind in "iu":
        limits = np.iinfo(wanted)
        if not limits.min <= fill_value <= limits.max:
            raise OverflowError(f"full: fill_value: got {fill_value}, too large for {wanted}")
    if not fill_value and "-" in repr(fill_value):  # a zero that CuPy's loses the sign of
        value = asarray(fill_value, dtype=wanted, device=device)
        return _variable(rules.broadcast_to(value, shape=shape).clone(), requires_grad)
    return _make("full", shape, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


def _dtype_of_numbers(*values: Any) -> Any:
    """The dtype that the standard gives Python's numbers."""
    if any(isinstance(v, complex) for v in values):
        return default_complex()
    if any(isinstance(v, float) for v in values):
        return get_default_dtype()
    return np.dtype("bool") if all(isinstance(v, bool) for v in values) else int64


def ones_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones in the shape, dtype and place of x."""
    return full_like(_tensor(x, "ones_like"), 1, dtype=dtype, device=device)


def full_like(
    x: Tensor, /, fill_value: complex | Tensor, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """One value in the shape, dtype and place of x."""
    x = _tensor(x, "full_like")
    dtype, device = x.dtype if dtype is None else dtype, x.device if device is None else device
    return full(x.shape, fill_value, dtype=dtype, device=device)


def arange(
    start: float, /, stop: float | None = None, step: float = 1, *,
    dtype: Any = None, device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """start, start + step, ... below stop (0, 1, ... below start, if stop is None).

    int64 where all three are integers, else the default dtype. With a step that is no whole
    number, rounding may let the last element reach stop: `linspace` has no such doubt.

    >>> arange(3), arange(1, 2, 0.25)
    (tensor([0, 1, 2]), tensor([1.  , 1.25, 1.5 , 1.75]))
    """
    if stop is None:
        start, stop = 0, start
    given = {"start": start, "stop": stop, "step": step}
    numbers = [_number(v, "arange", name) for name, v in given.items()]
    if any(isinstance(v, complex) for v in numbers):
        raise TypeError(f"arange: got {numbers}, wanted real numbers")
    if numbers[2] == 0:
        raise ValueError("arange: step: got 0, wanted another number")
    if dtype is None:
        dtype = get_default_dtype() if any(isinstance(v, float) for v in numbers) else int64
    return _make("arange", *numbers, dtype=dtype, device=device, requires_grad=requires_grad)


def linspace(
    start: complex | Tensor, stop: complex | Tensor, /, num: int, *, dtype: Any = None,
    device: Any = None, endpoint: bool = True, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """`num` numbers evenly spaced from start to stop, or up to before stop without `endpoint`.

    start and stop may be Tensors of no axes too, and the result is differentiable in them. They
    then say where it is made, and those of floating-point numbers its dtype.

    >>> linspace(0, 1, 5), linspace(0, 1, 2, endpoint=False)
    (tensor([0.  , 0.25, 0.5 , 0.75, 1.  ]), tensor([0. , 0.5]))
    """
    ends = [
        e if isinstance(e, Tensor) and e.ndim == 0 else _number(e, "linspace", name)
        for e, name in ((start, "start"), (stop, "stop"))
    ]
    num = integer(num, "linspace", "num")
    if num < 0:
        raise ValueError(f"linspace: num: got {num}, wanted 0 or more")
    if any(isinstance(e, Tensor) for e in ends):
        return _variable(_between(ends, num, dtype, device, endpoint), requires_grad)
    if dtype is None:
        dtype = _dtype_of_numbers(*ends, 1.0)
    if any(isinstance(e, complex) for e in ends):  # CuPy's takes real numbers only
        ends = [asarray(e, dtype=complex128, device=device) for e in ends]
        return _variable(_between(ends, num, dtype, device, endpoint), requires_grad)
    return _make(
        "linspace", *ends, num, dtype=dtype, device=device, endpoint=endpoint,
        requires_grad=requires_grad,
    )  # fmt: skip


def _between(ends: list[Any], num: int, dtype: Any, device: Any, endpoint: bool) -> Tensor:
    """`linspace` between ends of which one is a Tensor, or both are. Like the one between numbers
    it computes in double precision, whatever the dtype of the result."""
    tensors = [e for e in ends if isinstance(e, Tensor)]
    numbers = [e for e in ends if not isinstance(e, Tensor)]
    given = [e.dtype for e in tensors if e.dtype.kind in "fc"] or [get_default_dtype()]
    natural = np.result_type(*given, *numbers)
    wanted = natural if dtype is None else as_dtype(dtype)
    if natural.kind == "c" and wanted.kind != "c":
        raise TypeError(f"linspace: got complex ends, wanted real ones for {wanted}")
    wide = np.result_type(natural, float64)
    place = tensors[0].device if device is None else device
    start, stop = (
        asarray(e, dtype=wide, device=device if isinstance(e, Tensor) else place) for e in ends
    )
    steps = max(num - 1 if endpoint else num, 1)
    counts = arange(num, dtype=float64, device=start.device)
    out = counts * ((stop - start) / steps) + start
    if endpoint and num > 1:  # where rounding may have missed it
        out = rules.concat(out[:-1], rules.reshape(stop, shape=(1,)), axis=0)
    return asarray(rules.floor(out) if wanted.kind in "iu" else out, dtype=wanted)


def eye(
    n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None,
    device: Any = None, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Ones on a diagonal, zeros beside it; k counts the diagonals from the main one upwards.

    >>> eye(2, 3, k=1)
    tensor([[0., 1., 0.],
            [0., 0., 1.]])
    """
    rows, cols = sizes((n_rows, n_rows if n_cols is None else n_cols), "eye", "size")
    k = _diagonal(k, rows, cols, "eye")
    dtype = _or_default(dtype)
    return _make("eye", rows, cols, k=k, dtype=dtype, device=device, requires_grad=requires_grad)


def _diagonal(k: Any, rows: int, columns: int, function: str) -> int:
    """The diagonal's number, no further off than just beside the matrix: libraries take k as a C
    integer."""
    return max(-rows - 1, min(integer(k, function, "k"), columns + 1))


def tril(x: Tensor, /, *, k: int = 0) -> Tensor:
    """The elements of matrices (..., M, N) on and below diagonal k, zeros above it.

    k = 0 is the main diagonal, 1 the one above it. Differentiable.

    >>> tril(ones((2, 3)))
    tensor([[1., 0., 0.],
            [1., 1., 0.]])
    """
    return _triangle(x, k, "tril", rules.tril)


def triu(x: Tensor, /, *, k: int = 0) -> Tensor:
    """The elements of matrices (..., M, N) on and above diagonal k, zeros below it.

    k = 0 is the main diagonal, 1 the one above it. Differentiable.

    >>> triu(ones((2, 3)))
    tensor([[1., 1., 1.],
            [0., 1., 1.]])
    """
    return _triangle(x, k, "triu", rules.triu)


def _triangle(x: Any, k: Any, function: str, primitive: Any) -> Tensor:
    shape = _tensor(x, function).shape
    if len(shape) < 2:
        raise ValueError(f"{function}: x: got shape {shape}, wanted matrices, (..., M, N)")
    return primitive(x, k=_diagonal(k, shape[-2], shape[-1], function))


def meshgrid(*arrays: Tensor, indexing: str = "xy") -> tuple[Tensor, ...]:
    """For coordinates along each axis, the coordinates of every point of the grid they span.

    Args:
        arrays: N Tensors (n1,), (n2,), ...
        indexing: "ij" gives N Tensors (n1, n2, n3, ...), the i-th varying along axis i; "xy"
            exchanges the first two axes: (n2, n1, n3, ...).

    Differentiable; the results share memory with the arguments where they can.

    >>> x, y = meshgrid(arange(3), arange(2))
    >>> x.tolist(), y.tolist()
    ([[0, 1, 2], [0, 1, 2]], [[0, 0, 0], [1, 1, 1]])
    """
    if indexing not in ("xy", "ij"):
        raise ValueError(f"meshgrid: indexing: got {indexing!r}, wanted 'xy' or 'ij'")
    for x in arrays:
        if len(_tensor(x, "meshgrid", "arrays").shape) > 1:
            raise ValueError(f"meshgrid: arrays: got shape {x.shape}, wanted one axis each")
    n = len(arrays)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    shape = [1] * n
    for place, x in zip(places, arrays, strict=True):
        shape[place] = x.size
    out = []
    for place, x in zip(places, arrays, strict=True):
        column = rules.reshape(x, shape=tuple(x.size if i == place else 1 for i in range(n)))
        out.append(rules.broadcast_to(column, shape=tuple(shape)))
    return tuple(out)


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A Tensor of another library's array, by way of DLPack.

    Args:
        x: an array with `__dlpack__`: PyTorch's, JAX's, NumPy's, CuPy's, a Tensor, ...
        device: where the result is to be; None: where x is.
        copy: True: always a new array; False: an error where one would be needed; None: if
            needed. Without a copy both share the memory: what is written to one is in the other.

    Raises BufferError where the array's memory or dtype is none of ours, or x requires a
    gradient.

    >>> import numpy as np
    >>> array = np.zeros(2)
    >>> x = from_dlpack(array)
    >>> array[0] = 5.0; x.tolist()
    [5.0, 0.0]
    """
    if not hasattr(x, "__dlpack__"):
        raise AttributeError(
            f"from_dlpack: got a {type(x).__name__}, wanted an array with __dlpack__; "
            "for numbers and lists of them use backprop.asarray"
        )
    if isinstance(x, Tensor):
        if x.requires_grad:
            x.__dlpack__()  # says no
        return asarray(Tensor(x.data), device=device, copy=copy)
    kind, index = x.__dlpack_device__()
    if int(kind) in _HOST:
        source = backends.get("cpu")
    elif int(kind) in _CUDA:
        source = backends.get(f"cuda:{index}")
    else:
        raise BufferError(
            f"from_dlpack: got an array on a device of DLPack's kind {int(kind)}, wanted one in "
            "the memory of a CPU or a CUDA device; copy it there with its own library"
        )
    with source.on_device():
        array = source.xp.from_dlpack(x)
    return asarray(Tensor(array), device=device, copy=copy)


_HOST, _CUDA = (1, 3), (2, 13)
"""DLPack's kinds of devices: the CPU's memory (pinned too), CUDA's (managed too)."""
