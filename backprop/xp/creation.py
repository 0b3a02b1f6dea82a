"""New arrays."""

from __future__ import annotations

from typing import Any

from ..defaults import backend_for, get_default_dtype, native
from ..tensor import Tensor, asarray, zeros_like

__all__ = [
    "arange", "asarray", "empty", "eye", "full", "full_like", "linspace", "ones", "ones_like",
    "tensor", "zeros", "zeros_like",
]  # fmt: skip

Shape = int | tuple[int, ...]


def _make(name: str, *args: Any, dtype: Any, device: Any, **kwargs: Any) -> Tensor:
    backend = backend_for(device)
    function = getattr(backend.xp, name)
    with backend.on_device():
        array = function(*args, dtype=native(dtype, backend), device=backend.device, **kwargs)
    return Tensor(array)


def tensor(
    data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A Tensor with a copy of the data; PyTorch's name. See `asarray`, which shares memory."""
    data = data.detach() if isinstance(data, Tensor) else data
    out = asarray(data, dtype=dtype, device=device, copy=True)
    return asarray(out, requires_grad=requires_grad)


def zeros(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Zeros."""
    return _make("zeros", shape, dtype=dtype or get_default_dtype(), device=device)


def ones(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones."""
    return _make("ones", shape, dtype=dtype or get_default_dtype(), device=device)


def empty(shape: Shape, *, dtype: Any = None, device: Any = None) -> Tensor:
    """An array whose values are not set."""
    return _make("empty", shape, dtype=dtype or get_default_dtype(), device=device)


def full(shape: Shape, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """One value everywhere; its Python type gives the dtype unless `dtype` does."""
    if not isinstance(fill_value, (bool, int, float, complex)):
        raise TypeError(f"fill_value: got {fill_value!r}, wanted a number")
    if dtype is None and isinstance(fill_value, float):
        dtype = get_default_dtype()
    return _make("full", shape, fill_value, dtype=dtype, device=device)


def ones_like(x: Tensor, /, *, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones in the shape, dtype and place of x."""
    return ones(x.shape, dtype=dtype or x.dtype, device=device or x.device)


def full_like(x: Tensor, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Tensor:
    """One value in the shape, dtype and place of x."""
    return full(x.shape, fill_value, dtype=dtype or x.dtype, device=device or x.device)


def arange(
    start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """start, start + step, ... below stop (0, 1, ... below start, if stop is None)."""
    if stop is None:
        start, stop = 0, start
    if dtype is None and any(isinstance(v, float) for v in (start, stop, step)):
        dtype = get_default_dtype()
    return _make("arange", start, stop, step, dtype=dtype, device=device)


def linspace(
    start: float, stop: float, /, num: int, *, dtype: Any = None, device: Any = None,
    endpoint: bool = True,
) -> Tensor:  # fmt: skip
    """`num` numbers evenly spaced from start to stop."""
    dtype = dtype or get_default_dtype()
    return _make("linspace", start, stop, num, dtype=dtype, device=device, endpoint=endpoint)


def eye(
    n_rows: int, n_cols: int | None = None, /, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """Ones on the diagonal, zeros beside it."""
    return _make("eye", n_rows, n_cols, dtype=dtype or get_default_dtype(), device=device)
