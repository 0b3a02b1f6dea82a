"""Every primitive, from one record each: its value, and its derivatives to second order.

The oracles are NumPy and `math` for values, central differences for derivatives and, where it is
installed, PyTorch for both, kinks included.
"""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backprop import rules
from backprop.autodiff import gradients
from backprop.primitive import Primitive

# ------------------------------------------------------------------ what a record is


@dataclass(frozen=True, eq=False)
class Sample:
    """One call: float arrays are differentiated, other arrays and Python numbers are not."""

    args: tuple[Any, ...]
    static: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        parts = [str(a.shape) if isinstance(a, np.ndarray) else repr(a) for a in self.args]
        return ",".join(parts + [f"{k}={_short(v)}" for k, v in self.static.items()])


@dataclass(frozen=True)
class Record:
    """A primitive's samples, and functions of NumPy and of PyTorch that should agree with it.

    `kinks` are samples where finite differences say nothing, so only PyTorch is asked.
    """

    name: str
    reference: Callable[..., Any]
    samples: list[Sample]
    torch: Callable[..., Any] | None = None
    kinks: list[Sample] = field(default_factory=list)
    differentiable: bool = True


def _short(value: Any) -> str:
    return f"array{value.shape}" if isinstance(value, np.ndarray) else str(value).replace(" ", "")


def _values(name: str, shape: tuple[int, ...], domain: str) -> np.ndarray:
    rng = np.random.default_rng(zlib.crc32(f"{name}{shape}{domain}".encode()))
    if domain == "any":
        return rng.uniform(-2.0, 2.0, shape)
    if domain == "not0":  # away from a kink or a pole at 0
        return np.asarray(rng.uniform(0.3, 2.0, shape) * rng.choice([-1.0, 1.0], shape))
    if domain == "positive":
        return rng.uniform(0.3, 2.5, shape)
    if domain == "probability":
        return rng.uniform(0.1, 0.9, shape)
    assert domain == "distinct"  # no two equal, none closer than 0.1
    return np.asarray(rng.permutation(math.prod(shape)).reshape(shape) * 0.1 - 0.4)


SHAPES: list[tuple[int, ...]] = [(), (1,), (0,), (4,), (2, 3), (2, 1, 3), (0, 3)]
PAIRS: list[tuple[Any, Any]] = [
    ((), ()), ((1,), (1,)), ((0,), (1,)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (2, 3)),
    ((2, 1), (1, 3)), ((), (2, 3)), ((2, 1, 3), (4, 1)), ((0, 3), (3,)), ((1, 0), (2, 1)),
]  # fmt: skip
"""Shapes that broadcast, each in both roles."""


def unary(name: str, reference: Any, domain: str = "any", torch: Any = None, kinks: Any = (),
          differentiable: bool = True, **static: Any) -> Record:  # fmt: skip
    samples = [Sample((_values(name, s, domain),), static) for s in SHAPES]
    corners = [Sample((np.array(k),), static) for k in kinks]
    return Record(name, reference, samples, torch, corners, differentiable)


def binary(name: str, reference: Any, domains: tuple[str, str] = ("any", "any"), torch: Any = None,
           numbers: tuple[float, float] | None = (1.7, 0.6), kinks: Any = (),
           extra: Any = (), differentiable: bool = True) -> Record:  # fmt: skip
    """`numbers`: Python numbers to stand on the left and on the right of an array."""
    samples = [
        Sample((_values(name, x, domains[0]), _values(name + "2", y, domains[1]))) for x, y in PAIRS
    ]
    if numbers is not None:
        samples += [
            Sample((numbers[0], _values(name, (2, 3), domains[1]))),
            Sample((_values(name, (2, 3), domains[0]), numbers[1])),
        ]
    corners = [Sample(tuple(np.array(v) if isinstance(v, list) else v for v in k)) for k in kinks]
    return Record(name, reference, samples + list(extra), torch, corners, differentiable)


AXES: list[tuple[tuple[int, ...], Any]] = [
    ((), None), ((1,), 0), ((4,), None), ((4,), -1), ((2, 3), None), ((2, 3), 0), ((2, 3), -1),
    ((2, 3), (0, 1)), ((2, 3, 2), (0, -1)), ((2, 3, 2), (-2,)), ((2, 3, 2), (2, 0)), ((1, 3), 0),
]  # fmt: skip
EMPTY: list[tuple[tuple[int, ...], Any]] = [((0,), None), ((0, 3), 0), ((0, 3), 1)]


def reduction(name: str, reference: Any, domain: str, torch: Any, empty: Any = EMPTY,
              kinks: Any = ()) -> Record:  # fmt: skip
    samples = [
        Sample((_values(name, shape, domain),), {"axis": axis, "keepdims": keepdims})
        for shape, axis in [*AXES, *empty]
        for keepdims in (False, True)
    ]
    corners = [
        Sample((np.array(x),), {"axis": axis, "keepdims": keepdims})
        for x, axis in kinks
        for keepdims in (False, True)
    ]
    return Record(name, reference, samples, torch, corners)


def along(name: str, reference: Any, torch: Any, pair: bool = False) -> Record:
    """Softmax and its relatives: one axis, and for the gradients two arrays."""
    samples = []
    for shape, axis in [((4,), 0), ((1,), 0), ((2, 3), 1), ((2, 3), -1), ((2, 3), 0), ((2, 3, 2), -2),
                        ((0, 3), 1)]:  # fmt: skip
        args = (_values(name, shape, "any"),)
        samples.append(Sample(args + ((_values(name + "2", shape, "any"),) if pair else ()),
                              {"axis": axis}))  # fmt: skip
    return Record(name, reference, samples, torch)


