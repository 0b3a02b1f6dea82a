"""Parametrised weights: by hand, in and out, copies and pickles, errors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.nn.utils import parametrizations, parametrize

nn = bp.nn


class Double(nn.Module):
    """2 x."""

    def forward(self, x: Any) -> Any:
        return x * 2

    def right_inverse(self, x: Any) -> Any:
        return x / 2


class Sum(nn.Module):
    """x + y, which no value tells apart."""

    def forward(self, x: Any, y: Any) -> Any:
        return x + y

    def right_inverse(self, value: Any) -> Any:
        return value * 0.25, value * 0.75


def _linear(values: Any) -> Any:
    layer = nn.Linear(len(values[0]), len(values), bias=False)
    layer.weight.copy_(bp.asarray(values))
    return layer


@pytest.mark.parametrize("function", [parametrizations.weight_norm, nn.utils.weight_norm])
def test_weight_norm_by_hand(function: Any) -> None:
    """w = (3, 4): g = 5 and v = (3, 4). With g = 10 it is (6, 8). A step along v changes nothing,
    one across it only the direction: dw = g (I - v vᵀ / |v|²) dv / |v|."""
    layer = function(_linear([[3.0, 4.0]]))
    g, v = layer.parameters()
    assert (g.tolist(), v.tolist()) == ([[5.0]], [[3.0, 4.0]])
    x = bp.asarray([[1.0, 1.0]])
    assert layer(x).item() == pytest.approx(7.0)
    g.copy_(bp.asarray([[10.0]]))
    assert layer(x).item() == pytest.approx(14.0)
    layer(x).sum().backward()
    np.testing.assert_allclose(g.grad.numpy(), [[1.4]], rtol=1e-6)
    across = 2.0 * (np.ones(2) - np.array([3.0, 4.0]) * 7 / 25)
    np.testing.assert_allclose(v.grad.numpy(), [across], rtol=1e-5)


@pytest.mark.parametrize("function", [parametrizations.spectral_norm, nn.utils.spectral_norm])
def test_spectral_norm_is_that_of_the_svd(function: Any) -> None:
    bp.manual_seed(0)
    layer = nn.Linear(5, 4)
    weight = layer.weight.detach().numpy().copy()
    function(layer)
    for _ in range(100):  # the power method converges
        layer(bp.zeros((1, 5)))
    largest = np.linalg.svd(weight)[1][0]
    np.testing.assert_allclose(layer.weight.detach().numpy(), weight / largest, rtol=1e-5)
    layer.eval()
    before = {k: v.numpy().copy() for k, v in layer.named_buffers()}
    layer(bp.zeros((1, 5)))
    for name, value in layer.named_buffers():
        np.testing.assert_array_equal(value.numpy(), before[name], "moved in use")


def test_two_passes_before_one_backward() -> None:
    """The buffers move at the second use; the first one's gradient must not."""
    bp.manual_seed(1)
    for function in (parametrizations.spectral_norm, nn.utils.spectral_norm):
        layer = function(nn.Linear(3, 2))
        x = bp.ones((1, 3))
        loss = layer(x).sum() - (layer(x * 2) * 3).sum()
        loss.backward()
        assert all(np.isfinite(p.grad.numpy()).all() for p in layer.parameters())


def test_the_original_stays_the_same_parameter() -> None:
    """An optimizer that holds it goes on learning, in and out."""
    layer = nn.Linear(2, 2)
    weight = layer.weight
    values = weight.detach().numpy().copy()
    parametrize.register_parametrization(layer, "weight", Double())
    assert layer.parametrizations.weight.original is weight
    np.testing.assert_allclose(layer.weight.detach().numpy(), values, rtol=1e-6)
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight is weight
    np.testing.assert_allclose(weight.detach().numpy(), values, rtol=1e-6)
    assert type(layer) is nn.Linear
    assert list(layer.state_dict()) == ["bias", "weight"]
    assert not parametrize.is_parametrized(layer)


def test_removal_without_the_value() -> None:
    layer = parametrize.register_parametrization(_linear([[4.0]]), "weight", Double())
    parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    assert layer.weight.tolist() == [[2.0]]
    layer = parametrize.register_parametrization(_linear([[4.0]]), "weight", Sum())
    with pytest.raises(ValueError, match="leave_parametrized: got False, wanted True"):
        parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
    parametrize.remove_parametrizations(layer, "weight")
    assert layer.weight.tolist() == [[4.0]]
    assert isinstance(layer.weight, nn.Parameter)


