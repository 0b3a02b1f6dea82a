"""Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from .record import *

NORMS = ("backward", "ortho", "forward")


def _torch(name: str) -> Any:
    """PyTorch's function of that name, for arrays that hold something: others it refuses."""

    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        if not x.numel():
            pytest.skip("PyTorch has no transforms of empty arrays")
        return getattr(pytorch().fft, name)(x, *args, **kwargs)

    return function


def _over_axes(name: str, domain: str, reference: Any, torch: str, **extra: Any) -> Record:
    """A primitive over several axes: arrays that have the lengths they are transformed at."""
    return of(
        name, reference,
        *[
            Sample((values(name, shape, domain),), {**extra, "axes": axes, "norm": norm})
            for shape, axes in [((4,), (0,)), ((1,), (0,)), ((2, 3), (1,)), ((2, 3), (-2,)), ((3, 4), (0, 1)),
                                ((4, 3), (1, 0)), ((2, 3, 4), (0, 2)), ((0, 3), (1,)), ((2, 2), (0, 1))]
            for norm in NORMS
        ],
        torch=lambda x, axes, norm: _torch(torch)(x, dim=axes, norm=norm),
    )  # fmt: skip


def _irfft(x: np.ndarray, n: int, axes: Any, norm: str) -> np.ndarray:
    s = [x.shape[a] for a in axes[:-1]] + [n]
    return np.fft.irfftn(x, s, axes, norm)


def _torch_irfft(x: Any, n: int, axes: Any, norm: str) -> Any:
    s = [x.shape[a] for a in axes[:-1]] + [n]
    return _torch("irfftn")(x, s, axes, norm)


