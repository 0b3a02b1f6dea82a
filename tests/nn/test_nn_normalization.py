"""Normalisation by hand, with hard numbers, over many batches; and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

nn, F = bp.nn, bp.nn.functional


def test_batch_norm_by_hand(backend: Any) -> None:
    """Channel values 1, 3 have mean 2 and variance 1: (±1) / sqrt(1 + 3) = ±1/2, times 4 plus 1.
    The running mean becomes 0.9·0 + 0.1·2, the running variance 0.9·1 + 0.1·2 (2 = unbiased)."""
    layer = nn.BatchNorm1d(1, eps=3.0, dtype="float64", device=backend.name)
    layer.weight.copy_(bp.asarray([4.0]))
    layer.bias.copy_(bp.asarray([1.0]))
    x = bp.asarray([[1.0], [3.0]], dtype="float64", device=backend.name)
    np.testing.assert_allclose(layer(x).detach().numpy(), [[-1.0], [3.0]])
    np.testing.assert_allclose(layer.running_mean.numpy(), [0.2])
    np.testing.assert_allclose(layer.running_var.numpy(), [1.1])
    assert layer.num_batches_tracked.item() == 1
    layer.eval()
    expected = (3.0 - 0.2) / math.sqrt(1.1 + 3.0) * 4 + 1
    np.testing.assert_allclose(layer(x).detach().numpy()[1], [expected])
    assert layer.num_batches_tracked.item() == 1


def test_batch_norm_gradient_by_hand(backend: Any) -> None:
    """x = (-1, 1, 0, 0) has variance 1/2; with eps 1/2, z = x. Gradient g = (1, 0, 0, 0):
    g - mean(g) - z mean(g z) = (1 - 1/4 - 1/4, -1/4 + 1/4, -1/4, -1/4)."""
    layer = nn.BatchNorm1d(1, eps=0.5, dtype="float64", device=backend.name)
    x = bp.asarray([[-1.0], [1.0], [0.0], [0.0]], dtype="float64", device=backend.name)
    x.requires_grad_()
    layer(x)[0, 0].backward()
    np.testing.assert_allclose(x.grad.numpy()[:, 0], [0.5, 0.0, -0.25, -0.25], atol=1e-15)
    np.testing.assert_allclose(layer.weight.grad.numpy(), [-1.0])
    np.testing.assert_allclose(layer.bias.grad.numpy(), [1.0])


def test_momentum_of_none_is_the_mean_over_batches(backend: Any) -> None:
    layer = nn.BatchNorm1d(2, momentum=None, dtype="float64", device=backend.name)
    batches = np.random.default_rng(0).normal(2.0, 3.0, (5, 6, 2))
    for batch in batches:
        layer(bp.asarray(batch, device=backend.name))
    np.testing.assert_allclose(layer.running_mean.numpy(), batches.mean((0, 1)), rtol=1e-12)
    expected = batches.var(1, ddof=1).mean(0)
    np.testing.assert_allclose(layer.running_var.numpy(), expected, rtol=1e-12)
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0.0, 0.0]
    assert layer.running_var.tolist() == [1.0, 1.0]
    assert layer.num_batches_tracked.item() == 0
    assert layer.num_batches_tracked.dtype == bp.int64


def _exact(x: np.ndarray, axes: Any) -> np.ndarray:
    x = x.astype("float64")
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


@pytest.mark.parametrize(
    ("make", "shape", "axes"),
    [
        (lambda: nn.BatchNorm1d(3), (64, 3), (0,)),
        (lambda: nn.BatchNorm2d(3), (16, 3, 5, 7), (0, 2, 3)),
        (lambda: nn.LayerNorm(50), (8, 50), (1,)),
        (lambda: nn.GroupNorm(2, 4), (3, 4, 30), None),
        (lambda: nn.InstanceNorm1d(3), (4, 3, 40), (2,)),
    ],
    ids=["1d", "2d", "layer", "group", "instance"],
)
@pytest.mark.parametrize("offset", [0.0, 100.0, 10_000.0])
def test_a_mean_far_from_0_costs_no_digits(
    make: Any, shape: Any, axes: Any, offset: float, backend: Any
) -> None:
    """In float32: the variance of 10000 ± 1 is right to the digits that the numbers have.

    mean(x²) - mean(x)² would be off by 10000² 2^-24 = 6, times the variance.
    """
    rng = np.random.default_rng(0)
    x = (rng.normal(size=shape) + offset).astype("float32")
    with bp.device(backend.name):
        got = make()(bp.asarray(x)).detach().numpy()
    if axes is None:
        grouped = x.reshape(shape[0], 2, -1)
        expected = _exact(grouped, (2,)).reshape(shape)
    else:
        expected = _exact(x, axes)
    # The mean itself is rounded to a float32: half a unit in its last place.
    tolerance = 5e-6 + offset * 2.0**-23
    np.testing.assert_allclose(got, expected, atol=tolerance, rtol=0)


def test_one_sample_unlike_the_others() -> None:
    """Statistics are shifted by a part of the batch: whichever part that is."""
    for place in (0, 31, 63):
        x = np.random.default_rng(0).normal(size=(64, 2, 20)).astype("float32")
        x[place] += 1000.0
        mean, var = bp.rules.moments(bp.asarray(x), axes=(0, 2))
        x = x.astype("float64")
        np.testing.assert_allclose(mean.numpy()[0, :, 0], x.mean((0, 2)), rtol=1e-6)
        np.testing.assert_allclose(var.numpy()[0, :, 0], x.var((0, 2)), rtol=1e-5)


def test_constant_input_is_its_bias(backend: Any) -> None:
    with bp.device(backend.name):
        for layer, shape in [(nn.BatchNorm1d(2), (4, 2)), (nn.LayerNorm(2), (4, 2))]:
            layer.bias.copy_(bp.asarray([1.0, 2.0]))
            x = bp.full(shape, 7.0, requires_grad=True)
            y = layer(x)
            np.testing.assert_array_equal(y.detach().numpy(), [[1.0, 2.0]] * 4)
            y.sum().backward()
            np.testing.assert_allclose(x.grad.numpy(), np.zeros(shape), atol=1e-4)


def test_what_comes_in_is_left_alone_and_layout_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4, 6, 5, 3)).astype("float32")
    for layer in (nn.BatchNorm2d(3), nn.GroupNorm(3, 3), nn.InstanceNorm2d(3)):
        moved = bp.asarray(x).permute(0, 3, 1, 2)
        before = moved.numpy().copy()
        straight = bp.asarray(np.ascontiguousarray(before))
        np.testing.assert_array_equal(layer(moved).detach().numpy(),
                                      layer(straight).detach().numpy())  # fmt: skip
        np.testing.assert_array_equal(moved.numpy(), before)


def test_in_use_the_running_values_may_move_before_the_backward_pass() -> None:
    layer = nn.BatchNorm1d(2, dtype="float64").eval()
    layer.running_mean.copy_(bp.asarray([1.0, -1.0]))
    x = bp.asarray(np.random.default_rng(0).normal(size=(4, 2)), requires_grad=True)
    y = layer(x)
    layer.train()
    layer(x.detach() * 5)
    y.sum().backward()
    expected = ((x.detach().numpy() - [1.0, -1.0]) / math.sqrt(1 + 1e-5)).sum(0)
    np.testing.assert_allclose(layer.weight.grad.numpy(), expected, rtol=1e-12)


def test_instance_norm_keeps_the_mean_statistics_of_the_samples() -> None:
    layer = nn.InstanceNorm1d(1, track_running_stats=True, momentum=1.0, dtype="float64")
    layer(bp.asarray([[[0.0, 2.0]], [[2.0, 6.0]]], dtype="float64"))
    assert layer.running_mean.tolist() == [2.5]  # of 1 and 4
    assert layer.running_var.tolist() == [5.0]  # of 2 and 8
    with pytest.warns(UserWarning, match="got 2 channels .* wanted num_features = 3"):
        nn.InstanceNorm1d(3)(bp.ones((1, 2, 4)))


def test_local_response_norm_by_hand(backend: Any) -> None:
    """size 3: channels 1, 2, 3 have neighbourhood sums 1+4, 1+4+9, 4+9; alpha = 3 makes the mean
    square the sum, and beta = 1 divides by 1 more than it."""
    x = bp.asarray([[[1.0], [2.0], [3.0]]], dtype="float64", device=backend.name)
    got = F.local_response_norm(x, 3, alpha=3.0, beta=1.0)
    np.testing.assert_allclose(got.numpy()[0, :, 0], [1 / 6, 2 / 15, 3 / 14])
    got = F.local_response_norm(x, 2, alpha=2.0, beta=1.0)  # of even size: one more before
    np.testing.assert_allclose(got.numpy()[0, :, 0], [1 / 2, 2 / 6, 3 / 14])


def test_normalize_of_nothing_is_nothing() -> None:
    x = bp.zeros((2, 3), requires_grad=True)
    y = F.normalize(x)
    assert not y.detach().numpy().any()
    y.sum().backward()
    assert np.isfinite(x.grad.numpy()).all()


X4, X2 = (2, 3, 2, 2), (4, 3)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: nn.BatchNorm2d(0), ValueError, "BatchNorm2d: num_features: got 0, wanted a whole"),
        (lambda: nn.BatchNorm2d(2.0), ValueError, "num_features: got 2.0"),
        (lambda: nn.BatchNorm2d(4)(bp.ones(X4)), ValueError,
         "BatchNorm2d: input: got 3 channels .* wanted num_features = 4"),
        (lambda: nn.BatchNorm2d(3)(bp.ones(X2)), ValueError, "got shape .4, 3., wanted 4 axes"),
        (lambda: nn.BatchNorm1d(3)(bp.ones(X4)), ValueError, "wanted 2 or 3 axes"),
        (lambda: nn.BatchNorm3d(3)(bp.ones(X4)), ValueError, "wanted 5 axes"),
        (lambda: nn.BatchNorm1d(3)(bp.ones((1, 3))), ValueError, "more than one value a channel"),
        (lambda: nn.BatchNorm1d(3)(np.ones(X2)), TypeError, "input is a numpy.ndarray, wanted a"),
        (lambda: nn.BatchNorm1d(3)(bp.ones(X2, dtype="int64")), TypeError, "got dtype int64"),
        (lambda: nn.BatchNorm1d(3)(bp.ones(X2, dtype="float64")), TypeError, "convert the data"),
        (lambda: F.batch_norm(bp.ones(X2), None, None), ValueError, "running_mean and running_var"),
        (lambda: F.batch_norm(bp.ones(X2), None, None, training=True, eps=0.0), ValueError,
         "eps: got 0.0, wanted a positive number in training"),
        (lambda: F.batch_norm(bp.ones(X2), bp.ones(3), bp.ones(3), eps=-1.0), ValueError,
         "eps: got -1.0, wanted a number of at least 0"),
        *[(lambda eps=eps, f=f: f(eps), ValueError, f"eps: got {eps!r}, wanted a number of at")
          for eps in (-1e-5, "a", float("nan"))
          for f in (lambda e: nn.BatchNorm1d(3, e)(bp.ones(X2)),
                    lambda e: nn.LayerNorm(3, e)(bp.ones(X2)),
                    lambda e: nn.RMSNorm(3, e)(bp.ones(X2)),
                    lambda e: nn.GroupNorm(1, 3, e)(bp.ones(X2)),
                    lambda e: nn.InstanceNorm2d(3, e)(bp.ones(X4)))],
        (lambda: nn.BatchNorm1d(3, momentum="a")(bp.ones(X2)), TypeError, "momentum: got 'a'"),
        (lambda: F.batch_norm(bp.ones(X2), bp.ones(4), bp.ones(3)), ValueError,
         "running_mean: got shape .4,., wanted a Tensor of shape .3,."),
        (lambda: F.batch_norm(bp.ones(3), None, None, training=True), ValueError, "wanted .N, C"),
        (lambda: nn.LayerNorm(()), ValueError, "normalized_shape: got .., wanted at least one"),
        (lambda: nn.LayerNorm((3, 0)), ValueError, "normalized_shape: got 0, wanted a whole"),
        (lambda: nn.LayerNorm(4)(bp.ones(X2)), ValueError,
         "input has shape .4, 3., wanted one that ends with normalized_shape = .4,."),
        (lambda: nn.LayerNorm((2, 4, 3))(bp.ones(X2)), ValueError, "ends with normalized_shape"),
        (lambda: nn.RMSNorm(4)(bp.ones(X2)), ValueError, "rms_norm: input has shape .4, 3."),
        (lambda: F.layer_norm(bp.ones(X2), (3,), bp.ones(4)), ValueError, "weight: got shape"),
        (lambda: nn.GroupNorm(2, 3), ValueError,
         "num_groups: got 2, wanted a divisor of num_channels = 3"),
        (lambda: nn.GroupNorm(0, 3), ValueError, "num_groups: got 0"),
        (lambda: F.group_norm(bp.ones(X4), 2), ValueError, "got 2, wanted a divisor of the 3"),
        (lambda: F.group_norm(bp.ones((1, 3)), 3), ValueError, "more than one value a group"),
        (lambda: F.group_norm(bp.ones(3), 3), ValueError, "group_norm: input: got shape"),
        (lambda: F.instance_norm(bp.ones((2, 3, 1))), ValueError, "more than one value a channel"),
        (lambda: F.instance_norm(bp.ones((2, 3))), ValueError, "at least three axes"),
        (lambda: nn.InstanceNorm2d(4, affine=True)(bp.ones(X4)), ValueError,
         "InstanceNorm2d: input: got 3 channels"),
        (lambda: nn.LocalResponseNorm(0), ValueError, "size: got 0"),
        (lambda: F.local_response_norm(bp.ones(X2), 2), ValueError, "wanted .N, C, "),
        (lambda: F.normalize(bp.ones(X2), dim=2), IndexError, "dim: got 2"),
    ],
)  # fmt: skip
def test_bad_arguments(call: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_how_layers_show_themselves() -> None:
    shown = [
        (nn.BatchNorm1d(2, momentum=None), "BatchNorm1d(2, eps=1e-05, momentum=None, affine=True, "
         "bias=True, track_running_stats=True)"),
        (nn.InstanceNorm2d(2), "InstanceNorm2d(2, eps=1e-05, momentum=0.1, affine=False, "
         "bias=False, track_running_stats=False)"),
        (nn.LayerNorm(4, bias=False), "LayerNorm((4,), eps=1e-05, elementwise_affine=True, "
         "bias=False)"),
        (nn.GroupNorm(2, 4), "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)"),
        (nn.RMSNorm((2, 3)), "RMSNorm((2, 3), eps=None, elementwise_affine=True)"),
        (nn.LocalResponseNorm(2), "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1.0)"),
        (nn.Dropout2d(0.2), "Dropout2d(p=0.2, inplace=False)"),
    ]  # fmt: skip
    for layer, text in shown:
        assert repr(layer) == text


@pytest.mark.parametrize("name", ["batch_norm", "instance_norm"])
@pytest.mark.parametrize("own", [True, False], ids=["own statistics", "given ones"])
def test_one_running_statistic_without_the_other(name: str, own: bool) -> None:
    normed, x, one = getattr(F, name), bp.ones((2, 3, 4)), bp.ones(3)
    flag = {"training" if name == "batch_norm" else "use_input_stats": own}
    with pytest.raises(ValueError, match=f"{name}: running_var: got None beside a running_mean"):
        normed(x, one, None, **flag)
    with pytest.raises(ValueError, match=f"{name}: running_mean: got None beside a running_var"):
        normed(x, None, one, **flag)
    np.testing.assert_array_equal(one.numpy(), 1.0)
