"""Where elements are: argmax, nonzero, searchsorted."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
import backprop as bp


def _t(data: Any, backend: backends.Backend, dtype: Any = None) -> bp.Tensor:
    return bp.asarray(np.asarray(data, dtype), device=backend.name)


def test_the_first_of_equals(backend: backends.Backend) -> None:
    x = _t([[3, 1, 3], [1, 1, 5]], backend, "int8")
    assert bp.argmax(x, axis=1).tolist() == [0, 2]
    assert bp.argmin(x, axis=1).tolist() == [1, 0]
    assert (bp.argmax(x).item(), bp.argmin(x).item()) == (5, 1)
    assert bp.argmax(x, axis=-2, keepdims=True).tolist() == [[0, 0, 1]]
    assert bp.argmax(x, keepdims=True).shape == (1, 1)
    assert bp.argmax(x).dtype == bp.argmin(x, axis=0).dtype == bp.int64


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "complex128"])
def test_counting(backend: backends.Backend, dtype: str) -> None:
    x = _t([[0, 1, 1], [0, 0, 1]], backend, dtype)
    assert bp.count_nonzero(x).tolist() == 3
    assert bp.count_nonzero(x, axis=0).tolist() == [0, 1, 2]
    assert bp.count_nonzero(x, axis=(0, 1), keepdims=True).tolist() == [[3]]
    assert bp.count_nonzero(x).dtype == bp.int64
    rows, columns = bp.nonzero(x)
    assert (rows.tolist(), columns.tolist()) == ([0, 0, 1], [1, 2, 2])
    assert rows.dtype == bp.int64
    assert x[rows, columns].tolist() == x[x != 0].tolist() if dtype != "bool" else True
    assert [i.shape for i in bp.nonzero(x[:0])] == [(0,), (0,)]
    assert bp.count_nonzero(_t([np.nan, 1j, -0.0], backend)).tolist() == 2


@given(
    x1=st.lists(st.integers(-5, 5), max_size=8),
    x2=st.lists(st.integers(-6, 6), max_size=5),
    side=st.sampled_from(["left", "right"]),
    sort=st.booleans(),
)
def test_searchsorted(x1: Any, x2: Any, side: Any, sort: bool) -> None:
    for device in ("cpu", "strict"):
        a, b = (
            bp.asarray(np.array(v, "int64"), device=device)
            for v in (sorted(x1) if sort else x1, x2)
        )
        sorter = None if sort else bp.argsort(a)
        got = bp.searchsorted(a, b, side=side, sorter=sorter)
        assert got.dtype == bp.int64
        assert got.tolist() == [sum(v < w if side == "left" else v <= w for v in x1) for w in x2]


def test_searchsorted_of_numbers_and_mixed_dtypes(backend: backends.Backend) -> None:
    x = _t([1.0, 2.0, 4.0], backend)
    assert bp.searchsorted(x, 2).shape == ()
    assert (bp.searchsorted(x, 2.0).item(), bp.searchsorted(x, 2, side="right").item()) == (1, 2)
    assert bp.searchsorted(x, _t([[3.0, 9.0]], backend, "float32")).tolist() == [[2, 3]]
    assert bp.searchsorted(_t([1, 2], backend, "int8"), _t([300], backend)).tolist() == [2]
    assert bp.searchsorted(_t([1, 2], backend), 2).tolist() == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: bp.argmax(x.numpy()), TypeError, r"argmax: x is a numpy.ndarray, wanted a Tensor"),
        (lambda x: bp.argmax(x, axis=2), ValueError, r"argmax: axis: got 2, wanted -2 \.\. 1 for shape \(2, 3\)"),
        (lambda x: bp.argmin(x, axis=(0, 1)), TypeError, r"argmin: axis: got \(0, 1\), wanted an integer"),
        (lambda x: bp.argmin(x[:0]), ValueError, r"argmin: axis None, all axes: x has shape \(0, 3\)"),
        (lambda x: bp.argmax(x[:0], axis=0), ValueError, r"argmax: axis 0: x has shape \(0, 3\), so there is no element"),
        (lambda x: bp.argmax(x > 0), TypeError, r"argmax: x: got dtype bool, wanted real numbers"),
        (lambda x: bp.argmax(x * 1j), TypeError, r"argmax: x: got dtype complex128, wanted real numbers"),
        (lambda x: bp.count_nonzero(x, axis=5), ValueError, r"count_nonzero: axis: got 5"),
        (lambda x: bp.count_nonzero([1]), TypeError, r"count_nonzero: x is a list"),
        (lambda x: bp.nonzero(x[0, 0]), ValueError, r"nonzero: x: got shape \(\), wanted one or more axes"),
        (lambda x: bp.nonzero([1]), TypeError, r"nonzero: x is a list"),
        (lambda x: bp.searchsorted(x, 1), ValueError, r"searchsorted: x1: got shape \(2, 3\), wanted one axis"),
        (lambda x: bp.searchsorted(x[0], 1, side="middle"), ValueError, r"searchsorted: side: got 'middle', wanted"),
        (lambda x: bp.searchsorted(x[0], [1]), TypeError, r"searchsorted: x2 is a list, wanted a Tensor"),
        (lambda x: bp.searchsorted([1.0], x), TypeError, r"searchsorted: x1 is a list, wanted a Tensor"),
        (lambda x: bp.searchsorted(x[0], x[0] * 1j), TypeError, r"searchsorted: x2: got dtype complex128"),
        (lambda x: bp.searchsorted(x[0].astype("int64"), 0.5), TypeError, r"searchsorted: x2: got the float 0.5 for x1 of int64"),
        (lambda x: bp.searchsorted(x[0], 1, sorter=x[0]), TypeError, r"searchsorted: sorter: got dtype float64, wanted integers"),
        (lambda x: bp.searchsorted(x[0], 1, sorter=bp.nonzero(x[0, :1])[0]), ValueError, r"sorter: got shape \(1,\), wanted x1's, \(3,\)"),
    ],
)  # fmt: skip
def test_errors(backend: backends.Backend, call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call(_t(np.ones((2, 3)), backend))
