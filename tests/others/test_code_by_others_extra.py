"""array-api-extra, differentiated unchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

xpx = pytest.importorskip("array_api_extra", minversion="0.11")

import extra_cases as cases
from common import *

pytestmark = pytest.mark.filterwarnings("ignore:`xpx.*deprecated:DeprecationWarning")


@pytest.fixture(autouse=True)
def _double() -> None:
    bp.set_default_dtype(bp.float64)


def test_every_function_is_in_a_table() -> None:
    """Those that are not: numbers and dtypes about arrays, and what helps to test a library."""
    named = {c.name.partition(" ")[0].partition("(")[0] for t in
             (cases.WORKS, cases.CONSTANT, cases.REFUSED) for c in t}  # fmt: skip
    assert set(xpx.__all__) - named == {
        "__version__", "broadcast_shapes", "default_dtype", "testing",
    }  # fmt: skip


def test_gradient_of_a_covariance_by_hand() -> None:
    """cov(x)[0, 0] = sum (x - mean)² / (n - 1), whose gradient is 2 (x - mean) / (n - 1)."""
    x = bp.asarray(cases.X, requires_grad=True)
    xpx.cov(x)[0, 0].backward()
    row = cases.X[0]
    expected = np.zeros_like(cases.X)
    expected[0] = 2 * (row - row.mean()) / (len(row) - 1)
    np.testing.assert_allclose(x.grad.numpy(), expected, atol=1e-15)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (xpx.nansum, [[1, 0, 1], [1, 1, 0]]),
        (xpx.nanmean, [[0.25, 0, 0.25], [0.25, 0.25, 0]]),
        (xpx.nanmax, [[0, 0, 1], [0, 0, 0]]),
        (xpx.nan_to_num, [[1, 0, 1], [1, 1, 0]]),
    ],
)
def test_what_is_no_number_gets_no_gradient(function: Any, expected: Any) -> None:
    x = bp.asarray(cases.HOLES, requires_grad=True)
    function(x).sum().backward()
    assert x.grad.tolist() == expected


def test_sinc_at_zero_is_right_to_first_order_only() -> None:
    """sinc''(0) is -π²/3, but array-api-extra puts a constant in the place of 0: it says 0."""
    slope = bp.grad(lambda x: xpx.sinc(x))
    assert float(slope(0.0)) == pytest.approx(0.0, abs=1e-12)
    assert float(bp.grad(slope)(0.0)) == 0.0


def test_about_arrays() -> None:
    assert xpx.default_dtype(bp) == bp.float64
    assert xpx.broadcast_shapes((2, 1), (3,)) == (2, 3)
