"""Calls of every CUDA override, to be compared with the portable kernel of that name.

One table serves two tests: the CUDA source run on the host, and the same on a real GPU.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from backends import portable

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


@dataclass(frozen=True)
class Case:
    """`make(rng, dtype)` gives the arguments; `launches` says whether CUDA code must run."""

    name: str
    label: str
    make: Callable[[np.random.Generator, Any], tuple[Any, ...]]
    options: dict[str, Any]
    launches: bool = True

    def __str__(self) -> str:
        return f"{self.name}-{self.label}"


@dataclass(frozen=True)
class Seen:
    """An array that must reach the kernel as this view, strides and all."""

    array: np.ndarray
    view: Callable[[Any], Any]


CASES: list[Case] = []


def case(name, label, make, launches=True, **options):
    CASES.append(Case(name, label, make, options, launches))


def check(case, dtype, run, place, fetch, tolerance):
    """Run one case here and there, and compare all that comes out or is changed in place."""
    args = case.make(np.random.default_rng(0), np.dtype(dtype))
    options = {k: np.dtype(dtype) if v == "dtype" else v for k, v in case.options.items()}

    def put(a, send):
        if isinstance(a, Seen):
            return a.view(send(a.array))
        return send(a) if isinstance(a, np.ndarray) else a

    theirs = [put(a, np.array) for a in args]
    ours = [put(a, place) for a in args]
    want = reference(case.name)(*theirs, **options)
    got = run(*ours, **options)
    if not isinstance(want, tuple):
        want, got = (want,), (got,)
    pairs = [*zip(want, got, strict=True), *zip(theirs, ours, strict=True)]
    for w, g in pairs:
        if isinstance(w, np.ndarray | np.generic):
            assert g.dtype == w.dtype
            assert tuple(g.shape) == w.shape
            if w.dtype.kind in "fc":  # a sum is as exact as its largest numbers
                scale = np.max(np.abs(w), where=np.isfinite(w), initial=1.0)
                np.testing.assert_allclose(fetch(g), w, rtol=tolerance, atol=tolerance * scale)
            else:
                np.testing.assert_array_equal(fetch(g), w)
        elif w is None:
            assert g is None


def reference(name):
    """The portable kernel, or NumPy's function where the standard has it."""
    return getattr(portable, name, None) or getattr(np, name)


# ---------------------------------------------------------------- activations

SPECIAL = np.array([0.0, -0.0, 1e-9, -1e-9, 50.0, -50.0, 800.0, -800.0, np.inf, -np.inf, np.nan])


def _normal(*shape):
    return lambda rng, dtype: (rng.normal(size=shape).astype(dtype),)


def _special(rng, dtype):
    return (SPECIAL.astype(dtype),)


def _transposed(rng, dtype):
    return (Seen(rng.normal(size=(5, 7)).astype(dtype), lambda a: a.T[::2]),)


for _name, _options in {
    "relu": {}, "leaky_relu": {"slope": 0.1}, "elu": {"alpha": 1.5}, "sigmoid": {},
    "softplus": {}, "erf": {}, "normal_cdf": {},
}.items():  # fmt: skip
    case(_name, "vector", _normal(1000), **_options)
    case(_name, "scalar", _normal(), **_options)
    case(_name, "empty", _normal(0, 3), launches=False, **_options)
    case(_name, "special", _special, **_options)
    case(_name, "transposed", _transposed, **_options)


def _complexes(*shape):
    def make(rng, dtype):
        z = np.asarray(rng.normal(size=shape) + 1j * rng.normal(size=shape))
        return (z.astype({"float32": "complex64", "float64": "complex128"}[dtype.name]),)

    return make


def _with_infinities(rng, dtype):
    """Infinities and NaN beside numbers, where the standard says what the value is."""
    inf, nan = float("inf"), float("nan")
    pairs = [(inf, nan), (-inf, nan), (nan, inf), (nan, nan), (inf, 2.0), (0.0, 1.5), (3.0, 0.0)]
    pairs = [complex(*p) for p in pairs]
    return (np.array(pairs, {"float32": "complex64", "float64": "complex128"}[dtype.name]),)


