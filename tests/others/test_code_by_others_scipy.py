"""SciPy, differentiated unchanged."""

from __future__ import annotations

import numpy as np
import pytest

import backprop as bp

pytest.importorskip("scipy", minversion="1.17")

import scipy_cases as cases
from others_cases import (
    Constant,
    Refused,
    Works,
    check_against_torch,
    check_derivatives,
    check_no_gradient,
    check_refused,
    check_value,
    params,
)
from scipy import special, stats


@pytest.fixture(autouse=True)
def _double() -> None:
    bp.set_default_dtype(bp.float64)


@pytest.mark.parametrize("case", params(*cases.WORKS, *cases.CONSTANT))
def test_value(case: Works | Constant) -> None:
    check_value(case)


@pytest.mark.parametrize("case", params(*cases.WORKS))
def test_derivatives(case: Works) -> None:
    check_derivatives(case)


@pytest.mark.parametrize("case", params(*cases.WORKS))
def test_against_torch(case: Works) -> None:
    check_against_torch(case)


@pytest.mark.parametrize("case", params(*cases.CONSTANT))
def test_no_gradient(case: Constant) -> None:
    check_no_gradient(case)


@pytest.mark.parametrize("case", params(*cases.REFUSED))
def test_refused(case: Refused) -> None:
    check_refused(case)


def test_gradient_of_logsumexp_is_softmax() -> None:
    x = bp.asarray(cases.V, requires_grad=True)
    special.logsumexp(x).backward()
    np.testing.assert_allclose(x.grad.numpy(), special.softmax(cases.V), rtol=1e-12)


def test_gradient_of_a_geometric_mean_by_hand() -> None:
    """d gmean / dx = gmean / (n x)."""
    x = bp.asarray(cases.P, requires_grad=True)
    mean = stats.gmean(x)
    mean.backward()
    np.testing.assert_allclose(x.grad.numpy(), mean.item() / (6 * cases.P), rtol=1e-12)


def test_without_a_gradient_the_values_come_through() -> None:
    """What calls numpy.asarray works on Tensors that want no gradient."""
    out = special.erf(bp.asarray(cases.V))
    assert isinstance(out, bp.Tensor)
    np.testing.assert_array_equal(out.numpy(), special.erf(cases.V))
