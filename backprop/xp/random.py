"""Random arrays, drawn from the stream that `manual_seed` starts; the same on every device."""

from __future__ import annotations

from typing import Any

from ..defaults import as_dtype, backend_for, default_generator, get_default_dtype
from ..tensor import Tensor

__all__ = ["rand", "randint", "randn", "randperm"]


def _shape(size: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else size


def rand(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Numbers spread evenly over [0, 1), of the default dtype unless `dtype` says otherwise.

    >>> import backprop as bp
    >>> bp.rand(2, 3).shape, bp.rand((2, 3)).shape
    ((2, 3), (2, 3))
    """
    name = as_dtype(dtype or get_default_dtype()).name
    out = Tensor(default_generator().uniform(_shape(size), name, backend_for(device)))
    return out.requires_grad_() if requires_grad else out


def randn(*size: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """Normal numbers of mean 0 and variance 1, of the default dtype unless `dtype` says otherwise.

    >>> import backprop as bp
    >>> w = bp.randn(784, 10, requires_grad=True)  # or bp.randn((784, 10), ...)
    >>> w.shape
    (784, 10)
    """
    name = as_dtype(dtype or get_default_dtype()).name
    out = Tensor(default_generator().normal(_shape(size), name, backend_for(device)))
    return out.requires_grad_() if requires_grad else out


def randint(low: int, high: int, size: tuple[int, ...], *, device: Any = None) -> Tensor:
    """Whole numbers from low to high - 1, all as likely, of int64.

    >>> import backprop as bp
    >>> bp.randint(0, 10, (2, 3)).shape
    (2, 3)
    """
    return Tensor(default_generator().integers(low, high, tuple(size), backend_for(device)))


def randperm(n: int, *, device: Any = None) -> Tensor:
    """0, 1, ..., n - 1 in random order."""
    return Tensor(default_generator().permutation(n, backend_for(device)))
