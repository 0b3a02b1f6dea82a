"""Sums, products, means and their like: dtypes, special values, zeros, errors."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp

INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
REDUCTIONS = [bp.sum, bp.prod, bp.mean, bp.var, bp.std, bp.max, bp.min, bp.logsumexp]


def _t(data: Any, backend: backends.Backend, dtype: Any = None) -> bp.Tensor:
    return bp.asarray(np.asarray(data, dtype), device=backend.name)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_small_integers_are_widened(backend: backends.Backend, dtype: str) -> None:
    x = _t([1, 2, 100, 3], backend, dtype)
    wide = "uint64" if dtype.startswith("u") else "int64"
    for function, expected in [
        (bp.sum, 106), (bp.prod, 600), (bp.cumulative_sum, [1, 3, 103, 106]), (bp.cumulative_prod, [1, 2, 200, 600]),
    ]:  # fmt: skip
        assert function(x).tolist() == expected
        assert function(x).dtype == wide
        assert function(x, dtype=bp.int32).dtype == bp.int32
        assert function(x, dtype=bp.float64).tolist() == expected
        assert function(x, dtype=bp.float64).dtype == bp.float64
    for function in (bp.max, bp.min):
        assert function(x).dtype == dtype
    for function, expected in [
        (bp.mean, 26.5),
        (bp.var, np.var([1, 2, 100, 3])),
        (bp.std, np.std([1, 2, 100, 3])),
    ]:
        assert function(x).dtype == bp.float32
        assert function(x).item() == pytest.approx(expected, rel=1e-6)
    bp.set_default_dtype(bp.float64)
    assert bp.mean(x).dtype == bp.float64


def test_a_dtype_to_sum_in(backend: backends.Backend) -> None:
    """The elements are converted before they are added, and the result has that dtype."""
    x = _t([100, 100, 100], backend, "int8")
    assert bp.sum(x, dtype=bp.int8).tolist() == (300 + 128) % 256 - 128
    assert bp.sum(x, dtype=bp.int8).dtype == bp.int8
    half = _t([0.1] * 10, backend, "float32")
    assert bp.sum(half, dtype="float64").item() == pytest.approx(
        float(np.float32(0.1)) * 10, rel=1e-15
    )
    v = bp.asarray(half, requires_grad=True)
    bp.prod(v, dtype=bp.float64).backward()
    assert v.grad.dtype == bp.float32
    np.testing.assert_allclose(v.grad.numpy(), 1e-9, rtol=1e-5)
    bp.cumulative_sum(v, dtype=bp.float64).sum().backward()


def test_truth_values_are_counted(backend: backends.Backend) -> None:
    x = _t([[True, False], [True, True]], backend)
    assert bp.sum(x).tolist() == 3
    assert bp.sum(x, axis=0).dtype == bp.int64
    assert bp.prod(x, axis=1).tolist() == [0, 1]
    assert bp.cumulative_sum(x, axis=0).tolist() == [[1, 0], [2, 1]]
    assert bp.mean(x).item() == 0.75


def test_means_are_exact(backend: backends.Backend) -> None:
    """A product with 1 / 49 would be off in the last bit."""
    assert bp.mean(bp.ones(49, dtype="float64", device=backend.name)).item() == 1.0
    assert bp.mean(_t([0.1] * 3, backend)).item() == np.mean([0.1] * 3)


def test_sums_of_nothing(backend: backends.Backend) -> None:
    x = _t(np.zeros((0, 3)), backend)
    assert bp.sum(x, axis=0).tolist() == [0.0] * 3
    assert bp.prod(x, axis=0).tolist() == [1.0] * 3
    assert bp.prod(x).item() == 1.0
    assert bp.logsumexp(x, axis=0).tolist() == [-math.inf] * 3
    for function in (bp.mean, bp.var, bp.std):
        assert np.isnan(function(x, axis=0).numpy()).all()
        assert np.isnan(function(x).numpy())
        assert function(x, axis=1).shape == (0,)
    assert bp.max(x, axis=1).shape == bp.sum(x, axis=1).shape == (0,)
    assert bp.cumulative_sum(x, axis=0).shape == (0, 3)
    assert bp.cumulative_prod(x, axis=0, include_initial=True).tolist() == [[1.0] * 3]
    z = _t(np.zeros(0, complex), backend)
    assert np.isnan(bp.mean(z).numpy().real)


def test_axes(backend: backends.Backend) -> None:
    a = np.random.default_rng(0).normal(size=(2, 3, 4))
    x = _t(a, backend)
    numpys = [np.sum, np.prod, np.mean, np.var, np.std, np.max, np.min]
    for ours, numpy in zip(REDUCTIONS, numpys, strict=False):
        for axis in (None, 0, -1, (0, 2), (-1, 0), (1,), ()):
            for keepdims in (False, True):
                got, expected = (
                    ours(x, axis=axis, keepdims=keepdims),
                    numpy(a, axis=axis, keepdims=keepdims),
                )
                assert got.shape == np.shape(expected)
                np.testing.assert_allclose(got.numpy(), expected, rtol=1e-12, atol=1e-13)
    assert bp.sum(x, axis=[0, 1]).shape == (4,)
    for ours, numpy in [(bp.cumulative_sum, np.cumsum), (bp.cumulative_prod, np.cumprod)]:
        for axis in (0, 1, -1):
            np.testing.assert_allclose(ours(x, axis=axis).numpy(), numpy(a, axis), rtol=1e-13)
        assert ours(x[0, 0]).shape == (4,)


def test_corrections(backend: backends.Backend) -> None:
    x = _t([1.0, 2.0, 4.0], backend)
    for correction in (0, 1, 0.5, 2.9):
        assert bp.var(x, correction=correction).item() == pytest.approx(
            np.var([1.0, 2.0, 4.0]) * 3 / (3 - correction)
        )
    for correction in (3, 3.5, 100):
        assert math.isnan(bp.var(x, correction=correction).item())
        assert math.isnan(bp.std(x, correction=correction).item())


def test_no_spread_has_no_gradient(backend: backends.Backend) -> None:
    x = bp.asarray(
        [[2.0, 2.0], [1.0, 3.0]], dtype="float64", device=backend.name, requires_grad=True
    )
    bp.std(x, axis=1).sum().backward(create_graph=True)
    np.testing.assert_allclose(x.grad.detach().numpy(), [[0, 0], [-0.5, 0.5]])
    (again,) = bp.autodiff.gradients([(x.grad * x.grad).sum()], [x])
    assert np.isfinite(again.numpy()).all()


def test_running_products_with_zeros_at_third_order(backend: backends.Backend) -> None:
    """x0 x1 x2 with x0 = x1 = 0: only the third derivative, d³/dx0 dx1 dx2 = 1, and d²/dx0 dx1 = x2 are not 0."""
    for function in (bp.prod, lambda x: bp.cumulative_prod(x)[-1]):
        x = bp.asarray([0.0, 0.0, 5.0], dtype="float64", device=backend.name, requires_grad=True)
        (first,) = bp.autodiff.gradients([function(x)], [x], create_graph=True)
        assert first.tolist() == [0.0, 0.0, 0.0]
        (second,) = bp.autodiff.gradients([first[0]], [x], create_graph=True)
        assert second.tolist() == [0.0, 5.0, 0.0]
        (third,) = bp.autodiff.gradients([second[1]], [x])
        assert third.tolist() == [0.0, 0.0, 1.0]


def test_long_running_sums_and_products() -> None:
    """Gradients in one pass or a few: an array of a million elements takes no million steps."""
    a = np.linspace(0.999, 1.001, 200_000)
    x = bp.asarray(a, requires_grad=True)
    bp.cumulative_sum(x).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.arange(200_000.0, 0.0, -1.0))
    x.grad = None
    out = bp.cumulative_prod(x)
    out.sum().backward()
    after = np.cumsum(out.detach().numpy()[::-1])[::-1]
    np.testing.assert_allclose(x.grad.numpy(), after / a, rtol=1e-9)


def test_not_a_number_is_passed_on(backend: backends.Backend) -> None:
    x = _t([1.0, math.nan, 2.0], backend)
    with np.errstate(invalid="ignore"):
        for function in REDUCTIONS:
            assert math.isnan(function(x).item())
    assert np.isnan(bp.cumulative_sum(x).numpy()).tolist() == [False, True, True]


def test_complex_sums(backend: backends.Backend) -> None:
    x = _t([1 + 1j, 2.0, 1j], backend)
    assert bp.sum(x).item() == 3 + 2j
    assert bp.prod(x).item() == pytest.approx(-2 + 2j)
    assert bp.mean(x).item() == pytest.approx(1 + 2j / 3)
    assert bp.cumulative_prod(x).tolist() == [1 + 1j, 2 + 2j, -2 + 2j]


def _raises(error: Any, message: str, function: Any, *args: Any, **kwargs: Any) -> None:
    with pytest.raises(error, match=message):
        function(*args, **kwargs)


@pytest.mark.parametrize("function", REDUCTIONS, ids=lambda f: f.__name__)
def test_errors(backend: backends.Backend, function: Any) -> None:
    x, name = _t(np.ones((2, 3)), backend), function.__name__
    _raises(TypeError, rf"{name}: x is a numpy.ndarray, wanted a Tensor", function, np.ones(2))
    _raises(TypeError, rf"{name}: x is a list", function, [1.0])
    for bad in (2, -3):
        _raises(
            ValueError,
            rf"{name}: axis: got {bad}, wanted -2 \.\. 1 for shape \(2, 3\)",
            function,
            x,
            axis=bad,
        )
    _raises(
        IndexError,
        rf"{name}: axis: got 0, but there is none for shape \(\)",
        function,
        x[0, 0],
        axis=0,
    )
    _raises(
        ValueError,
        rf"{name}: axis: got \(0, -2\), wanted each axis once",
        function,
        x,
        axis=(0, -2),
    )
    _raises(TypeError, rf"{name}: axis: got 1.5, wanted an integer", function, x, axis=1.5)
    _raises(TypeError, "positional argument", function, x, 0)


@pytest.mark.parametrize("function", [bp.max, bp.min], ids=lambda f: f.__name__)
def test_extremes_of_nothing(backend: backends.Backend, function: Any) -> None:
    x, name = _t(np.ones((0, 3)), backend), function.__name__
    _raises(
        ValueError,
        rf"{name}: axis 0: x has shape \(0, 3\), so there is no element",
        function,
        x,
        axis=0,
    )
    _raises(ValueError, rf"{name}: axis \(0, 1\): x has shape", function, x, axis=(-2, 1))
    _raises(ValueError, rf"{name}: axis None, all axes: x has shape \(0, 3\)", function, x)


def test_what_has_no_order(backend: backends.Backend) -> None:
    for function in (bp.max, bp.min, bp.logsumexp):
        name = function.__name__
        _raises(
            TypeError,
            rf"{name}: x: got dtype complex128, wanted real numbers.*use backprop.real",
            function,
            _t([1j], backend),
        )
        _raises(
            TypeError,
            rf"{name}: x: got dtype bool.*use backprop.any or all",
            function,
            _t([True], backend),
        )
    for function in (bp.var, bp.std):
        _raises(
            TypeError,
            r"x: got dtype complex128, wanted real numbers; the variance of",
            function,
            _t([1j], backend),
        )
        _raises(
            TypeError,
            r"correction: got '1', wanted a number",
            function,
            _t([1.0], backend),
            correction="1",
        )


@pytest.mark.parametrize(
    "function", [bp.cumulative_sum, bp.cumulative_prod], ids=lambda f: f.__name__
)
def test_errors_of_running_sums(backend: backends.Backend, function: Any) -> None:
    x, name = _t(np.ones((2, 3)), backend), function.__name__
    _raises(
        ValueError,
        rf"{name}: axis: got None, wanted one of the axes of shape \(2, 3\)",
        function,
        x,
    )
    _raises(ValueError, rf"{name}: axis: got 2, wanted -2 \.\. 1", function, x, axis=2)
    _raises(TypeError, rf"{name}: axis: got \(0, 1\), wanted an integer", function, x, axis=(0, 1))
    _raises(ValueError, rf"{name}: x: got shape \(\), wanted one or more axes", function, x[0, 0])
    _raises(TypeError, rf"{name}: x is a float, wanted a Tensor", function, 1.0)
