"""Everything once, in a few seconds: the first test to run after a change."""

from __future__ import annotations

from typing import Any

import numpy as np

import backends
import backprop as bp
from backprop import rules


def test_arrays(make: Any) -> None:
    x = make([[1.0, 2.0], [3.0, 4.0]])
    y = (x @ x.T + 1.0) * 2.0
    assert y.tolist() == [[12.0, 24.0], [24.0, 52.0]]
    assert y.sum(axis=0).max().item() == 76.0
    assert x[0, :].reshape(2, 1).shape == (2, 1)


def test_backward(make: Any) -> None:
    x = make([1.0, -2.0])
    rules.relu(x * x * x).sum().backward()
    assert x.grad.tolist() == [3.0, 0.0]


def test_grad_of_grad() -> None:
    assert float(bp.grad(bp.grad(lambda x: x**3))(2.0)) == 12.0


def test_gradcheck(make: Any) -> None:
    w, x = make([[0.1, -0.2], [0.3, 0.4]]).detach(), make([[1.0, 2.0]]).detach()
    assert bp.gradcheck(lambda w, x: rules.softmax(bp.tanh(x @ w.T), axis=1), [w, x], order=2)


def test_function() -> None:
    class Square(bp.Function):
        @staticmethod
        def forward(ctx: Any, x: bp.Tensor) -> bp.Tensor:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: bp.Tensor) -> bp.Tensor:
            return g * 2.0 * ctx.saved_tensors[0]

    assert float(bp.grad(Square.apply)(3.0)) == 6.0


def test_every_backend_draws_the_same(backend: backends.Backend) -> None:
    drawn = backends.Generator(7, backend).words(4)
    expected = np.random.Philox(key=7, counter=2**256 - 1).random_raw(4)
    np.testing.assert_array_equal(backend.to_host(drawn), expected)


def test_training_lowers_the_loss(backend: backends.Backend) -> None:
    """A network learns exclusive or, which no straight line can."""
    with bp.device(backend.name):
        bp.manual_seed(0)
        x = bp.asarray([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        y = bp.asarray([0, 1, 1, 0])
        model = bp.nn.Sequential(bp.nn.Linear(2, 8), bp.nn.Tanh(), bp.nn.Linear(8, 2))
        loss_function = bp.nn.CrossEntropyLoss()
        optimizer = bp.optim.Adam(model.parameters(), lr=0.1)
        losses = []
        for _ in range(60):
            optimizer.zero_grad()
            loss = loss_function(model(x), y)
            loss.backward()
            optimizer.step()
            losses.append(float(loss))
        assert losses[-1] < 0.05 < 0.5 < losses[0]
        assert model(x).argmax(axis=1).tolist() == y.tolist()
