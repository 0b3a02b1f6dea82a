"""Discrete Fourier transforms: the standard's extension `fft`, as `backprop.fft`.

Over n points the transform of x is X[k] = sum_j x[j] e^(-2πi jk/n), its inverse
x[j] = 1/n sum_k X[k] e^(2πi jk/n); over several axes, one after another. In every function:

n, s        how many points to transform: x is cut, or filled up with zeros, at its end, and the
            gradient is filled up, or cut, in turn;
axis, axes  along which;
norm        where the 1/n goes: "backward" to the inverse, "forward" to the transform, "ortho" its
            square root to both.

All are linear, so their derivatives of every order are transforms too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import rules
from ..defaults import as_dtype, backend_for, get_default_dtype, native
from ..rules.fourier import OPPOSITE
from ..tensor import Tensor
from . import _shapes
from ._check import tensor

__all__ = [
    "fft", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifftn", "ifftshift", "ihfft", "irfft",
    "irfftn", "rfft", "rfftfreq", "rfftn",
]  # fmt: skip


def fft(x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Tensor:
    """The discrete Fourier transform along an axis. Real x is taken as complex.

    >>> import backprop as bp
    >>> bp.fft.fft(bp.asarray([1.0, 0.0, 0.0, 0.0])).tolist()
    [(1+0j), (1+0j), (1+0j), (1+0j)]
    """
    return _complex(rules.fft, "fft", x, _one(n), (axis,), norm)


def ifft(x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Tensor:
    """The inverse of `fft`."""
    return _complex(rules.ifft, "ifft", x, _one(n), (axis,), norm)


def fftn(
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Tensor:
    """The discrete Fourier transform over several axes (all of them for None).

    A length of -1 in `s` leaves that axis as it is; `s` needs `axes` beside it.
    """
    return _complex(rules.fft, "fftn", x, s, axes, norm)


def ifftn(
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Tensor:
    """The inverse of `fftn`."""
    return _complex(rules.ifft, "ifftn", x, s, axes, norm)


def rfft(x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Tensor:
    """The transform of real x: the first n // 2 + 1 of its n numbers, of which the others are the
    conjugates.

    >>> import backprop as bp
    >>> bp.fft.rfft(bp.asarray([1.0, 0.0, 0.0, 0.0])).tolist()
    [(1+0j), (1+0j), (1+0j)]
    """
    return _half("rfft", x, _one(n), (axis,), norm)


def irfft(x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Tensor:
    """The inverse of `rfft`: n real numbers, 2 (M - 1) of M by default.

    Of the first number, and of the last for even n, only the real part counts: a real array's
    transform has no other there.

    >>> import backprop as bp
    >>> x = bp.asarray([1.0, 2.0, 4.0])
    >>> bp.fft.irfft(bp.fft.rfft(x), n=3)
    tensor([1., 2., 4.])
    """
    return _whole("irfft", x, _one(n), (axis,), norm)


def rfftn(
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Tensor:
    """The transform of real x over several axes: `rfft` along the last of them, `fft` along the
    others."""
    return _half("rfftn", x, s, axes, norm)


def irfftn(
    x: Tensor,
    /,
    *,
    s: Sequence[int] | None = None,
    axes: Sequence[int] | None = None,
    norm: str = "backward",
) -> Tensor:
    """The inverse of `rfftn`: `ifft` along all axes but the last of them, `irfft` along that.

    `s` is the shape of the result over the axes; -1 stands for the whole of x.
    """
    return _whole("irfftn", x, s, axes, norm)


def hfft(x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Tensor:
    """The (real) transform of n numbers of which those after the first n // 2 + 1, the ones given,
    are the conjugates; n is 2 (M - 1) of M by default.

    It is the transform, so "backward" leaves it without a factor.
    """
    x = rules.conj(_inexact("hfft", x))
    return _whole("hfft", x, _one(n), (axis,), OPPOSITE.get(norm, norm))


def ihfft(x: Tensor, /, *, n: int | None = None, axis: int = -1, norm: str = "backward") -> Tensor:
    """The inverse of `hfft`."""
    return rules.conj(_half("ihfft", x, _one(n), (axis,), OPPOSITE.get(norm, norm)))


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Tensor:
    """The frequencies of `fft`'s numbers for samples d apart: 0, 1, ..., -2, -1, over d n.

    >>> import backprop as bp
    >>> bp.fft.fftfreq(4)
    tensor([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return _frequencies("fftfreq", n, d, dtype, device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Tensor:
    """The frequencies of `rfft`'s numbers for samples d apart: 0, 1, ..., n // 2, over d n.

    >>> import backprop as bp
    >>> bp.fft.rfftfreq(4)
    tensor([0.  , 0.25, 0.5 ])
    """
    return _frequencies("rfftfreq", n, d, dtype, device)


def fftshift(x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """x turned so that frequency 0 stands in the middle, along the axes (all of them for None).

    >>> import backprop as bp
    >>> bp.fft.fftshift(bp.asarray([0.0, 1.0, 2.0, -2.0, -1.0]))
    tensor([-2., -1.,  0.,  1.,  2.])
    """
    return _shift("fftshift", x, axes, 1)


def ifftshift(x: Tensor, /, *, axes: int | Sequence[int] | None = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _shift("ifftshift", x, axes, -1)


# ------------------------------------------------------------------------------ how


def _complex(transform: Any, name: str, x: Any, s: Any, axes: Any, norm: str) -> Tensor:
    x = _inexact(name, x)
    axes, lengths = _plan(name, x, s, axes, norm)
    if x.dtype.kind == "f":
        x = x.astype(_partner(x))
    return transform(_fit(x, axes, lengths), axes=axes, norm=norm) if axes else x


def _half(name: str, x: Any, s: Any, axes: Any, norm: str) -> Tensor:
    x = _inexact(name, x)
    if x.dtype.kind == "c":
        raise TypeError(f"{name}: x is {x.dtype}, wanted real numbers; for complex ones use fft")
    axes, lengths = _plan(name, x, s, axes, norm, some=True)
    return rules.rfft(_fit(x, axes, lengths), axes=axes, norm=norm)


def _whole(name: str, x: Any, s: Any, axes: Any, norm: str) -> Tensor:
    x = _inexact(name, x)
    axes, (*others, n) = _plan(name, x, s, axes, norm, some=True, half=True)
    if x.dtype.kind == "f":
        x = x.astype(_partner(x))
    x = _fit(x, axes, (*others, n // 2 + 1))
    return rules.irfft(x, n=n, axes=axes, norm=norm)


def _partner(x: Tensor) -> str:
    """The complex dtype of a real one's precision."""
    return "complex64" if x.dtype == "float32" else "complex128"


def _fit(x: Tensor, axes: tuple[int, ...], lengths: tuple[int, ...]) -> Tensor:
    """x cut or filled up with zeros at the end of each axis."""
    shape = list(x.shape)
    for axis, length in zip(axes, lengths, strict=True):
        shape[axis] = length
    common = tuple(slice(0, min(old, new)) for old, new in zip(x.shape, shape, strict=True))
    if any(new < old for old, new in zip(x.shape, shape, strict=True)):
        x = rules.getitem(x, index=common)
    return x if x.shape == tuple(shape) else rules.add_at(x, shape=tuple(shape), index=common)


def _shift(name: str, x: Any, axes: Any, sign: int) -> Tensor:
    """x rolled along each axis by half its length, rounded down (sign 1) or up (-1, backwards)."""
    x = tensor(x, name)
    chosen = _shapes.axes(axes, x.shape, name, "axes")
    shift = tuple(sign * (x.shape[a] // 2) for a in chosen)
    return rules.roll(x, shift=shift, axis=chosen)


def _frequencies(name: str, n: int, d: float, dtype: Any, device: Any) -> Tensor:
    if not isinstance(n, int) or isinstance(n, bool) or n < 1:
        raise ValueError(f"{name}: n: got {n!r}, wanted a number of points, 1 or more")
    if d == 0:
        raise ValueError(f"{name}: d: got 0, wanted the distance between samples")
    wanted = as_dtype(dtype or get_default_dtype())
    if wanted.kind != "f":
        raise TypeError(f"{name}: dtype: got {wanted}, wanted a real floating-point one")
    backend = backend_for(device)
    with backend.on_device():
        return Tensor(getattr(backend.xp.fft, name)(n, d=d, dtype=native(wanted, backend)))


# --------------------------------------------------------------------------- checks


def _inexact(name: str, x: Any) -> Tensor:
    x = tensor(x, name)
    if x.dtype.kind not in "fc":
        raise TypeError(
            f"{name}: x is {x.dtype}, wanted floating-point numbers; "
            "convert it first: x.astype(backprop.float32)"
        )
    return x


def _one(n: int | None) -> tuple[int] | None:
    if n is not None and n < 1:
        raise ValueError(f"n: got {n}, wanted a number of points, 1 or more")
    return None if n is None else (n,)


def _plan(
    name: str,
    x: Tensor,
    s: Sequence[int] | None,
    axes: Sequence[int] | None,
    norm: str,
    *,
    some: bool = False,
    half: bool = False,
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes and how many points each gets.

    `some`: there must be an axis. `half`: x has half a spectrum along the last.
    """
    if norm not in OPPOSITE:
        raise ValueError(f"{name}: norm: got {norm!r}, wanted 'backward', 'ortho' or 'forward'")
    if s is not None and axes is None:
        raise ValueError(f"{name}: got s={tuple(s)} without axes; say which axes it is for")
    chosen = _shapes.axes(axes, x.shape, name, "axis")
    if some and not chosen:
        raise ValueError(f"{name}: got no axes, wanted at least one")
    lengths = [x.shape[a] for a in chosen]
    if half:
        lengths[-1] = 2 * (lengths[-1] - 1)
    if s is not None:
        if len(s) != len(chosen):
            raise ValueError(f"{name}: got {len(s)} lengths in s for {len(chosen)} axes")
        lengths = [own if n == -1 else n for n, own in zip(s, lengths, strict=True)]
    for axis, n in zip(chosen, lengths, strict=True):
        if n < 1:
            raise ValueError(
                f"{name}: got {n} points along axis {axis} of shape {x.shape}, wanted 1 or more"
            )
    return chosen, tuple(lengths)