for _name in ("acosh", "expm1", "log", "log10", "log1p", "log2", "tan", "tanh"):
    for _shape in [(20,), (), (0, 3), (4, 5)]:
        case(_name, f"{_shape}", _complexes(*_shape), launches=False)
    if _name.startswith("log"):
        case(_name, "infinities", _with_infinities, launches=False)


case("sign", "numbers", _special, launches=False)
case("sign", "complex", _complexes(20), launches=False)


def _division(x, y):
    def make(rng, dtype):
        return tuple(np.array(v, dtype) if isinstance(v, list) else v for v in (x, y))

    return make


_SIGNS, _INF = [-1.0, -0.0, 0.0, 1.0, 7.5, -7.5], float("inf")
case(
    "remainder",
    "signs",
    _division([[v] for v in _SIGNS], [2.0, -2.0, 0.1, -0.1, 7.5]),
    launches=False,
)
case("remainder", "infinite", _division([[v] for v in _SIGNS], [_INF, -_INF]), launches=False)
case("remainder", "numbers", _division(7.5, [2.0, -2.0, 0.1]), launches=False)
case("remainder", "by a number", _division(_SIGNS, -0.3), launches=False)
case(
    "remainder", "integers by a number", lambda rng, dtype: (np.array([7, -7]), 2.5), launches=False
)
case("remainder", "empty", _division([], 2.0), launches=False)
case(
    "remainder",
    "integers",
    lambda rng, dtype: (np.array([7, -7, 6]), np.array([2, -2, -3])),
    launches=False,
)


def _pair(shape, other=None, view=lambda a: a):
    def make(rng, dtype):
        first, second = rng.normal(size=shape), rng.normal(size=other or shape)
        return Seen(first.astype(dtype), view), Seen(second.astype(dtype), view)

    return make


case("relu_grad", "matrix", _pair((9, 50)))
case("relu_grad", "transposed", _pair((9, 50), view=lambda a: a.T))
case("relu_grad", "empty", _pair((0,)), launches=False)
case("relu_grad", "broadcast", _pair((4,), (3, 4)), launches=False)

# ------------------------------------------------------------- softmax and losses

_SHAPES = [(4, 1), (3, 2), (5, 10), (2, 33), (3, 300), (2, 3, 17), (6,)]
for _shape in _SHAPES:
    _label = "x".join(map(str, _shape))
    for _name in ("softmax", "log_softmax"):
        case(_name, _label, _normal(*_shape), axis=-1)
    for _name in ("softmax_grad", "log_softmax_grad"):
        case(_name, _label, _pair(_shape), axis=len(_shape) - 1)


def _spread(dtype):
    """Rows whose exponentials overflow unless shifted by their own largest number."""
    x = np.full((3, 41), -2e4, dtype)
    x[:, -1] = -1e4, 0, 1e4
    return x


for _name in ("softmax", "log_softmax"):
    case(_name, "first axis", _normal(4, 5), launches=False, axis=0)
    case(_name, "no rows", _normal(0, 5), launches=False, axis=1)
    case(_name, "transposed", _transposed, axis=1)
    case(_name, "large", lambda rng, dtype: (np.array([[1e4, -1e4, 1e4]], dtype),), axis=1)
    case(_name, "spread", lambda rng, dtype: (_spread(dtype),), axis=1)
    case(_name, "nan", lambda rng, dtype: (np.array([[1, np.nan], [1, -np.inf]], dtype),), axis=1)
for _name in ("softmax_grad", "log_softmax_grad"):
    case(_name, "first axis", _pair((4, 5)), launches=False, axis=0)
    case(_name, "transposed", _pair((4, 5), view=lambda a: a.T), axis=1)


