"""cuFFT and the sorting of thrust, by NumPy."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .solvers import library, numbers

KINDS = {0x29: "FF", 0x2A: "fF", 0x2C: "Ff", 0x69: "DD", 0x6A: "dD", 0x6C: "Dd"}
"""cuFFT's numbers for its transforms: the dtypes that go in and come out."""


def cufft():
    return library(
        "cupy.cuda.cufft", CUFFT_C2C=0x29, CUFFT_R2C=0x2A, CUFFT_C2R=0x2C, CUFFT_Z2Z=0x69,
        CUFFT_D2Z=0x6A, CUFFT_Z2D=0x6C, CUFFT_FORWARD=-1, CUFFT_INVERSE=1, Plan1d=Plan1d,
        PlanNd=PlanNd, getVersion=lambda: 12000, get_current_plan=lambda: None,
    )  # fmt: skip


def transform(x, shape, kind, direction):
    """Not scaled, over the last axes, whose lengths (the real side's) are the shape."""
    axes, before = tuple(range(-len(shape), 0)), "forward" if direction == 1 else "backward"
    if kind in ("FF", "DD"):
        return (np.fft.ifftn if direction == 1 else np.fft.fftn)(x, axes=axes, norm=before)
    if kind in ("fF", "dD"):
        return np.fft.rfftn(x, axes=axes)
    if len(shape) == 1:
        n = shape[0]
        ends = x[..., [0] if n % 2 else [0, n // 2]]
        assert not ends.imag.any(), "a bin that must be real is not: cuFFT may take it in or not"
    return np.fft.irfftn(x, shape, axes=axes, norm="forward")


class Plan1d:
    gpus = work_area = None

    def __init__(self, nx, fft_type, batch, *, devices=None, out=None, prealloc_plan=0):
        assert nx > 0
        self.nx, self.fft_type, self.batch, self.kind = nx, fft_type, batch, KINDS[fft_type]

    def get_output_array(self, a):
        import cupy

        assert a.dtype.char == self.kind[0]
        last = self.nx // 2 + 1 if self.kind in ("fF", "dD") else self.nx
        return cupy.empty((*a.shape[:-1], last), self.kind[1])

    def fft(self, a, out, direction):
        assert a.flags.c_contiguous
        assert out.flags.c_contiguous
        x, y = (numbers(v.data.ptr, v.dtype, v.size).reshape(v.shape) for v in (a, out))
        y[...] = transform(x, (self.nx,), self.kind, direction)


class PlanNd:
    gpus = work_area = None

    def __init__(
        self, shape, inembed, istride, idist, onembed, ostride, odist, fft_type, batch, order,
        last_axis, last_size,
    ):  # fmt: skip
        self.shape, self.fft_type, self.batch, self.order = tuple(shape), fft_type, batch, order
        self.last_axis, self.last_size, self.kind = last_axis, last_size, KINDS[fft_type]
        self.layouts = (inembed, istride, idist), (onembed, ostride, odist)

    def get_output_array(self, a, order="C"):
        import cupy

        assert a.dtype.char == self.kind[0]
        shape = list(a.shape)
        if self.kind not in ("FF", "DD"):
            shape[self.last_axis] = self.last_size
        return cupy.empty(shape, self.kind[1], order=order)

    def fft(self, a, out, direction):
        x, y = (self._view(v, *layout) for v, layout in zip((a, out), self.layouts, strict=True))
        y[...] = transform(x, self.shape, self.kind, direction)

    def _view(self, a, embed, stride, distance):
        """(batch, *shape), where cuFFT's advanced layout says it is."""
        shape = self.shape
        if a.dtype.kind == "c" and self.kind not in ("FF", "DD"):
            shape = (*shape[:-1], shape[-1] // 2 + 1)
        strides, step = [], stride * a.itemsize
        for n in reversed(tuple(embed)):
            strides.append(step)
            step *= n
        flat = numbers(a.data.ptr, a.dtype, a.size)
        strides = (distance * a.itemsize, *reversed(strides))
        return as_strided(flat, (self.batch, *shape), strides)


# ----------------------------------------------------------------------------- sorting


def thrust():
    return library(
        "cupy.cuda.thrust", available=True, sort=sort, argsort=argsort, lexsort=lexsort,
        get_build_version=lambda: 300000,
    )  # fmt: skip


def not_captured():
    """What runs here runs now: a graph would not have it."""
    import cupy

    if cupy.cuda.get_current_stream().is_capturing():
        raise RuntimeError("a sort cannot be captured here")


def sort(dtype, data, keys, shape):
    not_captured()
    numbers(data, dtype, prod(shape)).reshape(shape).sort(axis=-1, kind="stable")


def argsort(dtype, index, data, keys, shape):
    not_captured()
    x = numbers(data, dtype, prod(shape)).reshape(shape)
    order = np.argsort(x, axis=-1, kind="stable")
    numbers(index, np.uint64, prod(shape)).reshape(shape)[...] = order
    x[...] = np.take_along_axis(x, order, -1)


def lexsort(dtype, index, keys, count, n):
    not_captured()
    numbers(index, np.uint64, n)[:] = np.lexsort(numbers(keys, dtype, count * n).reshape(count, n))
