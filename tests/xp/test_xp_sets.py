"""Sets: the different elements, and who is among them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp


def _t(data: Any, backend: backends.Backend, dtype: Any = None) -> bp.Tensor:
    return bp.asarray(np.asarray(data, dtype), device=backend.name)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float32", "complex128"])
def test_the_parts_fit_together(backend: backends.Backend, dtype: str) -> None:
    x = _t([[1, 0], [1, 1], [0, 1]], backend, dtype)
    every = bp.unique_all(x)
    assert every.values.dtype == dtype
    assert every.values.tolist() == [0, 1]
    assert every.indices.tolist() == [1, 0]
    assert every.inverse_indices.tolist() == [[1, 0], [1, 1], [0, 1]]
    assert every.counts.tolist() == [2, 4]
    assert {t.dtype for t in every[1:]} == {bp.int64}
    assert bp.take(every.values, every.inverse_indices[0]).tolist() == x[0].tolist()
    assert bp.unique_values(x).tolist() == bp.unique_counts(x).values.tolist() == [0, 1]
    assert bp.unique_counts(x).counts.tolist() == [2, 4]
    values, inverse = bp.unique_inverse(x)
    assert values[inverse].tolist() == x.tolist()
    assert inverse.shape == x.shape


def test_of_nothing_and_of_one(backend: backends.Backend) -> None:
    empty = bp.unique_all(_t(np.zeros((0, 2)), backend))
    assert [t.shape for t in empty] == [(0,), (0,), (0, 2), (0,)]
    one = bp.unique_all(_t(3.0, backend))
    assert [t.shape for t in one] == [(1,), (1,), (), (1,)]


def test_every_nan_is_different(backend: backends.Backend) -> None:
    x = _t([math.nan, 1.0, math.nan, -0.0, 0.0], backend)
    assert bp.unique_values(x).shape == (4,)
    values, counts = bp.unique_counts(x)
    assert values.tolist()[:2] == [0.0, 1.0]
    assert counts.tolist() == [2, 1, 1, 1]


def test_no_gradient_passes(backend: backends.Backend) -> None:
    x = bp.asarray([1.0, 2.0], device=backend.name, requires_grad=True)
    assert not any(t.requires_grad for t in (*bp.unique_all(x), bp.unique_values(x), bp.isin(x, x)))


def test_isin(backend: backends.Backend) -> None:
    x = _t([[1, 2], [3, 2]], backend)
    assert bp.isin(x, _t([2, 5, 1], backend)).tolist() == [[True, True], [False, True]]
    assert bp.isin(x, _t([2, 5, 1], backend), invert=True).tolist() == [
        [False, False],
        [True, False],
    ]
    assert bp.isin(x, 2).tolist() == [[False, True], [False, True]]
    assert bp.isin(3, x).item() is True
    assert bp.isin(4, x).shape == ()
    assert bp.isin(4, x, invert=True).item() is True
    assert bp.isin(x, x[:0]).tolist() == [[False, False], [False, False]]
    assert bp.isin(_t([1, 300], backend), _t([1, 44], backend, "uint8")).tolist() == [True, False]
    assert bp.isin(_t([math.nan, 1.0], backend), _t([math.nan, 1.0], backend)).tolist() == [
        False,
        True,
    ]
    assert bp.isin(_t([0.5], backend), 0.5).tolist() == [True]
    assert bp.isin(_t([True], backend), True).tolist() == [True]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: bp.unique_all([1]), r"unique_all: x is a list, wanted a Tensor"),
        (lambda x: bp.unique_counts(x.numpy()), r"unique_counts: x is a numpy.ndarray"),
        (lambda x: bp.unique_inverse(1), r"unique_inverse: x is a int"),
        (lambda x: bp.unique_values(None), r"unique_values: x is a NoneType"),
        (lambda x: bp.isin(1, 2), r"isin: x2 is a int, wanted a Tensor"),
        (lambda x: bp.isin(x, [1, 2]), r"isin: x2 is a list, wanted a Tensor"),
        (lambda x: bp.isin([1, 2], x), r"isin: x1 is a list, wanted a Tensor"),
        (lambda x: bp.isin(x, 0.5), r"isin: x2: got 0.5 beside int64, wanted the same kind"),
        (lambda x: bp.isin(True, x), r"isin: x1: got True beside int64, wanted the same kind"),
    ],
)
def test_errors(backend: backends.Backend, call: Any, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call(_t([1, 2], backend))
