"""SciPy, differentiated unchanged."""

from __future__ import annotations

import numpy as np
import pytest

import backprop as bp

pytest.importorskip("scipy", minversion="1.17")

import scipy_cases as cases
from common import *
from scipy import special, stats


@pytest.fixture(autouse=True)
def _double() -> None:
    bp.set_default_dtype(bp.float64)


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


def test_gradient_of_a_minimizer_by_hand() -> None:
    """exp(x) - a x is least at x = log a. The search stops at about the root of the precision,
    too early for differences to check its derivative."""
    for value in (0.5, 1.3, 2.5):
        a = bp.asarray(value, requires_grad=True)
        cases.minimum_of_exp(a).x.backward()
        assert a.grad.item() == pytest.approx(1 / value, rel=1e-6)


def test_a_root_found_by_halving_has_no_gradient() -> None:
    """As the remark in the documentation says: the ends' middle does not depend on a."""
    a = bp.asarray(2.25, requires_grad=True)
    root = cases.find_root(a)  # between 0 and 3
    assert root.item() == 1.5
    assert bp.grad(lambda a: cases.find_root(a))(a.detach()).item() == 0.0
    near = bp.asarray(2.25 + 1e-6, requires_grad=True)
    cases.find_root(near).backward()
    assert near.grad.item() == pytest.approx(1 / 3, rel=1e-5)


def test_without_a_gradient_the_values_come_through() -> None:
    """What calls numpy.asarray works on Tensors that want no gradient."""
    out = special.erf(bp.asarray(cases.V))
    assert isinstance(out, bp.Tensor)
    np.testing.assert_array_equal(out.numpy(), special.erf(cases.V))