def of(name: str, reference: Any, *samples: Sample, torch: Any = None) -> Record:
    return Record(name, reference, list(samples), torch)


def _dims(x: Any, axis: Any) -> Any:
    return tuple(range(x.ndim)) if axis is None else axis


def _onehot(target: np.ndarray, classes: int) -> np.ndarray:
    return np.eye(classes)[target]


def _softmax(x: np.ndarray, axis: int) -> np.ndarray:
    e = np.exp(x)
    return e / e.sum(axis, keepdims=True)


def _add_at(x: np.ndarray, shape: Any, index: Any) -> np.ndarray:
    out = np.zeros(shape)
    np.add.at(out, index, x)
    return out


def _add_rows(x: np.ndarray, index: np.ndarray, rows: int, axis: int) -> np.ndarray:
    """Written as loops: nothing to get wrong."""
    moved = np.moveaxis(x, axis, 0)
    out = np.zeros((rows, *moved.shape[1:]))
    for i, row in zip(index, moved, strict=True):
        out[i] += row
    return np.moveaxis(out, 0, axis)


def _add_along_axis(x: np.ndarray, index: np.ndarray, length: int, axis: int) -> np.ndarray:
    shape = list(x.shape)
    shape[axis] = length
    out = np.zeros(shape)
    for place in np.ndindex(x.shape):
        target = list(place)
        target[axis] = index[place]
        out[tuple(target)] += x[place]
    return out


def _cross_entropy(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = _softmax(x, 1)
    return -np.log(p[np.arange(len(t)), t]), p


def _torch() -> Any:
    return pytest.importorskip("torch")


def _torch_cross_entropy(x: Any, t: Any) -> Any:
    return _torch().nn.functional.cross_entropy(x, t, reduction="none"), x.softmax(1)


def _logsumexp(x: np.ndarray, axis: Any, keepdims: bool) -> np.ndarray:
    return np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims))


def _sum_to(x: np.ndarray, shape: Any) -> np.ndarray:
    """What undoes broadcasting, by its definition: <sum_to(x), y> = <x, broadcast(y)>."""
    out = np.zeros(shape)
    for i in np.ndindex(tuple(shape)):
        unit = np.zeros(shape)
        unit[i] = 1.0
        out[i] = np.sum(x * np.broadcast_to(unit, x.shape))
    return out


_erf = np.vectorize(math.erf, otypes=[float])
_v = _values
_KINKS = [[0.0, -0.0, 1.0, -1.0]]
_T3 = np.array([2, 0, 2])
_ROWS = np.array([2, 0, 2, 1])

# ------------------------------------------------------------------------ the table