def _classes(rows, columns, kind, view=lambda a: a):
    def make(rng, dtype):
        logits = rng.normal(size=(rows, columns)).astype(dtype)
        return Seen(logits, view), rng.integers(0, columns, size=rows).astype(kind)

    return make


def _class_gradient(rows, columns, kind, repeat=False):
    def make(rng, dtype):
        probs = rng.random((rows, columns)).astype(dtype)
        target = rng.integers(0, columns, size=rows).astype(kind)
        g = rng.normal(size=2 * rows).astype(dtype)
        if repeat:  # the gradient of a mean: one number for all, in an array of stride 0
            return Seen(g[:1], lambda a: _repeated(a, rows)), probs, target
        return Seen(g, lambda a: a[::2]), probs, target

    return make


def _repeated(a, rows):
    if type(a).__module__.startswith("cupy"):
        import cupy

        return cupy.broadcast_to(a, (rows,))
    return np.broadcast_to(a, (rows,), subok=True)


for _kind in ("int64", "int32", "uint8", "uint64"):
    case("softmax_cross_entropy", _kind, _classes(7, 10, _kind))
    case("softmax_cross_entropy_grad", _kind, _class_gradient(7, 10, _kind))
case("softmax_cross_entropy", "wide", _classes(3, 600, "int64"))
case("softmax_cross_entropy", "reversed", _classes(6, 5, "int64", view=lambda a: a[:, ::-1]))
case("softmax_cross_entropy", "no rows", _classes(0, 5, "int64"), launches=False)
case("softmax_cross_entropy_grad", "repeated", _class_gradient(7, 10, "int64", repeat=True))
case("softmax_cross_entropy_grad", "no rows", _class_gradient(0, 5, "int64"), launches=False)

# ------------------------------------------------------ linear algebra and sums


def _linear(*shape, outs=4, bias=True):
    def make(rng, dtype):
        x, w = rng.normal(size=shape), rng.normal(size=(outs, shape[-1]))
        b = rng.normal(size=outs).astype(dtype) if bias else None
        return x.astype(dtype), w.astype(dtype), b

    return make


for _shape in [(6, 3), (3,), (2, 5, 3), (0, 3)]:
    case("linear", "x".join(map(str, _shape)), _linear(*_shape), launches=False)
case("linear", "no bias", _linear(6, 3, bias=False), launches=False)


def _into(*shape, sums=False):
    def make(rng, dtype):
        g, x = rng.normal(size=(shape[0], 4)), rng.normal(size=shape)
        out = np.zeros(shape[1:] if sums else (4, shape[1]), dtype)
        return (x.astype(dtype), out) if sums else (g.astype(dtype).T, x.astype(dtype), out)

    return make


case("matmul_into", "weights", _into(6, 3), launches=False)
case("sum_into", "biases", _into(6, 3, sums=True))

for _size in (1, 100, 2048, 2049, 30000):
    case("sum_of_squares", str(_size), _normal(_size))
case("sum_of_squares", "transposed", _transposed)
case("sum_of_squares", "empty", _normal(0), launches=False)

for _shape, _axis in [
    ((5, 3), 0), ((128, 40), (0,)), ((129, 40), 0), ((1000, 10), -2), ((4, 6, 33), (0, 1)),
    ((4, 6, 33), (1, 0)), ((3, 2, 5), 0), ((1, 7), 0), ((7, 1), 0),
]:  # fmt: skip
    for _keep in (False, True):
        _label = f"{_shape} over {_axis}" + " kept" * _keep
        case("sum", _label, _normal(*_shape), axis=_axis, keepdims=_keep)
for _shape, _axis in [((5, 3), 1), ((5, 3), None), ((5, 3), (0, 1)), ((0, 3), 0), ((4,), 0)]:
    case("sum", f"{_shape} over {_axis}", _normal(*_shape), launches=False, axis=_axis)
case("sum", "transposed", _transposed, launches=False, axis=0)


