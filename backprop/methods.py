"""The methods that users of NumPy and of PyTorch expect of a Tensor: functions of the namespace."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import wraps
from typing import Any

from . import rules
from .operators import Operators

Tensor = Any  # what these return; tensor.py makes it of this class

bp: Any = sys.modules[__package__]
"""The namespace. It is above this file: its functions are looked up when a method runs."""


def _plain(name: str) -> Any:
    """A method that takes nothing else."""

    def method(self: Any) -> Tensor:
        return getattr(bp, name)(self)

    method.__name__, method.__doc__ = name, f"backprop.{name} of it."
    return method


_OURS = {"dim": "axis", "dims": "axis", "keepdim": "keepdims", "ddof": "correction"}
"""What PyTorch and NumPy call arguments, which the methods take too."""

_OTHERWISE = {
    "max": "PyTorch's returns a pair; take x.max(axis=...) and x.argmax(axis=...)",
    "min": "PyTorch's returns a pair; take x.min(axis=...) and x.argmin(axis=...)",
    "sort": "PyTorch's returns a pair; take x.sort(axis=...) and x.argsort(axis=...)",
    "std": "PyTorch's divides by M - 1, this one by M; say which: correction=1 or correction=0",
    "var": "PyTorch's divides by M - 1, this one by M; say which: correction=1 or correction=0",
}
"""Methods that do something else than PyTorch's, which must not go unnoticed."""