RECORDS = [
    # arithmetic
    binary("add", np.add, torch=lambda x, y: x + y),
    binary("subtract", np.subtract, torch=lambda x, y: x - y),
    binary("multiply", np.multiply, torch=lambda x, y: x * y),
    binary("divide", np.divide, ("any", "not0"), torch=lambda x, y: x / y),
    binary(
        "power", np.power, ("positive", "any"), torch=lambda x, y: x**y, numbers=(2.5, 1.7),
        extra=[Sample((_v("power", (2, 3), "not0"), n)) for n in (0, 1, 2, 3, -1, -2, 2.0, 0.0)],
        kinks=[
            ([0.0, 0.0, 0.0, 2.0, -2.0, 1.0], [0.0, 1.0, 2.0, 0.0, 3.0, 5.0]),
            ([0.0, 2.0, -3.0], 0), ([0.0, 2.0, -3.0], 1), ([0.0, 2.0, -3.0], 2),
            ([0.0, 2.0, -3.0], 3), (0.0, [1.0, 2.5]), (1.0, [0.0, 2.5]),
        ],
    ),
    Record(
        "where", np.where,
        [
            Sample((np.array(c, dtype=bool), _v("where", x, "any"), _v("where2", y, "any")))
            for c, x, y in [
                (True, (), ()), ([True, False, True], (3,), (3,)), ([True, False, True], (2, 3), ()),
                ([[True], [False]], (3,), (2, 1)), (False, (2, 3), (3,)), ([], (0,), (1,)),
            ]
        ]
        + [Sample((np.array([True, False]), 2.0, _v("where", (3, 2), "any")))]
        + [Sample((np.array([True, False]), _v("where", (3, 2), "any"), -1.0))],
        torch=lambda c, x, y: _torch().where(c, x, y),
    ),
    binary(
        "maximum", np.maximum, torch=lambda x, y: _torch().maximum(x, _tensor(y)),
        numbers=None, extra=[Sample((_v("maximum", (2, 3), "not0"), 0.0))],
        kinks=[([1.0, 2.0, 3.0], [1.0, 5.0, 0.0]), ([2.0], [[2.0], [1.0]]), ([0.0, 1.0], 0.0)],
    ),
    binary(
        "minimum", np.minimum, torch=lambda x, y: _torch().minimum(x, _tensor(y)),
        numbers=None, extra=[Sample((_v("minimum", (2, 3), "not0"), 0.0))],
        kinks=[([1.0, 2.0, 3.0], [1.0, 5.0, 0.0]), ([2.0], [[2.0], [1.0]]), ([0.0, 1.0], 0.0)],
    ),
    binary("equal", np.equal, differentiable=False),
    binary("not_equal", np.not_equal, differentiable=False),
    binary("less", np.less, differentiable=False),
    binary("less_equal", np.less_equal, differentiable=False),
    binary("greater", np.greater, differentiable=False),
    binary("greater_equal", np.greater_equal, differentiable=False),
    *[
        Record(
            name, reference,
            [Sample((np.array([True, True, False, False]), np.array([True, False, True, False])))],
            differentiable=False,
        )
        for name, reference in [("logical_and", np.logical_and), ("logical_or", np.logical_or)]
    ],
    Record("logical_not", np.logical_not, [Sample((np.array([True, False]),))], differentiable=False),
    # functions of one number
    unary("identity", lambda x: x, torch=lambda x: x.clone()),
    unary("negative", np.negative, torch=lambda x: -x),
    unary("abs", np.abs, "not0", torch=lambda x: x.abs(), kinks=_KINKS),
    unary("exp", np.exp, torch=lambda x: x.exp()),
    unary("expm1", np.expm1, torch=lambda x: x.expm1()),
    unary("log", np.log, "positive", torch=lambda x: x.log()),
    unary("log1p", np.log1p, "positive", torch=lambda x: x.log1p()),
    unary("sqrt", np.sqrt, "positive", torch=lambda x: x.sqrt()),
    unary("square", np.square, torch=lambda x: x.square(), kinks=_KINKS),
    unary("reciprocal", np.reciprocal, "not0", torch=lambda x: x.reciprocal()),
    unary("sin", np.sin, torch=lambda x: x.sin()),
    unary("cos", np.cos, torch=lambda x: x.cos()),
    unary("tanh", np.tanh, torch=lambda x: x.tanh()),
    unary("erf", _erf, torch=lambda x: x.erf()),
    unary("normal_cdf", lambda x: 0.5 * (1 + _erf(x / math.sqrt(2))),
          torch=lambda x: _torch().special.ndtr(x)),
    Record(
        "clip", lambda x, min, max: np.clip(x, min, max) if (min, max) != (None, None) else x,
        [
            Sample((np.asarray(_v("clip", s, "distinct") + 0.03),), {"min": low, "max": high})
            for s in SHAPES
            for low, high in [(-0.3, 0.2), (None, 0.0), (0.0, None)]
        ],
        torch=lambda x, min, max: x.clamp(min, max),
        kinks=[
            Sample((np.array([-1.0, -0.5, 0.0, 0.5, 1.0]),), {"min": -0.5, "max": 0.5}),
            Sample((np.array([-1.0, 0.0, 1.0]),), {"min": 0.0, "max": None}),
            Sample((np.array([-1.0, 0.0, 1.0]),), {"min": None, "max": 0.0}),
        ],
    ),
    unary("astype", lambda x, dtype: x.astype(dtype), torch=lambda x, dtype: x.double(),
          dtype="float64"),
    unary("sign", np.sign, differentiable=False),
    unary("floor", np.floor, differentiable=False),
    unary("ceil", np.ceil, differentiable=False),
    unary("round", np.round, differentiable=False),
    unary("isnan", np.isnan, differentiable=False),
    unary("isfinite", np.isfinite, differentiable=False),
    # reductions
    reduction("sum", np.sum, "any",
              lambda x, axis, keepdims: x.sum(dim=_dims(x, axis), keepdim=keepdims)),
    reduction("mean", np.mean, "any",
              lambda x, axis, keepdims: x.mean(dim=_dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)]),
    reduction("max", np.max, "distinct",
              lambda x, axis, keepdims: x.amax(dim=_dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)],
              kinks=[([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], 1), ([[1.0, 1.0], [1.0, 0.0]], None)]),
    reduction("min", np.min, "distinct",
              lambda x, axis, keepdims: x.amin(dim=_dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)],
              kinks=[([[1.0, 1.0, 3.0], [2.0, 2.0, 2.0]], 1), ([[1.0, 0.0], [0.0, 0.0]], (0, 1))]),
    reduction("logsumexp", _logsumexp, "any",
              lambda x, axis, keepdims: x.logsumexp(dim=_dims(x, axis), keepdim=keepdims),
              empty=[((0, 3), 1)]),
    unary("sum_of_squares", lambda x: np.sum(x * x), torch=lambda x: (x * x).sum()),
    of(
        "sum_to", _sum_to,
        *[
            Sample((_v("sum_to", x, "any"),), {"shape": shape})
            for x, shape in [((), ()), ((2, 3), ()), ((2, 3), (3,)), ((2, 3), (2, 1)), ((2, 3), (2, 3)),
                             ((4, 2, 3), (1, 3)), ((0, 3), (1, 3)), ((2, 1), (1, 1)), ((0,), (1,))]
        ],
        torch=lambda x, shape: x.sum_to_size(shape),
    ),
    *[
        Record(
            name, reference,
            [
                Sample((_v(name, s, "distinct"),), {"axis": axis, "keepdims": keepdims})
                for s, axis in [((4,), None), ((4,), 0), ((2, 3), None), ((2, 3), 0), ((2, 3), -1)]
                for keepdims in (False, True)
            ]
            + [Sample((np.array([3.0, 1.0, 1.0, 3.0]),), {"axis": 0, "keepdims": False})],
            differentiable=False,
        )
        for name, reference in [("argmax", np.argmax), ("argmin", np.argmin)]
    ],
    # shapes
    of(
        "reshape", np.reshape,
        *[
            Sample((_v("reshape", x, "any"),), {"shape": shape})
            for x, shape in [((), (1, 1)), ((1,), ()), ((2, 3), (6,)), ((2, 3), (3, -1)), ((6,), (1, 2, 3)),
                             ((0, 3), (3, 0)), ((2, 3), (2, 3))]
        ],
        torch=lambda x, shape: x.reshape(shape),
    ),
    of(
        "broadcast_to", np.broadcast_to,
        *[
            Sample((_v("broadcast_to", x, "any"),), {"shape": shape})
            for x, shape in [((), (2, 3)), ((1,), (4,)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((3,), (3,)),
                             ((2, 1, 3), (4, 2, 5, 3)), ((1, 3), (0, 3)), ((), ())]
        ],
        torch=lambda x, shape: x.broadcast_to(shape),
    ),
    of(
        "matrix_transpose", lambda x: np.swapaxes(x, -1, -2),
        *[Sample((_v("mT", s, "any"),)) for s in [(2, 3), (1, 1), (4, 2, 3), (0, 3)]],
        torch=lambda x: x.mT,
    ),
    of(
        "permute_dims", np.transpose,
        *[
            Sample((_v("permute", s, "any"),), {"axes": axes})
            for s, axes in [((), ()), ((3,), (0,)), ((2, 3), (1, 0)), ((2, 3, 4), (2, 0, 1)),
                            ((2, 3, 4), (-1, 0, -2)), ((0, 3), (1, 0))]
        ],
        torch=lambda x, axes: x.permute(axes),
    ),
    of(
        "concat", lambda *xs, axis: np.concatenate(xs, axis),
        *[
            Sample(tuple(_v(f"concat{i}", s, "any") for i, s in enumerate(shapes)), {"axis": axis})
            for shapes, axis in [([(3,)], 0), ([(3,), (1,), (0,)], 0), ([(2, 3), (2, 1)], 1),
                                 ([(2, 3), (2, 1)], -1), ([(1, 2, 2), (3, 2, 2)], -3), ([(0, 3), (2, 3)], 0)]
        ],
        torch=lambda *xs, axis: _torch().cat(xs, axis),
    ),
    # taking elements
    of(
        "getitem", lambda x, index: x[index],
        *[
            Sample((_v("getitem", s, "any"),), {"index": index})
            for s, index in [
                ((4,), 1), ((4,), -1), ((4,), slice(1, 3)), ((4,), slice(None, None, -2)),
                ((2, 3), (0, 1)), ((2, 3), (slice(None), -1)), ((2, 3), (Ellipsis, 0)),
                ((2, 3), (None, slice(None), None, 1)), ((2, 3, 2), (1, slice(0, 2), Ellipsis)), ((), ()),
                ((), (None,)), ((0, 3), (slice(None), 1)), ((4,), slice(2, 2)),
                ((2, 3), (np.array([[True, False, True], [False, False, True]]),)),
                ((2, 3), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -1]))),
                ((4,), (np.array([[0, 3], [3, -1]]),)),
            ]
        ],
        torch=lambda x, index: _torch_getitem(x, index),
    ),
    of(
        "add_at", _add_at,
        *[
            Sample((_v("add_at", s, "any"),), {"shape": shape, "index": index})
            for s, shape, index in [
                ((), (4,), 1), ((2,), (4,), slice(1, 3)), ((2,), (2, 3), (slice(None), -1)),
                ((1, 2, 1), (2, 3), (None, slice(None), None, 1)), ((), (), ()), ((0,), (4,), slice(2, 2)),
                ((4,), (2, 3), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -1]))),
                ((2, 2), (4,), (np.array([[0, 3], [3, -1]]),)),
            ]
        ],
    ),
    of(
        "take", lambda x, index, axis: np.take(x, index, axis),
        *[
            Sample((_v("take", s, "any"), np.array(index, dtype=int)), {"axis": axis})
            for s, index, axis in [((4,), [0, 3, 3], 0), ((4,), [], 0), ((2, 3), [2, 2, 0, 1], 1),
                                   ((2, 3), [1, 1], -2), ((2, 3, 2), [0, 2], -2), ((1,), [0, 0], 0),
                                   ((4,), [-1, 3, -4], 0), ((0, 3), [1], 1)]
        ],
        torch=lambda x, index, axis: x.index_select(axis, index % x.shape[axis]),
    ),
    of(
        "add_rows", _add_rows,
        *[
            Sample((_v("add_rows", s, "any"), np.array(index)), {"rows": rows, "axis": axis})
            for s, index, rows, axis in [((4,), _ROWS, 3, 0), ((2, 4), _ROWS, 5, 1), ((4, 2), _ROWS, 3, -2),
                                         ((2, 4, 2), _ROWS, 3, 1), ((2,), [-1, 2], 3, 0)]
        ],
    ),
    of(
        "take_along_axis", lambda x, index, axis: np.take_along_axis(x, index, axis),
        *[
            Sample((_v("taa", s, "any"), np.array(index, dtype=int)), {"axis": axis})
            for s, index, axis in [((4,), [0, 3, 3], 0), ((2, 3), [[2, 2], [0, 1]], 1),
                                   ((2, 3), [[2, 2], [0, 1]], -1), ((2, 3), [[1, 0, 0]], 0),
                                   ((2, 3), [[-1], [0]], 1)]
        ],
        torch=lambda x, index, axis: x.gather(axis, index % x.shape[axis]),
    ),
    of(
        "add_along_axis", _add_along_axis,
        *[
            Sample((_v("aaa", np.shape(index), "any"), np.array(index)), {"length": n, "axis": axis})
            for index, n, axis in [([0, 3, 3], 4, 0), ([[2, 2], [0, 1]], 3, 1), ([[2, 2], [0, 1]], 3, -1),
                                   ([[1, 0, 0]], 2, 0), ([[-1], [0]], 3, 1)]
        ],
    ),
    # matrix products
    of(
        "matmul", np.matmul,
        *[
            Sample((_v("matmul", x, "any"), _v("matmul2", y, "any")))
            for x, y in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((1, 1), (1, 1)),
                         ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((5, 2, 3), (5, 3, 4)),
                         ((5, 1, 2, 3), (4, 3, 2)), ((3,), (5, 3, 4)), ((5, 2, 3), (3,)),
                         ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 2, 3), (5, 3, 1))]
        ],
        torch=lambda x, y: x @ y,
    ),
    of(
        "linear", lambda x, w, b: x @ w.T + (0 if b is None else b),
        *[
            Sample((_v("linear", x, "any"), _v("linear2", (4, 3), "any"), bias))
            for x in [(2, 3), (3,), (5, 2, 3), (0, 3), (1, 3)]
            for bias in (_v("linear3", (4,), "any"), None)
        ],
        torch=lambda x, w, b: _torch().nn.functional.linear(x, w, b),
    ),
    # activations
    unary("relu", lambda x: np.where(x > 0, x, 0), "not0", torch=lambda x: x.relu(), kinks=_KINKS),
    Record(
        "relu_grad", lambda g, out: np.where(out > 0, g, 0),
        [Sample((_v("rg", s, "any"), _v("rg2", s, "not0"))) for s in SHAPES],
    ),
    unary("leaky_relu", lambda x, slope: np.where(x > 0, x, slope * x), "not0", slope=0.1,
          torch=lambda x, slope: _torch().nn.functional.leaky_relu(x, slope), kinks=_KINKS),
    unary("elu", lambda x, alpha: np.where(x > 0, x, alpha * np.expm1(x)), "not0", alpha=1.3,
          torch=lambda x, alpha: _torch().nn.functional.elu(x, alpha)),
    unary("sigmoid", lambda x: 1 / (1 + np.exp(-x)), torch=lambda x: x.sigmoid()),
    unary("softplus", lambda x: np.log1p(np.exp(x)),
          torch=lambda x: _torch().nn.functional.softplus(x)),
    along("softmax", _softmax, lambda x, axis: x.softmax(axis)),
    along("log_softmax", lambda x, axis: np.log(_softmax(x, axis)),
          lambda x, axis: x.log_softmax(axis)),
    along("softmax_grad", lambda g, out, axis: out * (g - np.sum(g * out, axis, keepdims=True)),
          lambda g, out, axis: out * (g - (g * out).sum(axis, keepdim=True)), pair=True),
    along("log_softmax_grad", lambda g, out, axis: g - np.exp(out) * np.sum(g, axis, keepdims=True),
          lambda g, out, axis: g - out.exp() * g.sum(axis, keepdim=True), pair=True),
    # losses
    of(
        "softmax_cross_entropy", _cross_entropy,
        Sample((_v("sce", (3, 4), "any"), _T3)), Sample((_v("sce", (1, 2), "any"), np.array([1]))),
        Sample((_v("sce", (3, 3), "any"), _T3.astype("int32"))),
        Sample((_v("sce", (0, 3), "any"), np.zeros(0, int))), Sample((_v("sce", (2, 1), "any"), np.array([0, 0]))),
        torch=_torch_cross_entropy,
    ),
    of(
        "softmax_cross_entropy_grad", lambda g, p, t: g[:, None] * (p - _onehot(t, p.shape[1])),
        Sample((_v("sceg", (3,), "any"), _v("sceg", (3, 4), "probability"), _T3)),
        Sample((_v("sceg", (1,), "any"), _v("sceg", (1, 2), "probability"), np.array([1]))),
        Sample((_v("sceg", (0,), "any"), _v("sceg", (0, 2), "any"), np.zeros(0, int))),
    ),
    binary(
        "binary_cross_entropy", lambda p, t: -t * np.log(p) - (1 - t) * np.log1p(-p),
        ("probability", "probability"), numbers=None,
        torch=lambda p, t: _torch().nn.functional.binary_cross_entropy(
            *_torch().broadcast_tensors(p, t), reduction="none"),
    ),
]  # fmt: skip

