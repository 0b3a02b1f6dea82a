"""The portable kernels against mathematics, the fast ones against the portable."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
from backends import Backend, kernels, portable
from backends.cpu import kernels as fast
from backends.dispatch import Kernel, only

SHAPES = [(1,), (5,), (0,), (2, 3), (4, 1, 3), (3, 0)]
FLOATS = ["float32", "float64"]


def array(shape: Any, dtype: str, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


# ----------------------------------------------------- arguments for each fast kernel
# name -> function of a dtype that gives a list of (args, kwargs). Kernels that work in place
# return None and are compared by their arguments afterwards.


def _on_shapes(**kwargs: Any) -> Callable[[str], list[Any]]:
    return lambda dtype: [((array(s, dtype),), kwargs) for s in SHAPES]


def _pairs(dtype: str) -> list[Any]:
    return [((array(s, dtype), array(s, dtype, 1)), {}) for s in SHAPES]


def _reductions(empty: bool) -> Callable[[str], list[Any]]:
    axes = [
        ((5,), None),
        ((2, 3), 0),
        ((2, 3), -1),
        ((2, 3, 4), (0, 2)),
        ((2, 3), (1,)),
        ((0, 3), 1),
    ]
    axes += [((0,), None), ((0, 3), 0)] if empty else []
    return lambda dtype: [
        ((array(s, dtype),), {"axis": axis, "keepdims": keep})
        for s, axis in axes
        for keep in (False, True)
    ]


def _complexes(dtype: str) -> list[Any]:
    partner = {"float32": "complex64", "float64": "complex128"}[dtype]
    return [((array(s, dtype) + array(s, dtype, 1) * np.array(1j, partner),), {}) for s in SHAPES]


def _quotients(dtype: str) -> list[Any]:
    pairs = [*[args for args, _ in _pairs(dtype)], (array((3, 1), dtype), array(4, dtype, 1))]
    x = array(5, dtype)
    return [(p, {}) for p in [*pairs, (x, 0.3), (np.array([7, -7, 6]), np.array([2, -2, -3]))]]


def _softmaxes(dtype: str) -> list[Any]:
    cases = [((4,), 0), ((2, 3), 1), ((2, 3), -2), ((2, 3, 4), 1), ((0, 3), 1), ((2, 1), 1)]
    return [((array(s, dtype) * 10,), {"axis": axis}) for s, axis in cases]


def _targets(n: int, classes: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, classes, n)


_ROWS = [(1, 1), (4, 3), (7, 10), (0, 3)]


def _optimizer(*flags: str) -> Callable[..., Any]:
    """Flat buffers longer than a block, so that the cut between blocks is crossed."""

    def build(buffers: int, settings: list[dict[str, Any]], optional: tuple[int, ...] = ()) -> Any:
        def cases(dtype: str) -> list[Any]:
            out = []
            for size in (1, 17, fast._BLOCK + 5):
                for setting in settings:
                    without = setting.get("_without", ())
                    state = [
                        None if i in without else np.abs(array(size, dtype, 10 + i)) + 0.5
                        for i in range(buffers)
                    ]
                    kw = {k: v for k, v in setting.items() if k != "_without"}
                    out.append(((array(size, dtype), array(size, dtype, 1), *state), kw))
            return out

        return cases

    return build


_SGD = [
    {"lr": 0.1, "momentum": m, "dampening": d, "nesterov": n, "weight_decay": w, "_without": () if m else (0,)}
    for m, d, n in [(0.0, 0.0, False), (0.9, 0.0, False), (0.9, 0.3, False), (0.9, 0.0, True)]
    for w in (0.0, 0.01)
]  # fmt: skip
_ADAM = [
    {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": w, "decoupled": d,
     "correction1": 0.1, "correction2": 0.001}
    for w, d in [(0.0, False), (0.01, False), (0.01, True)]
]  # fmt: skip
_RMSPROP = [
    {"lr": 0.01, "alpha": 0.9, "eps": 1e-8, "weight_decay": w, "momentum": m, "_without": without}
    for w in (0.0, 0.01)
    for m, without in [(0.0, (1, 2)), (0.9, (1,))]
] + [
    {"lr": 0.01, "alpha": 0.5, "eps": 1e-2, "weight_decay": 0.0, "momentum": m, "_without": without}
    for m, without in [(0.0, (2,)), (0.9, ())]
]  # fmt: skip


def _rmsprop(dtype: str) -> list[Any]:
    cases = _optimizer()(3, _RMSPROP)(dtype)
    for args, _ in cases:  # the average's square must stay below the average of squares
        args[2][...] = 4.0
        if args[3] is not None:
            args[3][...] = 0.25
    return cases


_PAIR, _SQUARE = np.array([1, 1]), np.array([[0, -1], [1, 1]])
_INDICES: list[tuple[tuple[int, ...], Any]] = [
    ((4,), (1,)), ((4,), (slice(1, 3),)), ((2, 3), (slice(None), -1)), ((), ()), ((2, 3), (None, slice(None), None, 1)),
    ((4,), (slice(2, 2),)), ((4,), (..., slice(0, 3))), ((4,), (slice(9, None, -2),)), ((0, 3), (slice(None), 1)),
    ((2, 3), (np.array([0, 1, 0, 0]), np.array([1, 2, 1, -1]))), ((2, 3), (np.array([1, 1, 1]), 2)), ((4,), (_SQUARE * 3,)),
    ((4, 3), (_SQUARE * 3,)), ((4,), np.array([True, False, False, True])), ((2, 3), (np.array([False, True]),)),
    ((2, 3), (slice(None), _PAIR)), ((2, 3, 2), (_PAIR, slice(None), _PAIR)), ((2, 3, 2), (slice(None, None, -1), _SQUARE, 1)),
    ((2, 3, 2), (_PAIR, None, ..., _SQUARE)), ((2, 3), (np.zeros(0, int),)), ((4,), (np.array(2),)),
    ((5, 2), (np.array([3, 0, 3, 1, 3]),)),
]  # fmt: skip
"""The shape of an array, and what stands in its brackets."""

CASES: dict[str, Callable[[str], list[Any]]] = {
    "relu": lambda dtype: [((array(s, dtype),), {}) for s in (*SHAPES, (70, 60))],
    "clip": lambda dtype: [
        ((array(s, dtype), *bounds), {})
        for s in [(), (3,), (2, 0), (70, 60)]
        for bounds in [
            (-0.5, 0.5), (0, 1), (0.5, -0.5), (None, 0.5), (-0.5, None), (None, None),
            (array((), dtype, 1), 0.5),
        ]
    ],
    "relu_grad": _pairs,
    "ones_like": lambda dtype: [((array(s, dtype),), {}) for s in [(), (3,), (2, 0)]],
    "matrix_transpose": lambda dtype: [((array(s, dtype),), {}) for s in [(2, 3), (4, 2, 3), (0, 3)]],
    "reshape": lambda dtype: [
        ((array(old, dtype), new), {})
        for old, new in [((2, 3), (3, 2)), ((), (1, 1)), ((1,), ()), ((0, 3), (3, 0, 2))]
    ],
    "sum": _reductions(empty=True),
    "max": _reductions(empty=False),
    "sort": lambda dtype: [
        ((array(s, dtype).round(1),), {"axis": axis, "descending": descending, "stable": True})
        for s, axis in [((40,), 0), ((3, 20), -1), ((20, 3), 0), ((0, 3), 0)]
        for descending in (False, True)
    ],
    "take": lambda dtype: [
        ((array(s, dtype), np.array(index, dtype=int)), {"axis": axis})
        for s, index, axis in [((4,), [0, -1, 0], 0), ((2, 3), [2, 2], 1), ((2, 3), [], -2), ((0, 3), [1], 1)]
    ],
    "sign": lambda dtype: [*_on_shapes()(dtype), ((np.array([-3, 0, 2]),), {})],
    "floor_divide": _quotients,
    "expm1": _complexes,
    "log1p": _complexes,
    "tanh": _complexes,
    "softmax": _softmaxes,
    "softmax_cross_entropy": lambda dtype: [
        ((array((n, c), dtype) * 10, _targets(n, c)), {}) for n, c in _ROWS
    ],
    "softmax_cross_entropy_grad": lambda dtype: [
        ((array(n, dtype), np.abs(array((n, c), dtype)), _targets(n, c)), {}) for n, c in _ROWS
    ],
    "linear": lambda dtype: [
        ((array((*batch, 3), dtype), array((4, 3), dtype, 1), bias), {})
        for batch in [(), (1,), (5,), (2, 5), (0,)]
        for bias in (array(4, dtype, 2), None)
    ],
    "matmul_into": lambda dtype: [
        ((array((n, 3), dtype).T, array((n, 4), dtype, 1), array((3, 4), dtype, 2)), {})
        for n in (5, 1, 0)
    ],
    "sum_into": lambda dtype: [
        ((array(shape, dtype), array(3, dtype, 1)), {}) for shape in [(5, 3), (2, 4, 3), (0, 3), (3,)]
    ],
    "sum_of_squares": _on_shapes(),
    "getitem": lambda dtype: [((array(shape, dtype),), {"index": index}) for shape, index in _INDICES],
    "positions": lambda dtype: [((array(shape, dtype),), {"index": index}) for shape, index in _INDICES],
    "add_at": lambda dtype: [
        ((array(np.zeros(shape)[index].shape, dtype),), {"shape": shape, "index": index})
        for shape, index in _INDICES
    ],
    **{
        name: lambda dtype: [
            ((array(shape, dtype), value), {"index": index})
            for shape, index in _INDICES
            for value in (array(np.zeros(shape)[index].shape, dtype, 1), np.array(0.5, dtype))
        ]
        for name in ("put", "set_at", "sum_at", "prod_at", "max_at", "min_at")
    },
    "add_rows": lambda dtype: [
        ((x.astype(kind), np.array(index, dtype=int)), {"rows": rows, "axis": axis})
        for s, index, rows, axis in [
            ((4,), [2, 0, 2, 1], 3, 0), ((2, 4), [2, 0, 2, 1], 5, 1), ((4, 2), [2, 0, -1, 1], 3, -2), ((0, 2), [], 3, 0),
            ((4, 0), [2, 0, 2, 1], 3, 0), ((2, 4, 3), [1, 1, 0, -1], 2, 1), ((4, 1), [0, 1, 0, 0], 2, 0),
        ]
        for x in [array(s, dtype) * 9]
        for kind in (dtype, "int64")
    ],
    "add_along_axis": lambda dtype: [
        ((array(np.shape(index), dtype), np.array(index, dtype=int)), {"length": n, "axis": axis})
        for index, n, axis in [
            ([0, 3, 3], 4, 0), ([[2, 2], [0, 1]], 3, 1), ([[2, -3], [0, 1]], 3, -1), ([[1, 0, 0]], 2, 0), ([[], []], 3, 1),
            (np.zeros((0, 2)), 3, 0), ([], 0, 0), ([[[1, 0], [1, 1]]], 2, 1),
        ]
    ],
    "recurrence": lambda dtype: [
        ((array((*s[:-1], max(s[-1] - 1, 0)), dtype), array(s, dtype, 1)), {"axis": -1})
        for s in [(1,), (0,), (2,), (7,), (64, 5), (3, 40, 2), (100, 33), (65, 0), (64, 1)]
    ] + [((array((4, 70), dtype), array((5, 70), dtype, 1)), {"axis": 0})],
    "sgd_step": _optimizer()(1, _SGD),
    "adam_step": _optimizer()(2, _ADAM),
    "rmsprop_step": _rmsprop,
    "philox": lambda dtype: [
        ((np.zeros(1, dtype),), {"key": key, "start": start, "blocks": blocks})
        for key in [(0, 0), (1, 2), (2**64 - 1, 2**63)]
        for start, blocks in [(0, 1), (0, 0), (5, 3), (2**40, 2), (2**63, 2)]
    ],
    "split_words": lambda dtype: [
        ((np.random.default_rng(n).integers(0, 2**64, n, dtype="uint64"),), {}) for n in (0, 1, 7)
    ],
    "dropout_mask": lambda dtype: [
        ((np.random.default_rng(0).integers(0, 2**32, n, dtype="uint32"),),
         {"threshold": threshold, "scale": 1.25, "dtype": np.dtype(dtype)})
        for n in (0, 1, 100)
        for threshold in (0, 2**31, 2**32 - 1)
    ],
}  # fmt: skip

OVERRIDES = {
    name
    for name, value in vars(fast).items()
    if inspect.isfunction(value)
    and value.__module__.startswith("backends.cpu.")
    and not name.startswith("_")
}
LIBRARY = {
    "expm1", "floor_divide", "log1p", "matrix_transpose", "max", "ones_like", "reshape", "sign",
    "sort", "sum", "take", "tanh",
}  # fmt: skip
"""Overrides of functions of the standard itself, which the portable file need not repeat."""


def _reference(name: str) -> Callable[..., Any]:
    """The portable kernel, run on array-api-strict: nothing but the standard can creep in."""
    strict = backends.get("strict")
    home = strict.xp if name in LIBRARY else portable
    return getattr(home, name)


def _there(value: Any, backend: Backend) -> Any:
    if isinstance(value, np.ndarray):
        return backend.from_host(value)
    if isinstance(value, np.dtype):
        return backend.dtypes[value.name]
    return tuple(_there(v, backend) for v in value) if isinstance(value, tuple) else value


def _host(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_host(v) for v in value)
    return value if value is None else np.asarray(backends.of(value).to_host(value))


def test_every_fast_kernel_is_compared() -> None:
    assert set(CASES) | {"stray_class"} == OVERRIDES  # a number: it has a test of its own


@pytest.mark.parametrize("name", sorted(OVERRIDES - LIBRARY))
def test_signatures_agree(name: str) -> None:
    """Names, kinds and defaults of the parameters (annotations may differ)."""

    def shape(function: Any) -> list[Any]:
        parameters = inspect.signature(function).parameters.values()
        return [(p.name, p.kind, p.default) for p in parameters]

    assert shape(getattr(fast, name)) == shape(getattr(portable, name))


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_overrides_of_the_standard_take_its_arguments(name: str) -> None:
    parameters = list(inspect.signature(getattr(fast, name)).parameters.values())
    standard = inspect.signature(getattr(backends.get("strict").xp, name)).parameters
    for p in parameters:
        assert p.name in standard
        assert p.kind is standard[p.name].kind


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", sorted(CASES))
def test_fast_kernels_agree_with_the_portable_ones(name: str, dtype: str) -> None:
    strict = backends.get("strict")
    tolerance = (
        {"rtol": 2e-5, "atol": 2e-6} if dtype == "float32" else {"rtol": 1e-12, "atol": 1e-13}
    )
    for args, kwargs in CASES[name](dtype):
        there = [_there(a, strict) for a in args]
        expected = _host(
            _reference(name)(*there, **{k: _there(v, strict) for k, v in kwargs.items()})
        )
        mine = [a.copy() if isinstance(a, np.ndarray) else a for a in args]
        got = getattr(fast, name)(*mine, **kwargs)
        if name.endswith(("_step", "_into")) or name == "put":
            assert got is None
            assert expected is None
            expected, got = _host(tuple(there)), tuple(mine)
        else:
            for before, after in zip(args, mine, strict=True):
                np.testing.assert_array_equal(after, before, "an input was overwritten")
        expected = expected if isinstance(expected, tuple) else (expected,)
        got = got if isinstance(got, tuple) else (got,)
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            if e is None:
                assert g is None
                continue
            assert np.shape(g) == e.shape
            assert g.dtype == e.dtype
            np.testing.assert_allclose(g, e, **tolerance)


@pytest.mark.parametrize(
    "name", ["softmax", "softmax_cross_entropy", "relu", "relu_grad", "linear", "add_rows"]
)
def test_fast_kernels_do_not_mind_the_layout(name: str) -> None:
    for args, kwargs in CASES[name]("float64"):
        spread = [
            np.repeat(a, 2, axis=-1)[..., ::2] if isinstance(a, np.ndarray) and a.ndim else a
            for a in args
        ]
        for a in spread:
            if isinstance(a, np.ndarray):
                a.flags.writeable = False
        got, plain = getattr(fast, name)(*spread, **kwargs), getattr(fast, name)(*args, **kwargs)
        for g, p in zip(
            got if isinstance(got, tuple) else (got,),
            plain if isinstance(plain, tuple) else (plain,),
            strict=True,
        ):
            np.testing.assert_allclose(g, p, rtol=1e-14)


_numbers = st.floats(-1e3, 1e3, allow_subnormal=False)


@given(st.lists(st.lists(_numbers, min_size=3, max_size=3), min_size=1, max_size=5))
def test_softmaxes_of_any_numbers(rows: list[list[float]]) -> None:
    x = np.array(rows)
    p = fast.softmax(x, 1)
    np.testing.assert_allclose(p.sum(1), 1.0, rtol=1e-12)
    np.testing.assert_allclose(p, portable.softmax(x, 1), rtol=1e-12, atol=1e-300)
    target = np.argmin(x, axis=1)
    loss, probs = fast.softmax_cross_entropy(x, target)
    np.testing.assert_allclose(probs, p, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(
        loss, -portable.log_softmax(x, 1)[np.arange(len(x)), target], rtol=1e-12, atol=1e-12
    )
    assert (loss >= 0).all()
    shifted, _ = fast.softmax_cross_entropy(x + 512.0, target)
    np.testing.assert_allclose(shifted, loss, rtol=1e-9, atol=1e-9)


# -------------------------------------------------------------- portable, against mathematics


def test_erf_to_the_last_digits(backend: Backend) -> None:
    x = np.concatenate([np.linspace(-7, 7, 2001), [1e-300, -1e-20, 0.0, 26.0, -30.0, 1e300]])
    got = backend.to_host(portable.erf(backend.from_host(x)))
    expected = np.array([math.erf(v) for v in x])
    assert np.abs(got - expected).max() < 5e-16
    small = np.abs(x) < 1e-5
    np.testing.assert_allclose(got[small], expected[small], rtol=4e-16)


def test_portable_kernels_run_on_every_backend(backend: Backend) -> None:
    def run(function: Any, *args: Any, **kwargs: Any) -> Any:
        return _host(function(*[_there(np.array(a), backend) for a in args], **kwargs))

    x = [-2.0, 0.0, 3.0]
    e = np.exp(x)
    for got, expected in [
        (run(portable.relu, x), [0, 0, 3]),
        (run(portable.relu_grad, [1.0, 2.0, 3.0], x), [0, 0, 3]),
        (run(portable.leaky_relu, x, slope=0.5), [-1, 0, 3]),
        (run(portable.elu, x, alpha=2.0), [2 * math.expm1(-2), 0, 3]),
        (run(portable.sigmoid, x), e / (1 + e)),
        (run(portable.softplus, x), np.log1p(e)),
        (run(portable.softmax, x, axis=0), e / e.sum()),
        (run(portable.log_softmax, x, axis=0), np.log(e / e.sum())),
        (run(portable.sum_of_squares, x), 13.0),
        (run(portable.linear, [x], [[1.0, 2.0, 3.0]], [10.0]), [[17.0]]),
        (run(portable.add_rows, x, [1, 0, 1], rows=3, axis=0), [0, 1, 0]),
        (run(portable.add_along_axis, [x], [[1, 1, 0]], length=2, axis=1), [[3, -2]]),
    ]:  # fmt: skip
        exact = backend.name != "cuda:0"  # CUDA's exp is right to an ulp
        tolerance = {"rtol": 1e-15, "atol": 1e-16} if exact else {"rtol": 1e-14, "atol": 1e-15}
        np.testing.assert_allclose(got, expected, **tolerance)


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_stray_class(backend: Backend, dtype: str) -> None:
    def stray(*target: int) -> int | None:
        bare = _there(np.array(target, dtype), backend)
        found = kernels.stray_class(bare, 3)
        if not backend.asynchronous:
            assert found == portable.stray_class(bare, 3)
        return portable.stray_class(bare, 3)

    assert stray(0, 2, 1) is None
    assert stray() is None
    assert stray(1, 3, 0) == 3
    if dtype != "uint8":
        assert stray(4, -1, -2) == -2


@pytest.mark.parametrize("shape", [(50, 2), (7, 3), (30,)])
def test_the_last_of_several_values_stays(backend: Backend, shape: Any) -> None:
    """Whatever the layout of the index, of the value and of the array."""
    rng = np.random.default_rng(0)
    for layout in (lambda a: a, lambda a: a[::-1], np.asfortranarray):
        index, value = layout(rng.integers(0, 5, shape)), layout(rng.normal(size=(*shape, 3)))
        expected = np.zeros((5, 3))
        for place in np.ndindex(shape):
            expected[index[place]] = value[place]
        x, there = (_there(a, backend) for a in (np.zeros((5, 3)), value))
        where = (_there(index, backend),)
        np.testing.assert_array_equal(_host(kernels.set_at(x, there, index=where)), expected)
        assert not _host(x).any()
        stays = _host(kernels.stays(x, index=where))
        assert stays.sum() == len(np.unique(index)) * 3
        kernels.put(x, there, index=where)
        np.testing.assert_array_equal(_host(x), expected)


def test_put_writes_to_arrays_of_any_layout() -> None:
    for x in (np.zeros((4, 6))[::2, ::-2], np.zeros((3, 2)).T, np.zeros((2, 3))):
        kernels.put(x, 1.0, index=(np.array([[0, 1], [0, 1]]), np.array([[0, 2], [1, 1]])))
        assert x.tolist() == [[1, 1, 0], [0, 1, 1]]


def test_portable_indexing_refuses_what_is_out_of_range() -> None:
    strict = backends.get("strict")
    x, index = strict.from_host(np.ones((2, 3))), strict.from_host(np.array([0, 3]))
    for i in ((index, 0), (0, index), (slice(None), index), (0, -4, ...)):
        with pytest.raises(IndexError):
            portable.getitem(x, i)


def test_adam_by_hand(backend: Backend) -> None:
    """One step from rest: mean = (1 - b1) g, square = (1 - b2) g², so the corrected ratio is g / |g|
    and the step is lr, whatever the size of g (eps apart)."""
    p, g, m, v = (
        _there(np.array(a), backend) for a in ([1.0, 1.0], [3.0, -0.001], [0.0, 0.0], [0.0, 0.0])
    )
    kernels.adam_step(
        p, g, m, v, lr=0.1, beta1=0.9, beta2=0.99, eps=0.0, weight_decay=0.0, decoupled=False,
        correction1=0.1, correction2=0.01,
    )  # fmt: skip
    np.testing.assert_allclose(_host(p), [0.9, 1.1], rtol=1e-12)
    np.testing.assert_allclose(_host(m), [0.3, -0.0001], rtol=1e-12)
    np.testing.assert_allclose(_host(v), [0.09, 1e-8], rtol=1e-12)


def test_sgd_by_hand(backend: Backend) -> None:
    """p = 1, g = 2, m = 10: m <- 0.5 · 10 + 2 = 7, p <- 1 - 0.1 · 7 = 0.3; Nesterov: 1 - 0.1 (2 + 3.5)."""
    for nesterov, expected in [(False, 0.3), (True, 0.45)]:
        p, g, m = (_there(np.array([a]), backend) for a in (1.0, 2.0, 10.0))
        kernels.sgd_step(
            p, g, m, lr=0.1, momentum=0.5, dampening=0.0, nesterov=nesterov, weight_decay=0.0
        )
        np.testing.assert_allclose(_host(p), [expected], rtol=1e-12)
        np.testing.assert_allclose(_host(m), [7.0], rtol=1e-12)


# ---------------------------------------------------------------------------- dispatch


def test_dispatch_prefers_the_fast_then_the_portable_then_the_library() -> None:
    x = np.ones(2)
    assert Kernel("relu").implementation(x) is fast.relu
    assert Kernel("sigmoid").implementation(x) is portable.sigmoid
    assert Kernel("exp").implementation(x) is backends.get("cpu").xp.exp
    there = backends.get("strict").from_host(x)
    assert Kernel("relu").implementation(there) is portable.relu
    assert Kernel("inv").implementation(there) is backends.get("strict").xp.linalg.inv
    with pytest.raises(AttributeError, match="no kernel is called 'no_such'"):
        kernels.no_such(x)
    assert repr(kernels.relu) == "<kernel relu>"
    assert kernels.relu is kernels.relu


def test_an_override_for_some_dtypes_leaves_the_others_to_the_portable() -> None:
    x = np.ones(2)
    assert Kernel("relu_grad").implementation(x) is fast.relu_grad
    assert Kernel("relu_grad").implementation(x.astype("float16")) is portable.relu_grad

    @only("float32")
    def f(x: Any) -> Any:
        return x

    assert f.dtypes == {"float32"}


def test_kernels_choose_by_dtype_each_time() -> None:
    kernel = Kernel("sum")
    assert kernel(np.ones(300, dtype="int8")).dtype == np.int64
    assert kernel(np.ones(300, dtype="float32")).dtype == np.float32
    assert kernel(np.ones(300, dtype="bool")) == 300


def test_fast_sum_is_the_standards() -> None:
    """Small integers are widened; floats keep their dtype."""
    for dtype, wide in [
        ("int8", "int64"),
        ("uint8", "uint64"),
        ("int64", "int64"),
        ("float32", "float32"),
    ]:
        assert fast.sum(np.ones(300, dtype=dtype)).dtype == wide
