"""Dropout: how often, how much, the same mask backwards and on every backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp


@pytest.mark.parametrize("p", [0.05, 0.5, 0.9])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_share_p_is_dropped_and_the_rest_scaled_up(p: float, dtype: str, backend: Any) -> None:
    n = 20_000
    layer = bp.nn.Dropout(p)
    out = layer(bp.ones((n // 20, 20), dtype=dtype, device=backend.name))
    assert out.dtype == dtype
    values = out.numpy()
    dropped = values == 0
    np.testing.assert_allclose(values[~dropped], 1 / (1 - p), rtol=1e-6)
    # the number dropped is binomial: within five standard deviations of n p
    assert abs(dropped.sum() - n * p) < 5 * math.sqrt(n * p * (1 - p))
    # and so is each row's and column's: the mask is not constant along an axis
    assert dropped.mean(axis=0).std() > 0
    assert dropped.mean(axis=1).std() > 0


def test_the_gradient_goes_through_the_mask_of_the_forward_pass(backend: Any) -> None:
    values = np.random.default_rng(0).standard_normal((30, 7))
    x = bp.asarray(values, device=backend.name, requires_grad=True)
    y = bp.nn.Dropout(0.4)(x)
    factor = y.detach().numpy() / values  # 0 or 1 / 0.6
    np.testing.assert_allclose(np.unique(factor.round(9)), [0, (1 / 0.6).__round__(9)])
    g = np.random.default_rng(1).standard_normal((30, 7))
    y.backward(bp.asarray(g, device=backend.name))
    np.testing.assert_allclose(x.grad.numpy(), g * factor)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.77])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_same_seed_gives_the_same_mask_on_every_backend(
    p: float, dtype: str, backend: Any
) -> None:
    masks = []
    for device in ("cpu", backend.name):
        bp.manual_seed(11)
        layer = bp.nn.Dropout(p)
        x = bp.ones((13, 5), dtype=dtype, device=device)
        masks.append([layer(x).numpy(), layer(x).numpy()])
    np.testing.assert_array_equal(masks[0], masks[1])
    assert not np.array_equal(masks[0][0], masks[0][1]), "two calls drew the same mask"
    bp.manual_seed(12)
    assert not np.array_equal(bp.nn.Dropout(p)(bp.ones((13, 5), dtype=dtype)).numpy(), masks[0][0])


def test_outside_training_it_is_the_identity_and_draws_nothing() -> None:
    layer, x = bp.nn.Dropout(0.5).eval(), bp.ones(100)
    state = bp.default_generator().get_state()
    assert layer(x) is x
    assert bp.nn.Dropout(0.0)(x) is x
    assert bp.default_generator().get_state() == state
    layer.train()
    assert (layer(x).numpy() == 0).any()
    assert bp.default_generator().get_state() != state


def test_p_of_one_drops_everything(backend: Any) -> None:
    x = bp.ones((3, 4), device=backend.name)
    x.requires_grad_()
    y = bp.nn.Dropout(1.0)(x)
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), np.zeros((3, 4)))
    np.testing.assert_array_equal(x.grad.numpy(), np.zeros((3, 4)))


def test_a_tiny_p_drops_next_to_nothing() -> None:
    out = bp.nn.Dropout(1e-12)(bp.ones(5000)).numpy()
    np.testing.assert_array_equal(out, np.ones(5000, "f4"))


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan, math.inf, "0.5", None, True])
def test_p_must_be_a_probability(p: Any) -> None:
    with pytest.raises(ValueError, match=r"p: got .*, wanted a probability from 0 to 1"):
        bp.nn.Dropout(p)
    with pytest.raises(ValueError, match=r"dropout: p: got .*, wanted a probability from 0 to 1"):
        bp.nn.functional.dropout(bp.ones(2), p)