BY_NAME = {r.name: r for r in RECORDS}
CASES = [pytest.param(r, s, id=f"{r.name}-{s!r}") for r in RECORDS for s in r.samples]
SMOOTH = [
    pytest.param(r, s, id=f"{r.name}-{s!r}") for r in RECORDS if r.differentiable for s in r.samples
]
WITH_TORCH = [
    pytest.param(r, s, id=f"{r.name}-{s!r}-{'kink' if s in r.kinks else 'smooth'}")
    for r in RECORDS
    if r.torch
    for s in [*r.samples, *r.kinks]
]


def _tensor(y: Any) -> Any:
    torch = _torch()
    return y if isinstance(y, torch.Tensor) else torch.tensor(y, dtype=torch.float64)


def _torch_getitem(x: Any, index: Any) -> Any:
    torch = _torch()
    parts = index if isinstance(index, tuple) else (index,)
    if any(isinstance(i, slice) and (i.step or 1) < 0 for i in parts):  # which PyTorch has not
        return x.flip(0)[:: -parts[0].step]
    return x[tuple(torch.tensor(i) if isinstance(i, np.ndarray) else i for i in parts)]


def _static(static: dict[str, Any], backend: backends.Backend) -> dict[str, Any]:
    """The static arguments as the primitive wants them: the backend's dtypes and arrays."""

    def convert(key: str, value: Any) -> Any:
        if key == "dtype":
            return getattr(backend.xp, value)
        if isinstance(value, tuple):
            return tuple(convert("", v) for v in value)
        return backend.from_host(value) if isinstance(value, np.ndarray) else value

    return {k: convert(k, v) for k, v in static.items()}


