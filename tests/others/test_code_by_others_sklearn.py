"""scikit-learn, differentiated unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import backprop as bp

sklearn = pytest.importorskip("sklearn", minversion="1.9")

import sklearn_cases as cases  # noqa: E402
from others_cases import (  # noqa: E402
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
from sklearn.metrics.pairwise import rbf_kernel  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402


@pytest.fixture(autouse=True)
def _dispatch() -> Iterator[None]:
    bp.set_default_dtype(bp.float64)
    with sklearn.config_context(array_api_dispatch=True):
        yield


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


def test_gradient_of_a_kernel_by_hand() -> None:
    """k = e^(-c |a - b|²): dk/da = -2 c (a - b) k."""
    a, b = bp.asarray(cases.A[:1], requires_grad=True), bp.asarray(cases.B[:1])
    k = rbf_kernel(a, b, gamma=0.7)
    k.sum().backward()
    expected = -1.4 * (cases.A[:1] - cases.B[:1]) * k.item()
    np.testing.assert_allclose(a.grad.numpy(), expected, rtol=1e-12)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
def test_standard_scaler_has_the_value_but_no_derivative() -> None:
    """It divides 0 by 0 and overwrites the NaN: 0 times that NaN is in every gradient."""
    x = bp.asarray(cases.A, requires_grad=True)
    out = StandardScaler().fit_transform(x)
    np.testing.assert_allclose(
        out.detach().numpy(), StandardScaler().fit_transform(cases.A), rtol=1e-12
    )
    out.sum().backward()
    assert np.isnan(x.grad.numpy()).all()
