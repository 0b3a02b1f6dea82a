"""scikit-learn, differentiated unchanged."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import backprop as bp

sklearn = pytest.importorskip("sklearn", minversion="1.9")

import sklearn_cases as cases
from common import *
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import StandardScaler


@pytest.fixture(autouse=True)
def _dispatch() -> Iterator[None]:
    bp.set_default_dtype(bp.float64)
    with sklearn.config_context(array_api_dispatch=True):
        yield


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