def _call(record: Record, sample: Sample, backend: backends.Backend) -> tuple[Any, list[bp.Tensor]]:
    """(a function of the differentiated inputs alone, those inputs)."""
    primitive, static = getattr(rules, record.name), _static(sample.static, backend)
    fixed = [
        bp.asarray(a, device=backend.name) if isinstance(a, np.ndarray) else a for a in sample.args
    ]
    places = [i for i, a in enumerate(fixed) if isinstance(a, bp.Tensor) and a.dtype.kind == "f"]

    def f(*xs: bp.Tensor) -> Any:
        args = list(fixed)
        for i, x in zip(places, xs, strict=True):
            args[i] = x
        return primitive(*args, **static)

    return f, [fixed[i] for i in places]


def _tuple(out: Any) -> tuple[Any, ...]:
    return out if isinstance(out, tuple) else (out,)


# ------------------------------------------------------------------------ the tests


def test_every_primitive_has_a_record() -> None:
    primitives = {name for name, value in vars(rules).items() if isinstance(value, Primitive)}
    for module in vars(rules).values():
        if getattr(module, "__name__", "").startswith("backprop.rules."):
            primitives |= {n for n, v in vars(module).items() if isinstance(v, Primitive)}
    assert primitives == set(BY_NAME)


def test_every_primitive_says_whether_it_has_a_derivative() -> None:
    for record in RECORDS:
        primitive = getattr(rules, record.name)
        assert (primitive.rules is not None) == record.differentiable, record.name


