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
from kernel_cases import CASES, LAYOUTS

import backends
from backends import Backend, kernels, portable
from backends.cpu import kernels as fast
from backends.dispatch import Kernel, only

OVERRIDES = {
    name
    for name, value in vars(fast).items()
    if inspect.isfunction(value)
    and value.__module__.startswith("backends.cpu.")
    and not name.startswith("_")
}
LIBRARY = {name for name in OVERRIDES if not hasattr(portable, name)}
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
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


@pytest.mark.parametrize("name", LAYOUTS)
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
        p, g, m, v, None, lr=0.1, beta1=0.9, beta2=0.99, eps=0.0, weight_decay=0.0,
        decoupled=False, correction1=0.1, correction2=0.01, maximize=False,
    )  # fmt: skip
    np.testing.assert_allclose(_host(p), [0.9, 1.1], rtol=1e-12)
    np.testing.assert_allclose(_host(m), [0.3, -0.0001], rtol=1e-12)
    np.testing.assert_allclose(_host(v), [0.09, 1e-8], rtol=1e-12)


def test_sgd_by_hand(backend: Backend) -> None:
    """p = 1, g = 2, m = 10: m <- 0.5 · 10 + 2 = 7, p <- 1 - 0.1 · 7 = 0.3; Nesterov: 1 - 0.1 (2 + 3.5)."""
    for nesterov, expected in [(False, 0.3), (True, 0.45)]:
        p, g, m = (_there(np.array([a]), backend) for a in (1.0, 2.0, 10.0))
        kernels.sgd_step(
            p, g, m, lr=0.1, momentum=0.5, dampening=0.0, nesterov=nesterov, weight_decay=0.0,
            maximize=False,
        )  # fmt: skip
        np.testing.assert_allclose(_host(p), [expected], rtol=1e-12)
        np.testing.assert_allclose(_host(m), [7.0], rtol=1e-12)


# ---------------------------------------------------------------------------- dispatch


def test_dispatch_prefers_the_fast_then_the_portable_then_the_library() -> None:
    x = np.ones(2)
    assert Kernel("relu").implementation(x) is fast.relu
    assert Kernel("softplus").implementation(x) is portable.softplus
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
