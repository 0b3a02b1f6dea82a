"""all, any, diff, one_hot."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp


def _t(data: Any, backend: backends.Backend, dtype: Any = None) -> bp.Tensor:
    return bp.asarray(np.asarray(data, dtype), device=backend.name)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex128"])
def test_truth_over_axes(backend: backends.Backend, dtype: str) -> None:
    x = _t([[1, 0, 1], [1, 0, 0]], backend, dtype)
    assert bp.all(x, axis=0).tolist() == [True, False, False]
    assert bp.any(x, axis=0).tolist() == [True, False, True]
    assert (bp.all(x).item(), bp.any(x).item()) == (False, True)
    assert bp.any(x, axis=(0, 1), keepdims=True).tolist() == [[True]]
    assert bp.all(x).dtype == bp.any(x, axis=-1).dtype == bp.bool


def test_truth_of_special_values(backend: backends.Backend) -> None:
    assert bp.all(_t([math.nan, math.inf, -math.inf], backend)).item() is True
    assert bp.any(_t([-0.0], backend)).item() is False
    assert bp.any(_t([1j], backend)).item() is True
    empty = _t(np.zeros((0, 2)), backend)
    assert (bp.all(empty).item(), bp.any(empty).item()) == (True, False)
    assert bp.all(empty, axis=0).tolist() == [True, True]


@pytest.mark.parametrize("dtype", ["int16", "uint8", "float32", "complex64"])
def test_differences(backend: backends.Backend, dtype: str) -> None:
    a = np.array([[1, 4, 9, 16], [0, 1, 8, 27]], dtype)
    x = _t(a, backend)
    for n in range(4):
        for axis in (-1, 1):
            np.testing.assert_array_equal(bp.diff(x, axis=axis, n=n).numpy(), np.diff(a, n, axis))
    np.testing.assert_array_equal(bp.diff(x, axis=0).numpy(), np.diff(a, axis=0))
    assert bp.diff(x, n=9).shape == (2, 0)
    assert bp.diff(x).dtype == dtype
    before, behind = x[:, :1], x[:, 1:]
    got = bp.diff(x, prepend=before, append=behind, n=2)
    np.testing.assert_array_equal(got.numpy(), np.diff(a, 2, prepend=a[:, :1], append=a[:, 1:]))


def test_differences_of_what_was_joined_have_gradients(backend: backends.Backend) -> None:
    x = bp.asarray([1.0, 4.0], device=backend.name, requires_grad=True)
    a = bp.asarray([0.0], device=backend.name, requires_grad=True)
    (bp.diff(x, prepend=a, append=a) * _t([1.0, 10.0, 100.0], backend, "float32")).sum().backward()
    assert x.grad.tolist() == [-9.0, -90.0]
    assert a.grad.tolist() == [99.0]


def test_one_hot(backend: backends.Backend) -> None:
    x = _t([[2, 0], [1, 1]], backend, "uint8")
    hot = bp.one_hot(x, 300)
    assert hot.shape == (2, 2, 300)
    assert hot.dtype == bp.float32
    assert bp.argmax(hot, axis=-1).tolist() == x.tolist()
    assert bp.sum(hot).item() == 4.0
    assert bp.one_hot(x[0, 0], 3, dtype=bp.int32).tolist() == [0, 0, 1]
    assert bp.one_hot(x[:0], 3).shape == (0, 2, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: bp.all([True]), TypeError, r"all: x is a list, wanted a Tensor"),
        (lambda x: bp.any(x.numpy()), TypeError, r"any: x is a numpy.ndarray"),
        (lambda x: bp.all(x, axis=3), ValueError, r"all: axis: got 3, wanted -2 \.\. 1 for shape \(2, 3\)"),
        (lambda x: bp.any(x, axis=(0, 0)), ValueError, r"any: axis: got \(0, 0\), wanted each axis once"),
        (lambda x: bp.diff(1.0), TypeError, r"diff: x is a float, wanted a Tensor"),
        (lambda x: bp.diff(x, axis=2), ValueError, r"diff: axis: got 2, wanted -2 \.\. 1"),
        (lambda x: bp.diff(x[0, 0]), ValueError, r"diff: axis: got -1, but there is none for shape \(\)"),
        (lambda x: bp.diff(x, n=-1), ValueError, r"diff: n: got -1, wanted 0 or more"),
        (lambda x: bp.diff(x, n=1.5), TypeError, r"diff: n: got 1.5, wanted an integer"),
        (lambda x: bp.diff(x > 0), TypeError, r"diff: x: got dtype bool, wanted numbers"),
        (lambda x: bp.diff(x, prepend=x[:1]), ValueError, r"diff: prepend: got shape \(1, 3\) for x of shape \(2, 3\)"),
        (lambda x: bp.diff(x, append=x[0]), ValueError, r"diff: append: got shape \(3,\)"),
        (lambda x: bp.diff(x, append=x.astype("float32")), TypeError, r"diff: append: got dtype float32, wanted x's, float64"),
        (lambda x: bp.diff(x, prepend=[0.0]), TypeError, r"diff: prepend is a list, wanted a Tensor"),
        (lambda x: bp.one_hot(x, 2), TypeError, r"one_hot: x: got dtype float64, wanted integers"),
        (lambda x: bp.one_hot([1], 2), TypeError, r"one_hot: x is a list"),
        (lambda x: bp.one_hot(bp.asarray([0, 2]), 2), ValueError, r"one_hot: x: got the class 2, wanted 0 \.\. 1"),
        (lambda x: bp.one_hot(bp.asarray([-1]), 2), ValueError, r"one_hot: x: got the class -1"),
        (lambda x: bp.one_hot(bp.asarray([0]), -1), ValueError, r"one_hot: num_classes: got -1, wanted 0 or more"),
        (lambda x: bp.one_hot(bp.asarray([0]), 1.5), TypeError, r"one_hot: num_classes: got 1.5, wanted an integer"),
    ],
)  # fmt: skip
def test_errors(backend: backends.Backend, call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call(_t(np.ones((2, 3)), backend))


def test_diff_of_no_steps_is_a_tensor_of_its_own() -> None:
    x = bp.asarray([1.0, 2.0])
    y = bp.diff(x, n=0)
    y[0] = 5.0
    assert x.tolist() == [1.0, 2.0]