def _rows(shape, axis, rows, kind="int64", first=0):
    def make(rng, dtype):
        index = rng.integers(first, rows, size=shape[axis]).astype(kind)
        return rng.normal(size=shape).astype(dtype), index

    return make


case("add_rows", "axis 0", _rows((50, 6), 0, 7), rows=7, axis=0)
case("add_rows", "int32", _rows((50, 6), 0, 7, "int32"), rows=7, axis=0)
case("add_rows", "axis 1", _rows((3, 20, 2), 1, 5), rows=5, axis=1)
case("add_rows", "last axis", _rows((3, 20), 1, 5), rows=5, axis=-1)
case("add_rows", "from the end", _rows((50, 6), 0, 7, first=-7), rows=7, axis=0)
case("add_rows", "vector", _rows((300,), 0, 3), rows=3, axis=0)
case("add_rows", "rows left out", _rows((4, 3), 0, 1000), rows=1000, axis=0)
case("add_rows", "no index", _rows((0, 3), 0, 4), launches=False, rows=4, axis=0)


def _complex(make):
    """The same with complex numbers first."""

    def changed(rng, dtype):
        x, *others = make(rng, dtype)
        z = x + np.array(1j, np.result_type(dtype, np.complex64)) * rng.normal(size=x.shape)
        return z.astype(np.result_type(dtype, np.complex64)), *others

    return changed


case("add_rows", "complex", _complex(_rows((50, 6), 0, 7)), rows=7, axis=0)
case("add_rows", "complex last axis", _complex(_rows((3, 20), 1, 5)), rows=5, axis=-1)
case("add_rows", "complex vector", _complex(_rows((300,), 0, 3)), rows=3, axis=0)


def _along(shape, length, kind="int64", first=0):
    def make(rng, dtype):
        index = rng.integers(first, length, size=shape).astype(kind)
        return rng.normal(size=shape).astype(dtype), index

    return make


case("add_along_axis", "first axis", _along((50, 6), 7), length=7, axis=0)
case("add_along_axis", "last axis", _along((3, 20), 4, first=-4), length=4, axis=-1)
case("add_along_axis", "middle axis", _along((3, 8, 5), 11, "int32"), length=11, axis=1)
case("add_along_axis", "vector", _along((300,), 9), length=9, axis=0)
case("add_along_axis", "complex", _complex(_along((3, 20), 4)), length=4, axis=1)
case("add_along_axis", "no index", _along((3, 0), 4), launches=False, length=4, axis=1)

for _label, _index in {
    "number": (1,), "part": (slice(None, None, -2), 1), "new axis": (..., None, slice(0, 2)),
}.items():  # fmt: skip
    case("getitem", _label, _normal(4, 3), launches=False, index=_index)


def _assigned(rng, dtype):
    return rng.normal(size=(4, 3)).astype(dtype), rng.normal(size=2).astype(dtype)


case("put", "array", _assigned, launches=False, index=(slice(None, None, -2), 1))
for _number in (2, -0.0):
    case(
        "put", str(_number), lambda rng, dtype, v=_number: (np.ones((4, 3), dtype), v),
        launches=False, index=(slice(0, 2), 1),
    )  # fmt: skip

# --------------------------------------------------------------- Fourier transforms


def _spectrum(*shape):
    """Of no real array: where it must be real it is not."""

    def make(rng, dtype):
        z = rng.normal(size=shape) + 1j * rng.normal(size=shape)
        return (z.astype({"float32": "complex64", "float64": "complex128"}[dtype.name]),)

    return make


for _shape, _n, _axes in [
    ((4,), 6, (0,)), ((4,), 7, (-1,)), ((3, 4, 5), 6, (0, 1)), ((3, 4, 5), 5, (2, 0)),
    ((1,), 1, (0,)), ((2, 2), 2, (1,)), ((0, 3), 4, (1,)), ((2, 0, 3), 5, (0, 2)),
]:  # fmt: skip
    for _norm in ("backward", "ortho"):
        case(
            "irfft", f"{_shape} {_n} {_axes} {_norm}", _spectrum(*_shape), launches=False, n=_n,
            axes=_axes, norm=_norm,
        )  # fmt: skip