def test_one_after_the_other() -> None:
    layer = _linear([[8.0, 4.0]])
    parametrize.register_parametrization(layer, "weight", Double())
    parametrize.register_parametrization(layer, "weight", Double())
    assert layer.weight.tolist() == [[16.0, 8.0]]
    layer.weight = bp.asarray([[4.0, 8.0]])
    assert layer.parametrizations.weight.original.tolist() == [[1.0, 2.0]]
    assert layer.weight.tolist() == [[4.0, 8.0]]
    assert type(layer).__name__ == "ParametrizedLinear"
    assert parametrize.type_before_parametrizations(layer) is nn.Linear


def test_two_parameters_and_one_of_them_back() -> None:
    layer = nn.Linear(2, 2)
    for name in ("weight", "bias"):
        parametrize.register_parametrization(layer, name, Double())
    parametrize.remove_parametrizations(layer, "weight")
    assert parametrize.is_parametrized(layer, "bias")
    assert not parametrize.is_parametrized(layer, "weight")
    assert list(layer.state_dict()) == ["weight", "parametrizations.bias.original"]


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_copies_and_pickles(how: Any) -> None:
    layer = parametrizations.spectral_norm(nn.Linear(3, 2)).eval()
    other = how(layer)
    assert type(other) is type(layer)
    x = bp.ones((1, 3))
    np.testing.assert_array_equal(other(x).detach().numpy(), layer(x).detach().numpy())
    was = layer.weight.detach().numpy().copy()
    other.parametrizations.weight.original.copy_(bp.ones((2, 3)))
    np.testing.assert_array_equal(layer.weight.detach().numpy(), was, "they share the weight")
    parametrize.remove_parametrizations(other, "weight")
    assert parametrize.is_parametrized(layer)


@pytest.mark.parametrize(
    ("make", "remove"),
    [(nn.utils.weight_norm, nn.utils.remove_weight_norm),
     (nn.utils.spectral_norm, nn.utils.remove_spectral_norm)],
)  # fmt: skip
def test_the_older_forms_go_again(make: Any, remove: Any) -> None:
    layer, x = make(nn.Linear(3, 2)), bp.ones((1, 3))
    expected = layer(x).detach().numpy()
    remove(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"]
    np.testing.assert_allclose(layer(x).detach().numpy(), expected, rtol=1e-6)
    with pytest.raises(ValueError, match="name: got 'weight', which has none"):
        remove(layer)
    make(layer)
    with pytest.raises(RuntimeError, match="'weight' has one already"):
        make(layer)


def test_a_value_is_computed_once_in_the_cache() -> None:
    layer = parametrizations.weight_norm(nn.Linear(3, 2))
    with parametrize.cached():
        first = layer.weight
        with parametrize.cached():
            assert layer.weight is first
        assert layer.weight is first
    assert layer.weight is not first


@pytest.mark.parametrize(
    "function",
    [parametrizations.weight_norm, parametrizations.spectral_norm, nn.utils.weight_norm,
     nn.utils.spectral_norm],
)  # fmt: skip
def test_it_trains(function: Any) -> None:
    bp.manual_seed(0)
    layer = function(nn.Linear(3, 1))
    optimizer = bp.optim.SGD(layer.parameters(), lr=0.1)
    x = bp.asarray(np.random.default_rng(0).normal(size=(20, 3)).astype("f4"))
    target = x @ bp.asarray([[0.3], [-0.5], [0.2]])
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(layer(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.25 * losses[0]


class Wider(nn.Module):
    def forward(self, x: Any) -> Any:
        return bp.concat([x, x])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: parametrizations.weight_norm(m, "w"), ValueError, "weight_norm: name: got 'w'"),
        (lambda m: parametrizations.spectral_norm(m, "w"), ValueError, "spectral_norm: name: got"),
        (lambda m: nn.utils.weight_norm(m, "w"), ValueError, "weight_norm: name: got 'w'"),
        (lambda m: parametrizations.weight_norm(m, dim=5), ValueError, "dim: got 5"),
        (lambda m: parametrizations.spectral_norm(m, dim=5), IndexError, "dim: got 5"),
        (lambda m: parametrizations.spectral_norm(m, n_power_iterations=0), ValueError,
         "n_power_iterations: got 0, wanted a whole number of at least 1"),
        (lambda m: nn.utils.spectral_norm(m, n_power_iterations=0), ValueError, "got 0"),
        (lambda m: parametrize.register_parametrization(m, "w", Double()), ValueError,
         "tensor_name: got 'w', wanted the name of a parameter or buffer of Linear"),
        (lambda m: parametrize.register_parametrization(m, "weight", Wider()), ValueError,
         "Wider: made shape .4, 3. .* of shape .2, 3."),
        (lambda m: parametrize.remove_parametrizations(m, "weight"), ValueError,
         "not parametrised in Linear"),
    ],
)  # fmt: skip
def test_bad_arguments(call: Any, error: Any, message: str) -> None:
    layer = nn.Linear(3, 2)
    with pytest.raises(error, match=message):
        call(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"], "it was left half done"
    layer(bp.ones((1, 3)))
