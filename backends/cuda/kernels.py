"""Kernels that a GPU runs faster than their portable form: one launch, one pass over memory.

The formulas are in `kernels.cu`; here each is given its arguments. What the CUDA code does not
cover (another axis, mixed dtypes, nothing to do) goes to the portable kernel.

A raw kernel checks nothing, so everything that starts one keeps these rules: arrays are made
C-contiguous, whole numbers go over as np.int64 and real ones as np.float64, an empty array starts
nothing, and the device of the first array is the current one, for launches and for new arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import cupy
import numpy as np

from .. import portable
from ..dispatch import only
from ..portable import complex as _complex

Array = Any
_FLOATS = ("float32", "float64")
_COMPLEX = ("complex64", "complex128")
_REAL = {"f": "float", "d": "double"}
_THREADS = 256
_MOST_BLOCKS = 4096
"""More than any device runs at once; beyond, each thread takes several elements."""


@cache
def _module(real: str) -> Any:
    """The CUDA source with REAL = float or double; compiled at first use, once a device."""
    source = Path(__file__).with_name("kernels.cu").read_text(encoding="utf-8")
    return cupy.RawModule(code=source, options=("-std=c++17", f"-DREAL={real}"))


@cache
def _kernel(name: str, char: str) -> Any:
    return _module(_REAL[char]).get_function(name)


def _override(*dtypes: str) -> Callable[[Any], Any]:
    """Mark an override as written for these dtypes (none: all), run on its first array's device."""

    def mark(function: Any) -> Any:
        @wraps(function)
        def on_device(x: Array, *args: Any, **kwargs: Any) -> Any:
            with x.device:
                return function(x, *args, **kwargs)

        return only(*dtypes)(on_device) if dtypes else on_device

    return mark


