"""Parameters as one vector, and clipping of gradients that live in no arena."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

utils = bp.nn.utils


def test_parameters_as_a_vector_and_back(backend: Any) -> None:
    net = bp.nn.Sequential(bp.nn.Linear(2, 3), bp.nn.Tanh(), bp.nn.Linear(3, 1)).to(backend.name)
    flat = utils.parameters_to_vector(net.parameters())
    assert flat.shape == (13,)
    np.testing.assert_array_equal(flat.detach().numpy()[6:9], net[0].bias.detach().numpy())
    (flat * flat).sum().backward()
    np.testing.assert_allclose(net[2].bias.grad.numpy(), 2 * net[2].bias.detach().numpy())
    held = net[0].weight
    numbers = np.arange(13.0, dtype="f4")
    utils.vector_to_parameters(bp.asarray(numbers, device=backend.name), net.parameters())
    assert net[0].weight is held
    np.testing.assert_array_equal(held.detach().numpy(), numbers[:6].reshape(3, 2))
    np.testing.assert_array_equal(
        utils.parameters_to_vector(net.parameters()).detach().numpy(), numbers
    )


def test_vectors_that_do_not_fit() -> None:
    layer = bp.nn.Linear(2, 1)
    with pytest.raises(ValueError, match=r"got shape \(4,\), wanted a Tensor of shape \(3,\)"):
        utils.vector_to_parameters(bp.zeros(4), layer.parameters())
    with pytest.raises(ValueError, match="got a list"):
        utils.vector_to_parameters([1.0, 2.0, 3.0], layer.parameters())  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="got none"):
        utils.parameters_to_vector([])


def test_gradients_that_share_an_array_are_scaled_once(backend: Any) -> None:
    """d(x + y) is the same array for x and y, and may not be writable."""
    x, y = (bp.ones(4, device=backend.name).requires_grad_() for _ in range(2))
    (x + y).sum().backward()
    norm = utils.clip_grad_norm_([x, y], 1.0)
    assert norm.item() == pytest.approx(8**0.5)
    for v in (x, y):
        np.testing.assert_allclose(v.grad.numpy(), np.full(4, 8**-0.5), rtol=1e-5)
    utils.clip_grad_value_([x, y], 0.25)
    np.testing.assert_array_equal(x.grad.numpy(), np.full(4, 0.25))


def test_the_norm_apart_from_the_clipping() -> None:
    x = bp.ones(4).requires_grad_()
    (x * 3).sum().backward()
    assert x.grad is not None
    total = utils.get_total_norm([x.grad])
    assert total.item() == 6.0
    utils.clip_grads_with_norm_([x], 3.0, total)
    np.testing.assert_allclose(x.grad.numpy(), np.full(4, 1.5), rtol=1e-6)
    assert utils.get_total_norm([x.grad], float("inf")).item() == pytest.approx(1.5)


def test_a_norm_that_is_not_finite_can_be_an_error() -> None:
    x = bp.ones(2).requires_grad_()
    (x * float("inf")).sum().backward()
    with pytest.raises(RuntimeError, match="norm of the gradients is inf"):
        utils.clip_grad_norm_([x], 1.0, error_if_nonfinite=True)


def test_a_parameter_given_twice_is_clipped_once() -> None:
    x = bp.ones(4).requires_grad_()
    (x * 3).sum().backward()
    assert utils.clip_grad_norm_([x, x], 3.0).item() == 6.0
    assert x.grad is not None
    np.testing.assert_allclose(x.grad.numpy(), np.full(4, 1.5), rtol=1e-6)