for _shape, _axes in [((4,), (0,)), ((3, 4, 5), (2, 0)), ((0, 2, 3), (1, 2)), ((0, 3), (-1,))]:
    for _name, _make in [("fft", _spectrum), ("ifft", _spectrum), ("rfft", _normal)]:
        case(
            _name, f"{_shape} {_axes}", _make(*_shape), launches=False, axes=_axes, norm="ortho"
        )  # fmt: skip

# ----------------------------------------------------------- optimizers, in place


def _buffers(*present, size=700, view=lambda a: a):
    """p and g, then a positive buffer of state for each True, None for each False."""

    def make(rng, dtype):
        p, g = (rng.normal(size=size).astype(dtype) for _ in range(2))
        state = [rng.random(size).astype(dtype) + 2 if there else None for there in present]
        return tuple(a if a is None else Seen(a, view) for a in (p, g, *state))

    return make


for _buffer, _decay, _nesterov in product((True, False), (0.0, 0.1), (True, False)):
    case(
        "sgd_step", f"{_buffer} {_decay} {_nesterov}", _buffers(_buffer), lr=0.1, momentum=0.9,
        dampening=0.0 if _nesterov else 0.3, nesterov=_nesterov, weight_decay=_decay,
    )  # fmt: skip
for _decay, _decoupled in product((0.0, 0.1), (True, False)):
    case(
        "adam_step", f"{_decay} {_decoupled}", _buffers(True, True), lr=0.01, beta1=0.9,
        beta2=0.999, eps=1e-8, weight_decay=_decay, decoupled=_decoupled, correction1=0.19,
        correction2=0.002,
    )  # fmt: skip
for _centered, _buffer, _decay in product((True, False), (True, False), (0.0, 0.1)):
    case(
        "rmsprop_step", f"{_centered} {_buffer} {_decay}",
        lambda rng, dtype, there=(True, _centered, _buffer): tuple(
            # small averages: the variance, square - average², stays away from 0
            a if a is None or i != 3 else Seen(a.array * 0.1, a.view)
            for i, a in enumerate(_buffers(*there)(rng, dtype))
        ),
        lr=0.01, alpha=0.99, eps=1e-8, weight_decay=_decay, momentum=0.9,
    )  # fmt: skip
_SGD = {"lr": 1, "momentum": 0, "dampening": 0, "nesterov": False, "weight_decay": 0}
case("sgd_step", "whole numbers", _buffers(True), **_SGD)
case("sgd_step", "strided", _buffers(True, view=lambda a: a[::2]), launches=False, **_SGD)
case("sgd_step", "empty", _buffers(True, size=0), launches=False, **_SGD)

# -------------------------------------------------------------------- random bits

for _key, _start, _blocks in [
    ((0, 0), 0, 300), ((2**64 - 1, 2**63 + 5), 0, 3), ((7, 9), 2**63 - 1, 5), ((1, 2), 4, 0),
]:  # fmt: skip
    case(
        "philox", f"{_key} {_start} {_blocks}", lambda rng, dtype: (np.zeros(0, np.uint64),),
        launches=_blocks > 0, key=_key, start=_start, blocks=_blocks,
    )  # fmt: skip


def _words(rng, dtype):
    return (Seen(rng.integers(0, 2**64, 100, np.uint64, endpoint=False), lambda a: a[:77]),)


def _bits(rng, dtype):
    return (rng.integers(0, 2**32, 1000, np.uint32, endpoint=False),)


case("split_words", "77", _words, launches=False)
for _threshold in (0, 2**31, 2**32 - 1):
    case(
        "dropout_mask", str(_threshold), _bits, threshold=_threshold, scale=1.25, dtype="dtype"
    )  # fmt: skip