def _each(name: str, char: str, n: int, *args: Any) -> None:
    """Start a kernel over n elements."""
    blocks = min(-(-n // _THREADS), _MOST_BLOCKS)
    _kernel(name, char)((blocks,), (_THREADS,), args)


def _rows(name: str, x: Array, rows: int, columns: int, *args: Any) -> None:
    """Start a kernel with a block for each row, no wider than the row needs."""
    threads = min(max(32, 1 << (columns - 1).bit_length()), _THREADS)
    sizes = np.int64(rows), np.int64(columns)
    _kernel(name, x.dtype.char)((min(rows, 2**20),), (threads,), (*args, *sizes))


def _alike(*arrays: Array) -> bool:
    """Whether all have the shape and dtype of the first, and there is something in them."""
    x, *others = arrays
    return x.size > 0 and all(a.shape == x.shape and a.dtype == x.dtype for a in others)


# ---------------------------------------------------------------- activations


def _map(name: str, x: Array, *numbers: float) -> Array:
    out = cupy.empty(x.shape, x.dtype)
    if x.size:
        n, scalars = np.int64(x.size), [np.float64(v) for v in numbers]
        _each(name, x.dtype.char, x.size, cupy.ascontiguousarray(x), out, n, *scalars)
    return out


@_override(*_FLOATS)
def relu(x: Array, /) -> Array:
    return _map("relu", x)


@_override(*_FLOATS)
def relu_grad(g: Array, out: Array, /) -> Array:
    if not _alike(g, out):
        return portable.relu_grad(g, out)
    result = cupy.empty(g.shape, g.dtype)
    arrays = cupy.ascontiguousarray(g), cupy.ascontiguousarray(out), result
    _each("relu_grad", g.dtype.char, g.size, *arrays, np.int64(g.size))
    return result


@_override(*_FLOATS)
def leaky_relu(x: Array, /, slope: float) -> Array:
    return _map("leaky_relu", x, slope)


@_override(*_FLOATS)
def elu(x: Array, /, alpha: float) -> Array:
    return _map("elu", x, alpha)


@_override(*_FLOATS)
def sigmoid(x: Array, /) -> Array:
    return _map("sigmoid", x)


@_override(*_FLOATS)
def softplus(x: Array, /) -> Array:
    return _map("softplus", x)


@_override(*_FLOATS)
def erf(x: Array, /) -> Array:
    return _map("erf_each", x)


@_override(*_FLOATS)
def normal_cdf(x: Array, /) -> Array:
    return _map("normal_cdf", x)


# -------------------------------------------- what CuPy gets wrong, element by element


@_override(*_COMPLEX)
def acosh(x: Array, /) -> Array:
    return _complex.acosh(x)


@_override(*_COMPLEX)
def expm1(x: Array, /) -> Array:
    return _complex.expm1(x)  # CuPy's is exp(x) - 1


@_override(*_COMPLEX)
def log(x: Array, /) -> Array:
    return _complex.log(x)


@_override(*_COMPLEX)
def log1p(x: Array, /) -> Array:
    return _complex.of_infinite_modulus(_complex.log1p)(x)  # CuPy's is log(x + 1)


@_override(*_COMPLEX)
def log2(x: Array, /) -> Array:
    return _complex.log2(x)


@_override(*_COMPLEX)
def log10(x: Array, /) -> Array:
    return _complex.log10(x)


@_override(*_COMPLEX)
def tan(x: Array, /) -> Array:
    return _complex.tan(x)


@_override(*_COMPLEX)
def tanh(x: Array, /) -> Array:
    return _complex.tanh(x)


@_override()
def sign(x: Array, /) -> Array:
    return cupy.sign(x)  # since CuPy 14 as it should be; the compatible form mends it once more


def remainder(x1: Array, x2: Array, /) -> Array:
    # CuPy's x1 - x2 floor(x1 / x2) loses digits, and for an infinite x2 all of them.
    array = x1 if hasattr(x1, "dtype") else x2  # the other may be a Python number
    with array.device:
        if cupy.result_type(x1, x2).kind != "f":
            return cupy.remainder(x1, x2)
        out = cupy.fmod(x1, x2)  # exact, with the sign of x1
        out = cupy.where((out != 0) & ((out < 0) != (x2 < 0)), out + x2, out)
        return cupy.where(out == 0, cupy.copysign(out, x2), out)


# ------------------------------------------------------------- softmax and losses


def _last(x: Array, axis: int) -> bool:
    """Whether the axis is the last one, of an array that holds something."""
    return x.size > 0 and x.ndim > 0 and axis in (-1, x.ndim - 1)


def _along_rows(name: str, *arrays: Array) -> Array:
    x = arrays[0]
    out = cupy.empty(x.shape, x.dtype)
    columns = x.shape[-1]
    inputs = [cupy.ascontiguousarray(a) for a in arrays]
    _rows(name, x, x.size // columns, columns, *inputs, out)
    return out


@_override(*_FLOATS)
def softmax(x: Array, /, axis: int) -> Array:
    return _along_rows("softmax", x) if _last(x, axis) else portable.softmax(x, axis)


@_override(*_FLOATS)
def softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    if _last(g, axis) and _alike(g, out):
        return _along_rows("softmax_grad", g, out)
    return portable.softmax_grad(g, out, axis)


@_override(*_FLOATS)
def log_softmax(x: Array, /, axis: int) -> Array:
    return _along_rows("log_softmax", x) if _last(x, axis) else portable.log_softmax(x, axis)


@_override(*_FLOATS)
def log_softmax_grad(g: Array, out: Array, /, axis: int) -> Array:
    if _last(g, axis) and _alike(g, out):
        return _along_rows("log_softmax_grad", g, out)
    return portable.log_softmax_grad(g, out, axis)


def _classes(target: Array) -> Array:
    return cupy.ascontiguousarray(target.astype(np.int64, copy=False))


def _is_classification(scores: Array, target: Array) -> bool:
    return (
        scores.ndim == 2
        and scores.size > 0
        and target.shape == scores.shape[:1]
        and target.dtype.kind in "iu"
    )


@_override(*_FLOATS)
def softmax_cross_entropy(logits: Array, target: Array, /) -> tuple[Array, Array]:
    # A target that is no class gives a loss of NaN, where the CPU raises an error.
    if not _is_classification(logits, target):
        return portable.softmax_cross_entropy(logits, target)
    rows, columns = logits.shape
    loss, probs = cupy.empty((rows,), logits.dtype), cupy.empty(logits.shape, logits.dtype)
    arrays = cupy.ascontiguousarray(logits), _classes(target), loss, probs
    _rows("softmax_cross_entropy", logits, rows, columns, *arrays)
    return loss, probs


@_override(*_FLOATS)
def softmax_cross_entropy_grad(g: Array, probs: Array, target: Array, /) -> Array:
    fits = _is_classification(probs, target) and g.shape == target.shape and g.dtype == probs.dtype
    if not fits:
        return portable.softmax_cross_entropy_grad(g, probs, target)
    stride = g.strides[0] // g.itemsize
    out = cupy.empty(probs.shape, probs.dtype)
    arrays = g, np.int64(stride), cupy.ascontiguousarray(probs), _classes(target), out
    sizes = np.int64(probs.size), np.int64(probs.shape[1])
    _each("softmax_cross_entropy_grad", g.dtype.char, probs.size, *arrays, *sizes)
    return out


def stray_class(target: Array, /, classes: int) -> int | None:
    return None  # a look would make the host wait for the device


# ------------------------------------------------------ linear algebra and sums


@_override()
def linear(x: Array, weight: Array, bias: Array | None, /) -> Array:
    # One product of two matrices: of more dimensions CuPy would make a batch of small ones.
    flat = x if x.ndim <= 2 else x.reshape(math.prod(x.shape[:-1]), x.shape[-1])
    out = flat @ weight.T
    if x.ndim > 2:
        out = out.reshape(*x.shape[:-1], weight.shape[0])
    if bias is None:
        return out
    if out.dtype != bias.dtype:
        return out + bias
    out += bias
    return out


@_override(*_FLOATS)
def sum_of_squares(x: Array, /) -> Array:
    # The number of blocks follows from the size alone, so the sum's order does too.
    if not x.size:
        return cupy.zeros((), x.dtype)
    char, blocks = x.dtype.char, min(-(-x.size // (8 * _THREADS)), 1024)
    partial = cupy.empty((blocks,), x.dtype)
    args = cupy.ascontiguousarray(x), partial, np.int64(x.size)
    _kernel("sum_of_squares", char)((blocks,), (_THREADS,), args)
    if blocks == 1:
        return partial.reshape(())
    out = cupy.empty((), x.dtype)
    _kernel("sum_all", char)((1,), (_THREADS,), (partial, out, np.int64(blocks)))
    return out


@_override(*_FLOATS)
def sum(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    # Leading axes, as a bias's gradient has them, are the ones CuPy's own reduction is slow at.
    axes = axis if isinstance(axis, tuple) else (axis,)
    k = len(axes)
    if (
        axis is None
        or not 0 < k < x.ndim
        or sorted(a + x.ndim if a < 0 else a for a in axes) != list(range(k))
        or not (x.size and x.flags.c_contiguous)
    ):
        return cupy.sum(x, axis=axis, keepdims=keepdims)
    rows, columns = math.prod(x.shape[:k]), math.prod(x.shape[k:])
    chunks = 1 if rows <= 128 else min(-(-rows // 64), 512)
    total = _sum_columns(x, rows, columns, chunks)
    if chunks > 1:
        total = _sum_columns(total, chunks, columns, 1)
    return total.reshape((1,) * k * keepdims + x.shape[k:])


def _sum_columns(x: Array, rows: int, columns: int, chunks: int) -> Array:
    """The sums of `chunks` equal parts of the rows, (chunks, columns)."""
    out = cupy.empty((chunks, columns), x.dtype)
    sizes = np.int64(rows), np.int64(columns), np.int64(-(-rows // chunks))
    _kernel("column_sum", x.dtype.char)((-(-columns // 32), chunks), (32, 8), (x, out, *sizes))
    return out


def matmul_into(x: Array, y: Array, out: Array, /) -> None:
    cupy.matmul(x, y, out=out)


def sum_into(x: Array, out: Array, /) -> None:
    out[...] = sum(x, axis=tuple(range(x.ndim - out.ndim)))


# -------------------------------------------------------------------- indexing


@_override()
def getitem(x: Array, /, index: Any) -> Array:
    return x[index]


@_override()
def put(x: Array, value: Any, /, index: Any) -> None:
    if not hasattr(value, "dtype"):  # of a number itself CuPy loses the sign of a zero
        value = cupy.asarray([value], dtype=x.dtype).reshape(())
    portable.put(x, value, index)


@_override(*_FLOATS, *_COMPLEX)
def add_rows(x: Array, index: Array, /, rows: int, axis: int) -> Array:
    # Sorting brings equal indices together; being stable, it keeps the order of their slices.
    x = cupy.moveaxis(x, axis, 0)
    if x.dtype.kind == "c":  # a complex number is two real ones
        parts = cupy.ascontiguousarray(x)[..., None].view(x.real.dtype)
        out = add_rows(parts, index, rows, 0).view(x.dtype)[..., 0]
        return cupy.moveaxis(out, 0, axis)
    out = cupy.zeros((rows, *x.shape[1:]), x.dtype)
    if x.size and out.size:
        index = index.astype(np.int64, copy=False)
        index = cupy.where(index < 0, index + rows, index)
        order = index.argsort(kind="stable").astype(np.int64, copy=False)
        start = cupy.searchsorted(index[order], cupy.arange(rows + 1, dtype=np.int64))
        columns = out.size // rows
        arrays = cupy.ascontiguousarray(x), order, start, out
        sizes = np.int64(rows), np.int64(columns)
        _each("add_rows", x.dtype.char, out.size, *arrays, *sizes)
    return cupy.moveaxis(out, 0, axis)


@_override(*_FLOATS, *_COMPLEX)
def add_along_axis(x: Array, index: Array, /, length: int, axis: int) -> Array:
    # Each cell of the result is a row of its own.
    x, index = cupy.moveaxis(x, axis, -1), cupy.moveaxis(index, axis, -1)
    shape = (*x.shape[:-1], length)
    lines = math.prod(shape[:-1])
    first = cupy.arange(lines, dtype=np.int64).reshape(*shape[:-1], 1) * length
    cells = first + cupy.where(index < 0, index + length, index)
    out = add_rows(x.reshape(x.size), cells.reshape(x.size), lines * length, 0)
    return cupy.moveaxis(out.reshape(shape), -1, axis)


# --------------------------------------------------------------- Fourier transforms


# CuPy refuses arrays with nothing in them, even where the axes in question are not empty.


@_override(*_COMPLEX)
def fft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    return cupy.fft.fftn(x, axes=axes, norm=norm) if x.size else x.copy()


@_override(*_COMPLEX)
def ifft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    return cupy.fft.ifftn(x, axes=axes, norm=norm) if x.size else x.copy()


@_override(*_FLOATS)
def rfft(x: Array, /, axes: tuple[int, ...], norm: str) -> Array:
    if x.size:
        return cupy.fft.rfftn(x, axes=axes, norm=norm)
    return _nothing(x, axes[-1], x.shape[axes[-1]] // 2 + 1, x.dtype.char.upper())


def _nothing(x: Array, axis: int, length: int, dtype: Any) -> Array:
    """An empty array in the place of x, its axis of another length."""
    axis %= x.ndim
    return cupy.empty((*x.shape[:axis], length, *x.shape[axis + 1 :]), dtype)


@_override(*_COMPLEX)
def irfft(x: Array, /, n: int, axes: tuple[int, ...], norm: str) -> Array:
    # For some lengths cuFFT takes in the imaginary part of bins that must be real.
    *others, last = axes
    if not x.size:
        return _nothing(x, last, n, x.real.dtype)
    x = cupy.fft.ifftn(x, axes=tuple(others), norm=norm) if others else x.copy()
    before = (slice(None),) * (last % x.ndim)
    for end in (0,) if n % 2 else (0, -1):
        x.imag[(*before, end)] = 0
    return cupy.fft.irfft(x, n=n, axis=last, norm=norm)


# ----------------------------------------------------------- optimizers, in place


def _flat(*buffers: Array | None) -> bool:
    """Whether the buffers can be walked through side by side."""
    there = [b for b in buffers if b is not None]
    return _alike(*there) and all(b.flags.c_contiguous for b in there)


def _step(name: str, *buffers: Array | None, numbers: tuple[Any, ...]) -> None:
    p: Array = buffers[0]
    _each(name, p.dtype.char, p.size, *buffers, np.int64(p.size), *numbers)


@_override(*_FLOATS)
def sgd_step(
    p: Array, g: Array, momentum_buffer: Array | None, /, *,
    lr: float, momentum: float, dampening: float, nesterov: bool, weight_decay: float,
) -> None:  # fmt: skip
    if not _flat(p, g, momentum_buffer):
        return portable.sgd_step(
            p, g, momentum_buffer, lr=lr, momentum=momentum, dampening=dampening,
            nesterov=nesterov, weight_decay=weight_decay,
        )  # fmt: skip
    real = np.float64
    numbers = (
        real(lr), real(momentum), real(1.0 - dampening), np.int64(nesterov), real(weight_decay)
    )  # fmt: skip
    _step("sgd_step", p, g, momentum_buffer, numbers=numbers)


@_override(*_FLOATS)
def adam_step(
    p: Array, g: Array, mean: Array, square: Array, /, *,
    lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, decoupled: bool,
    correction1: float, correction2: float,
) -> None:  # fmt: skip
    if not _flat(p, g, mean, square):
        return portable.adam_step(
            p, g, mean, square, lr=lr, beta1=beta1, beta2=beta2, eps=eps,
            weight_decay=weight_decay, decoupled=decoupled, correction1=correction1,
            correction2=correction2,
        )  # fmt: skip
    coupled, shrink = (0.0, 1.0 - lr * weight_decay) if decoupled else (weight_decay, 1.0)
    numbers = (
        lr / correction1, beta1, 1.0 - beta1, beta2, 1.0 - beta2, eps, math.sqrt(correction2),
        coupled, shrink,
    )  # fmt: skip
    _step("adam_step", p, g, mean, square, numbers=tuple(map(np.float64, numbers)))


@_override(*_FLOATS)
def rmsprop_step(
    p: Array, g: Array, square: Array, average: Array | None, buffer: Array | None, /, *,
    lr: float, alpha: float, eps: float, weight_decay: float, momentum: float,
) -> None:  # fmt: skip
    if not _flat(p, g, square, average, buffer):
        return portable.rmsprop_step(
            p, g, square, average, buffer, lr=lr, alpha=alpha, eps=eps,
            weight_decay=weight_decay, momentum=momentum,
        )  # fmt: skip
    numbers = tuple(map(np.float64, (lr, alpha, 1.0 - alpha, eps, weight_decay, momentum)))
    _step("rmsprop_step", p, g, square, average, buffer, numbers=numbers)


# -------------------------------------------------------------------- random bits


@_override()
def philox(like: Array, /, key: tuple[int, int], start: int, blocks: int) -> Array:
    out = cupy.empty((4 * blocks,), np.uint64)
    if blocks:
        counter_and_key = [np.uint64(v) for v in (start, *key)]
        _each("philox", "f", blocks, out, np.int64(blocks), *counter_and_key)
    return out


@_override()
def split_words(words: Array, /) -> Array:
    return cupy.ascontiguousarray(words).view(np.uint32)  # CUDA devices are little-endian


@_override()
def dropout_mask(bits: Array, /, threshold: int, scale: float, dtype: Any) -> Array:
    dtype = np.dtype(dtype)
    if dtype.char not in _REAL or bits.dtype != np.uint32:
        return portable.dropout_mask(bits, threshold, scale, dtype)
    out = cupy.empty(bits.shape, dtype)
    if bits.size:
        numbers = np.int64(bits.size), np.int64(threshold), np.float64(scale)
        _each("dropout_mask", dtype.char, bits.size, cupy.ascontiguousarray(bits), out, *numbers)
    return out