def _inner_bins(x: np.ndarray, n: int, axis: int, factor: float) -> np.ndarray:
    """A bin and its conjugate's are the same only where k = n - k (mod n)."""
    alone = np.array([k == (n - k) % n for k in range(n // 2 + 1)])
    weight = np.where(alone, 1.0, factor)
    return np.moveaxis(np.moveaxis(x, axis, -1) * weight, -1, axis)


def _one(
    name: str, domain: str, samples: list[tuple[Any, Any]], extra: tuple[str, ...] = ()
) -> Record:
    """A public function of one axis."""

    def torch(x: Any, n: Any = None, axis: int = -1, norm: str = "backward") -> Any:
        return _torch(name)(x, n, axis, norm)

    return of(
        f"bp.fft.{name}", getattr(np.fft, name),
        *[
            Sample((values(name, shape, d),), {**static, "norm": NORMS[i % 3]})
            for d in (domain, *extra)
            for i, (shape, static) in enumerate(samples)
        ],
        torch=torch,
    )  # fmt: skip


def _several(
    name: str, domain: str, samples: list[tuple[Any, Any]], extra: tuple[str, ...] = ()
) -> Record:
    """A public function of several axes."""

    def torch(x: Any, s: Any = None, axes: Any = None, norm: str = "backward") -> Any:
        return _torch(name)(x, s, axes, norm)

    return of(
        f"bp.fft.{name}", getattr(np.fft, name),
        *[
            Sample((values(name, shape, d),), {**static, "norm": NORMS[i % 3]})
            for d in (domain, *extra)
            for i, (shape, static) in enumerate(samples)
        ],
        torch=torch,
    )  # fmt: skip


_LENGTHS: list[tuple[Any, Any]] = [
    ((5,), {}), ((4,), {}), ((5,), {"n": 3}), ((5,), {"n": 4}), ((5,), {"n": 7}), ((4,), {"n": 8}), ((1,), {}),
    ((4,), {"n": 1}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": -1, "n": 2}), ((2, 3, 2), {"axis": 1, "n": 5}),
    ((0, 3), {}),
]  # fmt: skip
_HALVES: list[tuple[Any, Any]] = [
    ((3,), {}), ((3,), {"n": 5}), ((3,), {"n": 4}), ((3,), {"n": 3}), ((3,), {"n": 2}), ((3,), {"n": 1}),
    ((3,), {"n": 9}), ((2,), {}), ((1,), {"n": 1}), ((2, 3), {"axis": 0}), ((2, 3), {"axis": 0, "n": 5}),
    ((2, 3, 2), {"axis": -2}), ((0, 3), {}),
]  # fmt: skip
_BOXES: list[tuple[Any, Any]] = [
    ((2, 3), {}), ((3, 4), {"axes": (1, 0)}), ((2, 3, 4), {"axes": (0, -1)}), ((3, 4), {"s": (5, 2), "axes": (0, 1)}),
    ((3, 4), {"s": (2, 7), "axes": (-1, -2)}), ((3, 4), {"s": (-1, 3), "axes": (0, 1)}), ((4,), {}),
    ((0, 2, 3), {"axes": (1, 2)}), ((3, 4), {"s": (2,), "axes": (0,)}),
]  # fmt: skip

RECORDS = [
    _over_axes("fft", "complex", lambda x, axes, norm: np.fft.fftn(x, axes=axes, norm=norm), "fftn"),
    _over_axes("ifft", "complex", lambda x, axes, norm: np.fft.ifftn(x, axes=axes, norm=norm), "ifftn"),
    _over_axes("rfft", "any", lambda x, axes, norm: np.fft.rfftn(x, axes=axes, norm=norm), "rfftn"),
    of(
        "irfft", _irfft,
        *[
            Sample((values("irfft", shape, "complex"),), {"n": n, "axes": axes, "norm": norm})
            for shape, n, axes in [((3,), 4, (0,)), ((3,), 5, (-1,)), ((1,), 1, (0,)), ((2, 3), 2, (0,)), ((3, 2), 3, (0, 1)),
                                   ((2, 3, 2), 3, (2, 0)), ((0, 3), 5, (1,))]
            for norm in NORMS
        ],
        torch=_torch_irfft,
    ),
    of(
        "inner_bins", _inner_bins,
        *[
            Sample((values("inner_bins", shape, "complex"),), {"n": n, "axis": axis, "factor": 2.0})
            for shape, n, axis in [((1,), 1, 0), ((2,), 2, 0), ((2,), 3, 0), ((3,), 4, -1), ((3, 2), 5, 0), ((3, 2), 4, -2),
                                   ((0, 3), 5, 1)]
        ],
    ),
    _one("fft", "complex", _LENGTHS, ("any",)),
    _one("ifft", "complex", _LENGTHS, ("any",)),
    _one("rfft", "any", _LENGTHS),
    _one("irfft", "complex", _HALVES, ("any",)),
    _one("hfft", "complex", _HALVES, ("any",)),
    _one("ihfft", "any", _LENGTHS),
    _several("fftn", "complex", _BOXES, ("any",)),
    _several("ifftn", "complex", _BOXES, ("any",)),
    _several("rfftn", "any", _BOXES),
    _several("irfftn", "complex", [
        ((2, 3), {}), ((3, 2), {"axes": (0, 1)}), ((3, 4), {"s": (5, 4), "axes": (0, 1)}), ((3, 4), {"s": (4, 7), "axes": (0, 1)}),
        ((3, 4), {"s": (4, 3), "axes": (1, 0)}), ((2, 3, 2), {"axes": (0, 1)}), ((0, 2, 3), {"axes": (1, 2)}),
        ((3, 4), {"s": (-1, 6), "axes": (0, 1)}),
    ], ("any",)),
    *[
        of(
            f"bp.fft.{name}", getattr(np.fft, name),
            *[
                Sample((values(name, shape, domain),), {"axes": axes})
                for shape, axes in [((4,), None), ((5,), None), ((2, 3), None), ((2, 3), 1), ((3, 4, 5), (0, -1)), ((1,), (0,)),
                                    ((0, 3), 1)]
                for domain in ("any", "complex")
            ],
            torch=lambda x, axes, name=name: getattr(pytorch().fft, name)(x, axes),
        )
        for name in ("fftshift", "ifftshift")
    ],
]  # fmt: skip
