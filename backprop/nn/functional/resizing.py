"""Images, sequences and volumes made larger or smaller."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from ... import rules
from ...tensor import Tensor
from ...xp._check import tensor
from ...xp._shapes import integer
from . import _resizing as taps
from ._windows import AXES
from .adaptive_pooling import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d

__all__ = ["interpolate"]

DIMENSIONS = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,),
    "bilinear": (2,), "bicubic": (2,), "trilinear": (3,), "lanczos": (2,),
}  # fmt: skip
"""How many axes each mode resizes."""
SMOOTH = ("linear", "bilinear", "bicubic", "trilinear", "lanczos")


def interpolate(
    input: Tensor, size: int | tuple[int, ...] | None = None,
    scale_factor: float | tuple[float, ...] | None = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:  # fmt: skip
    """The input resized along all axes behind (N, C).

    Element o of m along an axis of length n is read at (o + 1/2) n / m - 1/2 of the input; with
    align_corners at o (n - 1) / (m - 1), so that the first and last elements stay where they are.

    Args:
        size: the lengths of the result's axes, or one for all.
        scale_factor: instead of size, what the lengths are multiplied by (and rounded down).
        mode: "nearest" takes element floor(o n / m), "nearest-exact" element
            floor((o + 1/2) n / m); "linear", "bilinear", "trilinear" weigh the neighbours in each
            of 1, 2, 3 axes; "bicubic" four by four of them; "area" takes the mean of all that
            an element covers; "lanczos" is for antialias alone.
        align_corners: see above; for the smooth modes, False unless given.
        recompute_scale_factor: read at the scale that the sizes have, rounding included, not at
            the one that was given.
        antialias: for "bilinear", "bicubic", "lanczos" images made smaller: every element counts.

    Shape: (N, C, L), (N, C, H, W) or (N, C, D, H, W).

    >>> import backprop as bp
    >>> x = bp.asarray([[[1.0, 3.0]]])
    >>> bp.nn.functional.interpolate(x, scale_factor=2)
    tensor([[[1., 1., 3., 3.]]])
    >>> bp.nn.functional.interpolate(x, size=3, mode="linear", align_corners=True)
    tensor([[[1., 2., 3.]]])
    """
    d = _check(input, mode, align_corners, antialias)
    length = input.shape[2:]
    sizes, scales = _sizes(length, size, scale_factor, d)
    if recompute_scale_factor:
        if size is not None:
            raise ValueError(
                "interpolate: recompute_scale_factor: got True with size, wanted scale_factor"
            )
        scales = (None,) * d
    if 0 in length or 0 in sizes:
        raise ValueError(
            f"interpolate: input: got shape {input.shape} to be resized to {sizes}, wanted axes "
            "that hold something before and after"
        )
    if mode == "area":
        pool = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[d - 1]
        return pool(input, sizes)
    along = [*zip(range(2, d + 2), length, sizes, scales, strict=True)]
    if mode in ("nearest", "nearest-exact"):
        return _nearest(input, along, mode == "nearest-exact")
    out = input
    for axis, n, m, scale in along:
        if antialias:
            rows = taps.antialiased(n, m, scale, bool(align_corners), mode)
        elif mode == "bicubic":
            rows = taps.cubic(n, m, scale, bool(align_corners))
        else:
            rows = taps.linear(n, m, scale, bool(align_corners))
        if rows != tuple(((o, 1.0),) for o in range(n)):
            out = rules.resample(out, axis=axis, taps=rows)
    return out if out is not input else input.clone()  # the caller may write to it


def check_mode(where: str, mode: str) -> str:
    """The mode, if there is one of this name."""
    if mode not in DIMENSIONS:
        raise ValueError(
            f"{where}: mode: got {mode!r}, wanted one of {', '.join(map(repr, DIMENSIONS))}"
        )
    return mode


def _check(input: Tensor, mode: str, align_corners: bool | None, antialias: bool) -> int:
    """How many axes are resized."""
    tensor(input, "interpolate", "input")
    check_mode("interpolate", mode)
    if input.dtype.kind != "f":
        raise TypeError(
            f"interpolate: input: got dtype {input.dtype}, wanted real floating-point numbers; "
            "convert it first: input.astype(backprop.float32)"
        )
    d = input.ndim - 2
    if d not in DIMENSIONS[mode]:
        wanted = " or ".join(f"(N, C, {AXES[k]})" for k in DIMENSIONS[mode])
        raise ValueError(
            f"interpolate: input: got shape {input.shape} with mode={mode!r}, wanted {wanted}"
        )
    if align_corners is not None and mode not in SMOOTH:
        raise ValueError(
            f"interpolate: align_corners: got {align_corners} with mode={mode!r}, wanted None; "
            f"it is for {', '.join(map(repr, SMOOTH[:4]))}"
        )
    if antialias and mode not in taps.FILTERS:
        raise ValueError(
            f"interpolate: antialias: got True with mode={mode!r}, wanted one of "
            f"{', '.join(map(repr, taps.FILTERS))}"
        )
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError(
            "interpolate: mode: got 'lanczos', wanted antialias=True with it and no align_corners"
        )
    return d


def one_of_them(where: str, size: Any, scale_factor: Any) -> None:
    """Raise unless one of both is given."""
    if (size is None) == (scale_factor is None):
        got = "neither" if size is None else f"size={size!r} and scale_factor={scale_factor!r}"
        raise ValueError(f"{where}: got {got}, wanted exactly one of size and scale_factor")


def _sizes(
    length: tuple[int, ...], size: Any, scale_factor: Any, d: int
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The new lengths, and the scales that were given."""
    one_of_them("interpolate", size, scale_factor)
    name, given = ("size", size) if size is not None else ("scale_factor", scale_factor)
    values = tuple(given) if isinstance(given, (tuple, list)) else (given,) * d
    if len(values) != d:
        raise ValueError(
            f"interpolate: {name}: got {given!r}, wanted one number, or one for each of the {d} "
            "axes behind (N, C)"
        )
    if size is not None:
        return tuple(integer(v, "interpolate", "size") for v in values), (None,) * d
    if not all(isinstance(v, Real) and 0 < float(v) < math.inf for v in values):
        raise ValueError(f"interpolate: scale_factor: got {given!r}, wanted positive numbers")
    scales = tuple(float(v) for v in values)
    return tuple(math.floor(n * v) for n, v in zip(length, scales, strict=True)), scales


def _nearest(input: Tensor, along: list[Any], exact: bool) -> Tensor:
    places = [(axis, n, taps.nearest(n, m, scale, exact)) for axis, n, m, scale in along]
    if all(p == tuple(o * n // len(p) for o in range(len(p))) for _, n, p in places) and all(
        len(p) % n == 0 for _, n, p in places
    ):
        return _copies(input, [len(p) // n for _, n, p in places])
    for axis, n, p in places:
        if p != tuple(range(n)):
            rows = tuple(((place, 1.0),) for place in p)
            input = rules.resample(input, axis=axis, taps=rows)
    return input


def _copies(input: Tensor, times: list[int]) -> Tensor:
    """Each element so many times along each axis behind (N, C): windows side by side."""
    kernel, d = tuple(times), len(times)
    length = tuple(n * r for n, r in zip(input.shape[2:], times, strict=True))
    return rules.window_spread(input, kernel=kernel, stride=kernel, padding=(0,) * d, length=length)
