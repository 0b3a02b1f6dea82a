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


# -------------------------------------------------------------------- whole channels

CHANNELS = [
    ("Dropout1d", (20, 30, 4), 2), ("Dropout1d", (600, 4), 1), ("Dropout2d", (20, 30, 2, 3), 2),
    ("Dropout2d", (20, 30, 5), 2), ("Dropout3d", (20, 30, 2, 1, 3), 2),
    ("Dropout3d", (600, 2, 1, 3), 1), ("FeatureAlphaDropout", (20, 30, 2, 3), 2),
]  # fmt: skip
"""A layer, an input, and how many of its axes are samples and channels."""


@pytest.mark.parametrize(("name", "shape", "lead"), CHANNELS)
def test_whole_channels_are_dropped(name: str, shape: Any, lead: int, backend: Any) -> None:
    p = 0.3
    out = getattr(bp.nn, name)(p)(bp.ones(shape, device=backend.name)).numpy()
    channels = out.reshape(*shape[:lead], -1)
    first = channels[..., :1]
    assert (channels == first).all(), "a channel is dropped in part"
    values, counts = np.unique(first, return_counts=True)
    assert len(values) == 2
    n = first.size  # 600 channels: the number dropped is binomial
    assert abs(counts[0] - n * p) < 5 * math.sqrt(n * p * (1 - p))
    if name != "FeatureAlphaDropout":
        np.testing.assert_allclose(values, [0, 1 / (1 - p)], rtol=1e-6)


@pytest.mark.parametrize("name", ["AlphaDropout", "FeatureAlphaDropout"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_alpha_dropout_keeps_mean_and_variance(name: str, p: float, backend: Any) -> None:
    n = 40_000
    x = np.random.default_rng(0).standard_normal((n, 1, 1))
    out = getattr(bp.nn, name)(p)(bp.asarray(x, device=backend.name)).numpy()
    assert abs(out.mean()) < 5 / math.sqrt(n)
    fourth = np.mean((out - out.mean()) ** 4)
    assert abs(out.var() - 1) < 5 * math.sqrt((fourth - 1) / n)


def test_alpha_dropout_by_hand() -> None:
    """p = 1/2: a = (1/2 (1 + f²/2))^(-1/2), b = -a f / 2. An element is a x + b or a f + b."""
    f = -1.0507009873554805 * 1.6732632423543772
    a = (0.5 * (1 + 0.5 * f * f)) ** -0.5
    out = bp.nn.AlphaDropout(0.5)(bp.full((1000,), 3.0, dtype="float64")).numpy()
    expected = [a * f - a * f / 2, 3 * a - a * f / 2]
    np.testing.assert_allclose(np.unique(out.round(9)), expected, rtol=1e-8)


@pytest.mark.parametrize("name", ["Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout"])
def test_p_of_0_and_1_and_use_draw_nothing(name: str) -> None:
    x = bp.ones((2, 3, 4) if name in ("Dropout1d", "AlphaDropout") else (2, 3, 4, 5))
    if name == "Dropout3d":
        x = bp.ones((2, 3, 4, 5, 1))
    state = bp.default_generator().get_state()
    make = getattr(bp.nn, name)
    assert make(0.0)(x) is x
    assert make(0.5).eval()(x) is x
    assert not make(1.0)(x).numpy().any()
    assert bp.default_generator().get_state() == state


@pytest.mark.parametrize(
    "name", ["dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"]
)
def test_bad_arguments_of_the_kinds(name: str) -> None:
    function = getattr(bp.nn.functional, name)
    with pytest.raises(ValueError, match=f"{name}: p: got 2, wanted a probability"):
        function(bp.ones((2, 2)), 2)
    with pytest.raises(TypeError, match=f"{name}: input is a float, wanted a Tensor"):
        function(1.0, 0.5)
    if "alpha" not in name:
        with pytest.raises(ValueError, match=f"{name}: input: got shape"):
            function(bp.ones(2), 0.5)
    else:
        function(bp.ones((2, 2)), 0.5, True)


@pytest.mark.parametrize("name", ["dropout", "dropout1d", "alpha_dropout", "feature_alpha_dropout"])
@pytest.mark.parametrize("dtype", ["int64", "bool", "complex64"])
def test_only_real_floating_point_numbers_are_dropped(name: str, dtype: str) -> None:
    x = bp.ones((2, 2, 2), dtype=dtype)
    with pytest.raises(TypeError, match=f"dropout: input: got dtype {dtype}, wanted real floating"):
        getattr(bp.nn.functional, name)(x, 0.5, training=True)
