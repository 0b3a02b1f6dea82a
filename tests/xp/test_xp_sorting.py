"""Order: sort, argsort, topk."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
import backprop as bp


def _t(data: Any, backend: backends.Backend | str, dtype: Any = None) -> bp.Tensor:
    name = backend if isinstance(backend, str) else backend.name
    return bp.asarray(np.asarray(data, dtype), device=name)


@pytest.mark.parametrize("device", ["cpu", "strict"])
@given(
    values=st.lists(st.integers(-3, 3), max_size=40),
    descending=st.booleans(),
    dtype=st.sampled_from(["int8", "int64", "float32", "float64"]),
)
def test_order_of_equals(device: str, values: Any, descending: bool, dtype: str) -> None:
    """Python's own sort is stable, reversed too."""
    x = _t(values, device, dtype)
    order = sorted(range(len(values)), key=values.__getitem__, reverse=descending)
    assert bp.argsort(x, descending=descending).tolist() == order
    assert bp.sort(x, descending=descending).tolist() == [values[i] for i in order]
    unstable = bp.argsort(x, descending=descending, stable=False)
    assert bp.take(x, unstable).tolist() == [values[i] for i in order]
    k = len(values) // 2
    largest = bp.topk(x, k, largest=descending)
    assert largest.indices.tolist() == order[:k]
    assert largest.values.tolist() == [values[i] for i in order[:k]]
    assert (bp.argsort(x).dtype, bp.sort(x).dtype) == (bp.int64, dtype)


def test_extreme_integers(backend: backends.Backend) -> None:
    """Descending is not ascending of the negative: -(-128) is no int8."""
    for dtype in ("int8", "uint8", "int64", "uint64"):
        info = np.iinfo(dtype)
        x = _t([0, info.max, info.min, 1, info.max], backend, dtype)
        assert bp.sort(x, descending=True).numpy().tolist() == sorted(x.tolist(), reverse=True)
        assert bp.argsort(x, descending=True).tolist()[:2] == [1, 4]
        assert bp.topk(x, 1).values.tolist() == [info.max]


def test_nan_is_last(backend: backends.Backend) -> None:
    x = _t([math.nan, 1.0, math.inf, -math.inf], backend)
    assert bp.sort(x).tolist()[:3] == [-math.inf, 1.0, math.inf]
    assert bp.argsort(x).tolist() == [3, 1, 2, 0]
    assert bp.argsort(x, descending=True).tolist()[0] == 0
    assert bp.topk(x, 2).indices.tolist() == [0, 2]


def test_gradients_of_equals_go_by_order(backend: backends.Backend) -> None:
    x = bp.asarray([2.0, 1.0, 2.0, 1.0], dtype="float64", device=backend.name, requires_grad=True)
    weights = _t([1.0, 10.0, 100.0, 1000.0], backend)
    for stable in (True, False):
        x.grad = None
        (bp.sort(x, stable=stable) * weights).sum().backward()
        assert x.grad.tolist() == [100.0, 1.0, 1000.0, 10.0]
    x.grad = None
    (bp.sort(x, descending=True) * weights).sum().backward()
    assert x.grad.tolist() == [1.0, 100.0, 10.0, 1000.0]
    x.grad = None
    bp.topk(x, 1).values.sum().backward()
    assert x.grad.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert not bp.argsort(x).requires_grad
    assert not bp.topk(x, 1).indices.requires_grad


def test_gradients_of_many() -> None:
    """No table of every element against every place."""
    x = bp.asarray(np.random.default_rng(0).normal(size=(2, 50_000)), requires_grad=True)
    weights = np.arange(50_000.0)
    (bp.sort(x, axis=1) * bp.asarray(weights)).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), np.argsort(np.argsort(x.detach().numpy())))


def test_axes(backend: backends.Backend) -> None:
    a = np.random.default_rng(0).normal(size=(3, 4, 2))
    for axis in (0, 1, -1, -3):
        np.testing.assert_array_equal(bp.sort(_t(a, backend), axis=axis).numpy(), np.sort(a, axis))
        order = bp.argsort(_t(a, backend), axis=axis)
        np.testing.assert_array_equal(
            bp.take_along_axis(_t(a, backend), order, axis=axis).numpy(), np.sort(a, axis)
        )
        assert bp.topk(_t(a, backend), 2, axis=axis).values.shape[axis] == 2


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: bp.sort([1.0]), TypeError, r"sort: x is a list, wanted a Tensor"),
        (lambda x: bp.argsort(x.numpy()), TypeError, r"argsort: x is a numpy.ndarray"),
        (lambda x: bp.sort(x, axis=2), ValueError, r"sort: axis: got 2, wanted -2 \.\. 1 for shape \(2, 3\)"),
        (lambda x: bp.argsort(x, axis=None), TypeError, r"argsort: axis: got None, wanted an integer"),
        (lambda x: bp.sort(x[0, 0]), ValueError, r"sort: axis: got -1, but there is none for shape \(\)"),
        (lambda x: bp.sort(x * 1j), TypeError, r"sort: x: got dtype complex128, wanted real numbers"),
        (lambda x: bp.argsort(x > 0), TypeError, r"argsort: x: got dtype bool, wanted real numbers"),
        (lambda x: bp.topk(x, 4), ValueError, r"topk: k: got 4, wanted 0 \.\. 3 for axis 1 of shape \(2, 3\)"),
        (lambda x: bp.topk(x, 3, axis=0), ValueError, r"topk: k: got 3, wanted 0 \.\. 2 for axis 0"),
        (lambda x: bp.topk(x, -1), ValueError, r"topk: k: got -1"),
        (lambda x: bp.topk(x, 1.0), TypeError, r"topk: k: got 1.0, wanted an integer"),
        (lambda x: bp.topk(x, 1, axis=-3), ValueError, r"topk: axis: got -3, wanted -2 \.\. 1"),
    ],
)  # fmt: skip
def test_errors(backend: backends.Backend, call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call(_t(np.ones((2, 3)), backend))