@pytest.mark.parametrize(("record", "sample"), CASES)
def test_value(record: Record, sample: Sample, backend: backends.Backend) -> None:
    f, xs = _call(record, sample, backend)
    got = _tuple(f(*xs))
    expected = _tuple(record.reference(*sample.args, **sample.static))
    assert len(got) == len(expected)
    for g, e in zip(got, expected, strict=True):
        e = np.asarray(e)
        assert g.shape == e.shape
        assert g.dtype == e.dtype
        assert g.device == backend.name
        np.testing.assert_allclose(g.numpy(), e, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("record", "sample"), SMOOTH)
def test_derivatives_against_differences(
    record: Record, sample: Sample, backend: backends.Backend
) -> None:
    f, xs = _call(record, sample, backend)
    assert bp.gradcheck(f, xs, order=2)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("record", "sample"), SMOOTH)
def test_gradients_are_like_their_inputs(record: Record, sample: Sample, dtype: str) -> None:
    """Shape and dtype, sizes 0 and 1 included; and in float32 the values of float64, roughly."""
    f, xs = _call(record, sample, backends.get("cpu"))
    if record.name == "astype" and dtype == "float32":
        pytest.skip("its dtype is an argument")
    variables = [x.astype(dtype).detach().requires_grad_() for x in xs]
    outs = _tuple(f(*variables))
    assert all(o.dtype == dtype for o in outs)
    found = gradients(outs, variables, [bp.ones_like(o) for o in outs])
    doubles = [x.detach().requires_grad_() for x in xs]
    exact = gradients(
        _tuple(f(*doubles)), doubles, [bp.ones(o.shape, dtype="float64") for o in outs]
    )
    for variable, slope, reference in zip(variables, found, exact, strict=True):
        if slope is None:
            assert reference is None
            continue
        assert slope.shape == variable.shape
        assert slope.dtype == dtype
        np.testing.assert_allclose(slope.numpy(), reference.numpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "record", [r for r in RECORDS if not r.differentiable], ids=lambda r: r.name
)
def test_no_gradient_passes(record: Record, backend: backends.Backend) -> None:
    f, xs = _call(record, record.samples[-1], backend)
    out = f(*[x.requires_grad_() for x in xs])
    assert not out.requires_grad


def _strided(a: np.ndarray) -> np.ndarray:
    return np.repeat(a, 2, axis=-1)[..., ::2]


def _reversed(a: np.ndarray) -> np.ndarray:
    return a[::-1].copy()[::-1]