def _translated(name: str, named: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments with others' names under ours."""
    if "out" in named:  # NumPy's functions call methods of what is no array of theirs
        raise TypeError(
            f"{name}: out: got {named['out']!r}, but Tensors take none; a function of NumPy's "
            f"wants an array of NumPy's: use backprop.{name}(x) or x.{name}()"
        )
    if "unbiased" in named:
        named["correction"] = int(named.pop("unbiased"))
    ours = {_OURS.get(key, key): value for key, value in named.items()}
    if name in _OTHERWISE and "correction" not in ours and ours.keys() != named.keys():
        raise TypeError(f"{name}: {', '.join(named)}: {_OTHERWISE[name]}")
    return ours


def _over(name: str) -> Any:
    """A method that takes axes, which it works over and may keep at length 1."""

    def method(self: Any, axis: Any = None, keepdims: bool = False, **more: Any) -> Tensor:
        if more:
            more = {"axis": axis, "keepdims": keepdims, **_translated(name, more)}
            return getattr(bp, name)(self, **more)
        return getattr(bp, name)(self, axis=axis, keepdims=keepdims)

    method.__name__, method.__doc__ = name, f"backprop.{name} over the axes (None: all)."
    return method


def _along(method: Any) -> Any:
    """A method whose `axis` may be called `dim` or `dims`."""
    method.__qualname__ = f"Tensor.{method.__name__}"

    @wraps(method)
    def translating(self: Any, *args: Any, **named: Any) -> Tensor:
        return method(self, *args, **_translated(method.__name__, named))

    return translating


class Casts(Operators):
    """`x.float()`, `x.long()`: apart from the rest, where these names mean Python's types."""

    __slots__ = ()

    def float(self) -> Tensor:
        return bp.astype(self, "float32", copy=False)

    def double(self) -> Tensor:
        return bp.astype(self, "float64", copy=False)

    def int(self) -> Tensor:
        return bp.astype(self, "int32", copy=False)

    def long(self) -> Tensor:
        return bp.astype(self, "int64", copy=False)

    def bool(self) -> Tensor:
        return bp.astype(self, "bool", copy=False)


class Methods(Casts):
    """`x.sum()`, `x.reshape(2, 3)`, `x.T`."""

    __slots__ = ()

    # ------------------------------------------------------------- of each element

    abs = _plain("abs")
    ceil = _plain("ceil")
    conj = _plain("conj")
    cos = _plain("cos")
    cosh = _plain("cosh")
    erf = _plain("erf")
    exp = _plain("exp")
    expm1 = _plain("expm1")
    floor = _plain("floor")
    isfinite = _plain("isfinite")
    isinf = _plain("isinf")
    isnan = _plain("isnan")
    log = _plain("log")
    log10 = _plain("log10")
    log1p = _plain("log1p")
    log2 = _plain("log2")
    neg = _plain("negative")
    reciprocal = _plain("reciprocal")
    round = _plain("round")
    sign = _plain("sign")
    sin = _plain("sin")
    sinh = _plain("sinh")
    sqrt = _plain("sqrt")
    square = _plain("square")
    tan = _plain("tan")
    tanh = _plain("tanh")
    trunc = _plain("trunc")

    real = property(_plain("real"))
    imag = property(_plain("imag"))

    def sigmoid(self) -> Tensor:
        return rules.sigmoid(self)

    def relu(self) -> Tensor:
        return rules.relu(self)

    @_along
    def softmax(self, axis: int) -> Tensor:
        return bp.nn.functional.softmax(self, axis)

    @_along
    def log_softmax(self, axis: int) -> Tensor:
        return bp.nn.functional.log_softmax(self, axis)

    def pow(self, exponent: Any) -> Tensor:
        return rules.power(self, exponent)

    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        return bp.clip(self, min, max)

    clamp = clip

    # ---------------------------------------------------------------------- over axes

    sum = _over("sum")
    prod = _over("prod")
    mean = _over("mean")
    var = _over("var")
    std = _over("std")
    max = _over("max")
    min = _over("min")
    argmax = _over("argmax")
    argmin = _over("argmin")
    logsumexp = _over("logsumexp")
    all = _over("all")
    any = _over("any")

    @_along
    def cumsum(self, axis: int | None = None) -> Tensor:
        return bp.cumulative_sum(self, axis=axis)

    @_along
    def cumprod(self, axis: int | None = None) -> Tensor:
        return bp.cumulative_prod(self, axis=axis)

    @_along
    def sort(self, axis: int = -1, descending: bool = False) -> Tensor:
        return bp.sort(self, axis=axis, descending=descending)

    @_along
    def argsort(self, axis: int = -1, descending: bool = False) -> Tensor:
        return bp.argsort(self, axis=axis, descending=descending)

    # ----------------------------------------------------------------------- products

    def matmul(self, other: Tensor) -> Tensor:
        return bp.matmul(self, other)

    mm = matmul

    # ---------------------------------------------------------------- shape and order

    def reshape(self, *shape: Any) -> Tensor:
        return bp.reshape(self, _tuple(shape))

    view = reshape

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> Tensor:
        return bp.flatten(self, start_dim, end_dim)

    ravel = _plain("ravel")

    @_along
    def unsqueeze(self, axis: int) -> Tensor:
        return bp.expand_dims(self, axis)

    @_along
    def squeeze(self, axis: Any = None) -> Tensor:
        """Without these axes, which must be of length 1; without all that are, for None."""
        if axis is None:
            axis = tuple([i for i, n in enumerate(self.data.shape) if n == 1])
        return bp.squeeze(self, axis)

    def permute(self, *axes: Any) -> Tensor:
        return bp.permute_dims(self, _tuple(axes))

    def transpose(self, axis1: int, axis2: int) -> Tensor:
        return bp.swapaxes(self, axis1, axis2)

    swapaxes = transpose

    @_along
    def flip(self, axis: Any = None) -> Tensor:
        return bp.flip(self, axis=axis)

    @_along
    def roll(self, shift: Any, axis: Any = None) -> Tensor:
        return bp.roll(self, shift, axis=axis)

    def tril(self, k: int = 0) -> Tensor:
        return bp.tril(self, k=k)

    def triu(self, k: int = 0) -> Tensor:
        return bp.triu(self, k=k)

    def expand(self, *shape: Any) -> Tensor:
        """Broadcast to the shape; -1 keeps an axis as it is."""
        wanted, old = _tuple(shape), self.data.shape
        new = len(wanted) - len(old)
        return bp.broadcast_to(
            self, tuple([old[i - new] if n == -1 and i >= new else n for i, n in enumerate(wanted)])
        )

    def expand_as(self, other: Tensor) -> Tensor:
        return bp.broadcast_to(self, other.shape)

    @_along
    def unbind(self, axis: int = 0) -> tuple[Tensor, ...]:
        return bp.unstack(self, axis=axis)

    @_along
    def chunk(self, chunks: int, axis: int = 0) -> tuple[Tensor, ...]:
        return bp.chunk(self, chunks, axis)

    mT = property(_plain("matrix_transpose"), doc="Its last two axes exchanged.")

    @property
    def T(self) -> Tensor:
        """The transpose of a matrix."""
        if len(self.data.shape) != 2:
            raise ValueError(
                f"T: got shape {self.data.shape}, wanted a matrix; use .mT or .permute"
            )
        return rules.matrix_transpose(self)

    def t(self) -> Tensor:
        return self.T


def _tuple(given: tuple[Any, ...]) -> Any:
    """The arguments, or the one sequence that was given in their place."""
    return given[0] if len(given) == 1 and isinstance(given[0], Sequence) else given


for _kind in (Casts, Methods):  # so that Python's own errors say Tensor.reshape()
    for _method in vars(_kind).values():
        if hasattr(_method, "__qualname__"):
            _method.__qualname__ = f"Tensor.{_method.__name__}"