def _read_only(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    a.flags.writeable = False
    return a


@pytest.mark.parametrize("layout", [_strided, _reversed, np.asfortranarray, _read_only])
@pytest.mark.parametrize("record", [r for r in RECORDS if r.differentiable], ids=lambda r: r.name)
def test_layout_of_memory_does_not_matter(record: Record, layout: Any) -> None:
    cpu = backends.get("cpu")
    for sample in record.samples:
        args = tuple(
            layout(a) if isinstance(a, np.ndarray) and a.ndim > 0 else a for a in sample.args
        )
        results = []
        for s in (sample, Sample(args, sample.static)):
            f, xs = _call(record, s, cpu)
            before = [x.numpy().copy() for x in xs]
            xs = [x.requires_grad_() for x in xs]
            outs = _tuple(f(*xs))
            slopes = gradients(outs, xs, [bp.ones_like(o) for o in outs])
            results.append([t.detach().numpy() for t in (*outs, *slopes) if t is not None])
            for x, b in zip(xs, before, strict=True):
                np.testing.assert_array_equal(x.detach().numpy(), b, "an input was overwritten")
        for plain, other in zip(*results, strict=True):
            np.testing.assert_allclose(other, plain, rtol=1e-13, atol=1e-15)


# ------------------------------------------------------------------ against PyTorch


def _twice(f: Any, xs: list[Any], sum_of: Any, grad: Any, weights: Any) -> list[list[Any]]:
    """Values; d(w · f); d(v · d(w · f)): the same three lines for either library."""
    outs = _tuple(f(*xs))
    first = grad(sum_of(outs, weights), xs)
    second = grad(sum_of(first, weights), xs)
    return [list(outs), first, second]


@pytest.mark.parametrize(("record", "sample"), WITH_TORCH)
def test_against_torch(record: Record, sample: Sample) -> None:
    torch = _torch()
    rng = np.random.default_rng(0)
    pool = rng.uniform(0.5, 1.5, 1000)

    def weights(shape: Any) -> np.ndarray:
        return pool[: math.prod(shape)].reshape(tuple(shape))

    with np.errstate(all="ignore"):
        f, ours = _call(record, sample, backends.get("cpu"))
        ours = [x.requires_grad_() for x in ours]

        def our_sum(terms: Any, w: Any) -> bp.Tensor:
            return sum(
                ((t * bp.asarray(w(t.shape))).sum() for t in terms), bp.zeros((), dtype="float64")
            )

        def our_grad(total: bp.Tensor, xs: Any) -> list[bp.Tensor]:
            if not total.requires_grad:
                return [bp.zeros_like(x) for x in xs]
            found = gradients([total], xs, create_graph=True)
            return [bp.zeros_like(x) if s is None else s for s, x in zip(found, xs, strict=True)]

        got = _twice(f, ours, our_sum, our_grad, weights)

    args = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in sample.args]
    args = [a.long() if isinstance(a, torch.Tensor) and a.dtype == torch.int32 else a for a in args]
    theirs = [
        a.requires_grad_() for a in args if isinstance(a, torch.Tensor) and a.is_floating_point()
    ]

    def their_sum(terms: Any, w: Any) -> Any:
        zero = torch.zeros((), dtype=torch.float64)
        return sum(((t * torch.tensor(w(t.shape))).sum() for t in terms), zero)

    def their_grad(total: Any, xs: Any) -> Any:
        if not total.requires_grad:
            return [torch.zeros_like(x) for x in xs]
        return list(
            torch.autograd.grad(
                total, xs, create_graph=True, allow_unused=True, materialize_grads=True
            )
        )

    expected = _twice(
        lambda *_: record.torch(*args, **sample.static), theirs, their_sum, their_grad, weights
    )
    for what, a, b in zip(("value", "first", "second"), got, expected, strict=True):
        for i, (mine, other) in enumerate(zip(a, b, strict=True)):
            mine, other = mine.detach().numpy(), other.detach().numpy(force=True)
            if (
                record.name == "power" and what == "second"
            ):  # 0^y: PyTorch gives up sooner than we do
                mine = np.where(np.isnan(other), other, mine)
            np.testing.assert_allclose(
                mine, other, rtol=1e-10, atol=1e-10, err_msg=f"{what} derivative {i}"
            )


# ------------------------------------------------------------------- special values

INF, NAN = math.inf, math.nan
SPECIAL = [
    ("exp", {}, -INF, 0.0), ("exp", {}, INF, INF), ("exp", {}, 0.0, 1.0),
    ("expm1", {}, 1e-20, 1e-20), ("expm1", {}, -INF, -1.0),
    ("log", {}, 1.0, 0.0), ("log", {}, INF, INF),
    ("log1p", {}, 1e-20, 1e-20), ("log1p", {}, INF, INF),
    ("sqrt", {}, 0.0, 0.0), ("sqrt", {}, INF, INF),
    ("tanh", {}, INF, 1.0), ("tanh", {}, -INF, -1.0), ("tanh", {}, 1e-20, 1e-20),
    ("erf", {}, INF, 1.0), ("erf", {}, -INF, -1.0), ("erf", {}, 0.0, 0.0), ("erf", {}, 1e-20, 1.1283791670955126e-20),
    ("normal_cdf", {}, INF, 1.0), ("normal_cdf", {}, -INF, 0.0), ("normal_cdf", {}, 0.0, 0.5),
    ("sigmoid", {}, 1000.0, 1.0), ("sigmoid", {}, -1000.0, 0.0), ("sigmoid", {}, -INF, 0.0),
    ("sigmoid", {}, INF, 1.0), ("sigmoid", {}, -40.0, math.exp(-40) / (1 + math.exp(-40))),
    ("softplus", {}, 1000.0, 1000.0), ("softplus", {}, -1000.0, 0.0), ("softplus", {}, INF, INF),
    ("softplus", {}, -50.0, math.exp(-50)),
    ("relu", {}, -INF, 0.0), ("relu", {}, INF, INF), ("relu", {}, -1e-300, 0.0),
    ("leaky_relu", {"slope": 0.5}, -4.0, -2.0), ("leaky_relu", {"slope": 0.0}, -4.0, 0.0),
    ("elu", {"alpha": 2.0}, -1000.0, -2.0), ("elu", {"alpha": 1.0}, 1000.0, 1000.0),
    ("elu", {"alpha": 1.0}, -1e-20, -1e-20),
    ("abs", {}, -0.0, 0.0), ("abs", {}, -INF, INF), ("sign", {}, 0.0, 0.0), ("sign", {}, -INF, -1.0),
    ("reciprocal", {}, INF, 0.0), ("square", {}, -INF, INF),
    ("floor", {}, -0.5, -1.0), ("ceil", {}, -0.5, 0.0), ("round", {}, 0.5, 0.0), ("round", {}, 1.5, 2.0),
    ("isnan", {}, NAN, True), ("isnan", {}, INF, False), ("isfinite", {}, INF, False),
    ("isfinite", {}, NAN, False), ("isfinite", {}, 1.0, True),
    ("clip", {"min": -1.0, "max": 1.0}, INF, 1.0), ("clip", {"min": -1.0, "max": 1.0}, -INF, -1.0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "static", "x", "expected"), SPECIAL)
def test_special_values(
    name: str, static: Any, x: float, expected: float, backend: backends.Backend
) -> None:
    """No warning either: the test run turns them into errors."""
    out = getattr(rules, name)(bp.asarray(np.array([x]), device=backend.name), **static)
    np.testing.assert_allclose(out.numpy(), [expected], rtol=1e-14, atol=0)


@pytest.mark.parametrize(
    "record",
    [r for r in RECORDS if len(r.samples[0].args) == 1 and r.differentiable and "index" not in r.samples[0].static],
    ids=lambda r: r.name,
)  # fmt: skip
def test_nan_is_not_hidden(record: Record, backend: backends.Backend) -> None:
    sample = next(s for s in record.samples if s.args[0].size > 1)
    x = sample.args[0].copy()
    x.flat[0] = NAN
    out = getattr(rules, record.name)(
        bp.asarray(x, device=backend.name), **_static(sample.static, backend)
    )
    assert np.isnan(out.numpy()).any()


@pytest.mark.parametrize(
    ("name", "x", "slope"),
    [("sigmoid", 1000.0, 0.0), ("sigmoid", -1000.0, 0.0), ("softplus", 1000.0, 1.0), ("softplus", -1000.0, 0.0),
     ("tanh", 1000.0, 0.0), ("normal_cdf", 1000.0, 0.0), ("erf", -1000.0, 0.0), ("relu", 1000.0, 1.0),
     ("sqrt", 0.25, 1.0), ("log1p", 0.0, 1.0), ("expm1", 0.0, 1.0)],
)  # fmt: skip
def test_special_slopes(make: Any, name: str, x: float, slope: float) -> None:
    assert float(bp.grad(getattr(rules, name))(make(x).detach())) == slope


def test_large_logits(make: Any) -> None:
    logits = make([[1000.0, -1000.0, 0.0], [-1000.0, -1000.0, -1000.0]])
    loss, probs = rules.softmax_cross_entropy(logits, make(np.array([1, 2])))
    np.testing.assert_allclose(loss.detach().numpy(), [2000.0, math.log(3)], rtol=1e-15)
    np.testing.assert_allclose(probs.detach().numpy(), [[1, 0, 0], [1 / 3] * 3], rtol=1e-15)
    loss.sum().backward()
    expected = [[1, -1, 0], [1 / 3, 1 / 3, -2 / 3]]
    np.testing.assert_allclose(logits.grad.numpy(), expected, rtol=1e-15, atol=1e-16)
    for shift in (1000.0, -1000.0):
        x = make([shift, shift])
        np.testing.assert_allclose(rules.softmax(x, axis=0).detach().numpy(), [0.5, 0.5])
        np.testing.assert_allclose(
            rules.log_softmax(x, axis=0).detach().numpy(), [-math.log(2)] * 2, rtol=1e-15
        )
        total = rules.logsumexp(x, axis=0, keepdims=False)
        assert total.item() == pytest.approx(shift + math.log(2), rel=1e-15)


def test_logsumexp_of_infinities(make: Any) -> None:
    x = make([0.0, -INF])
    out = rules.logsumexp(x, axis=None, keepdims=False)
    assert out.item() == 0.0
    out.backward()
    assert x.grad.tolist() == [1.0, 0.0]
    assert rules.logsumexp(make([INF, 1.0]), axis=None, keepdims=False).item() == INF


def test_binary_cross_entropy_of_certainty(make: Any) -> None:
    """PyTorch's convention: log is held above -100, so that being certain and wrong costs 100."""
    loss = rules.binary_cross_entropy(make([0.0, 0.0, 1.0, 1.0]), make([0.0, 1.0, 0.0, 1.0]))
    assert loss.detach().numpy().tolist() == [0.0, 100.0, 100.0, 0.0]


def test_power_of_integers_to_integers(backend: backends.Backend) -> None:
    x = bp.asarray([2, 3], device=backend.name)
    assert (x**2).tolist() == [4, 9]
    assert (x**2).dtype == bp.int64
