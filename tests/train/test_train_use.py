"""Trainer.evaluate and predict, devices, and the modes of the modules."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from train_cases import Net, network, points, quiet, same, weights

import backends
import backprop as bp
from backprop.data import DataLoader, Dataset

X, Y = points()


def test_evaluate_is_the_mean_over_the_samples() -> None:
    model = network(dropout=0.5)
    by_hand = Net(model)
    loss = by_hand.loss(X, Y)
    for batch_size in (1, 7, 1024, None):
        found = quiet(model).evaluate((X, Y), batch_size)
        assert list(found) == ["loss", "rmse", "r2"]
        assert found["loss"] == pytest.approx(loss, abs=1e-12)
        assert found["rmse"] == pytest.approx(loss**0.5, abs=1e-12)
    for data in (Dataset(X, Y), DataLoader((X, Y), batch_size=5, shuffle=True)):
        assert quiet(model).evaluate(data)["loss"] == pytest.approx(loss, abs=1e-12)


def gradients(model: bp.nn.Module) -> list[Any]:
    return [p.grad.tolist() for p in model.parameters() if p.grad is not None]


def test_evaluate_has_no_effect() -> None:
    model = network(dropout=0.5)
    trainer = quiet(model, penalty=bp.nn.L2Penalty(1.0))
    trainer.fit((X, Y), epochs=1)
    before, random = weights(model), bp.default_generator().get_state()
    grads = gradients(model)
    metric, history = trainer.metric.state(), list(trainer.history.records)
    assert trainer.evaluate((X, Y)) == trainer.evaluate((X, Y))
    assert same(weights(model), before)
    assert len(grads) == 4
    assert gradients(model) == grads
    assert bp.default_generator().get_state() == random
    assert trainer.metric.state() == metric
    assert trainer.history.records == history


def test_evaluating_within_an_epoch_leaves_its_metric_alone() -> None:
    def train(look: bool) -> list[float]:
        class Look(bp.train.Callback):
            def batch_ended(self, trainer: Any, epoch: int, batch: int) -> None:
                if look:
                    trainer.evaluate((X[:3], Y[:3]))

        return quiet(network(), callbacks=[Look()]).fit((X, Y), epochs=2, batch_size=4)["rmse"]

    assert train(look=True) == train(look=False)


class Spy(bp.nn.Module):
    """Writes down whether it runs in training mode."""

    def __init__(self) -> None:
        self.modes: list[bool] = []

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        self.modes.append(self.training)
        return x


def test_dropout_is_on_in_training_and_off_in_use() -> None:
    spy, model = Spy(), network(dropout=0.5)
    model.append(spy)
    trainer = quiet(model.eval())
    trainer.fit((X, Y), validation=(X, Y), epochs=2, batch_size=11)
    assert spy.modes == [True, True, False] * 2
    masked = [model(bp.asarray(X)).tolist() for _ in range(2)]
    assert masked[0] != masked[1]  # the model is left in training mode
    spy.modes.clear()
    trainer.predict(X, batch_size=11)
    trainer.evaluate((X, Y))
    assert spy.modes == [False] * 3


def test_modes_come_back_as_they_were() -> None:
    model = network(dropout=0.5)
    model[2].eval()
    wanted = [m.training for m in model.modules()]
    assert sorted(set(wanted)) == [False, True]
    trainer = quiet(model)
    trainer.evaluate((X, Y))
    trainer.predict(X)
    assert [m.training for m in model.modules()] == wanted
    with pytest.raises(ValueError, match="wanted 3 features"):
        trainer.predict(np.zeros((2, 4)))
    assert [m.training for m in model.modules()] == wanted
    assert bp.is_grad_enabled()


def test_predict_gives_the_outputs() -> None:
    model = network(dropout=0.5)
    wanted = Net(model).output(X)
    for batch_size in (1, 7, len(X), 1024, None):
        found = quiet(model).predict(X, batch_size)
        assert type(found) is np.ndarray
        assert found.dtype == np.float64
        assert np.allclose(found, wanted, rtol=0, atol=1e-12)
    variable = bp.asarray(X, requires_grad=True)
    assert np.array_equal(quiet(model).predict(variable), quiet(model).predict(X))
    assert np.array_equal(quiet(model).predict(X[:, ::-1][:, ::-1]), quiet(model).predict(X))


def test_predict_takes_lists_and_rows_of_any_shape() -> None:
    model = bp.nn.Sequential(bp.nn.Flatten(), bp.nn.Linear(4, 2))
    flat = quiet(model, bp.nn.CrossEntropyLoss()).predict([[1.0, 2.0, 3.0, 4.0]])
    assert flat.shape == (1, 2)
    assert flat.dtype == np.float32
    square = quiet(model).predict(np.array([[[1, 2], [3, 4]]], dtype="f"))
    assert np.array_equal(flat, square)


@pytest.mark.parametrize(
    ("x", "batch_size", "error", "says"),
    [
        (np.zeros(3), 8, ValueError, r"x: got shape \(3,\), wanted at least one sample \(N, "),
        (np.zeros((0, 3)), 8, ValueError, r"x: got shape \(0, 3\), wanted at least one sample"),
        (5.0, 8, ValueError, r"x: got shape \(\), wanted"),
        (np.zeros((2, 4)), 8, ValueError, r"input has shape \(2, 4\), wanted 3 features"),
        (np.zeros((2, 3)), 0, ValueError, "batch_size: got 0, wanted a whole number of at least 1"),
        (np.zeros((2, 3)), 1.5, ValueError, "batch_size: got 1.5, wanted a whole number"),
        (np.array([["a", "b", "c"]]), 8, TypeError, "got ndarray of <U1, wanted numbers"),
        (np.zeros((2, 3), "f"), 8, TypeError, "input is float32 and the weight float64"),
    ],
)
def test_predict_refuses(x: Any, batch_size: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        quiet(network()).predict(x, batch_size)


def test_auto_takes_the_device_that_backends_takes() -> None:
    trainer = quiet(network(), device="auto")
    assert trainer.device == backends.get("auto").name
    assert {p.device for p in trainer.model.parameters()} == {trainer.device}


@pytest.mark.parametrize("device", ["cpu", "strict"])
def test_the_model_and_the_loss_are_moved(device: str) -> None:
    model = bp.nn.Linear(3, 2)
    loss = bp.nn.CrossEntropyLoss(weight=bp.asarray([1.0, 3.0]))
    optimizer = bp.optim.Adam(model.parameters(), lr=0.1)  # made before the model moves
    trainer = quiet(model, loss, optimizer, device=device)
    assert trainer.device == device
    x, y = X.astype("f"), (X[:, 0] > 0).astype("int64")
    history = trainer.fit((x, y), validation=(x, y), epochs=30, batch_size=8)
    assert {p.device for p in model.parameters()} == {device} == {loss.weight.device}
    assert history["val_loss"][-1] < 0.5 * history["val_loss"][0]
    assert type(trainer.predict(x)) is np.ndarray


@pytest.mark.parametrize("device", ["cpu", "strict"])
def test_training_moves_the_weights_the_optimizer_knows(device: str) -> None:
    model = network()
    before = weights(model)
    quiet(model, device=device).fit((X, Y), epochs=1)
    assert not any(np.array_equal(v, before[k]) for k, v in weights(model).items())


def test_the_seed_and_the_settings_decide_everything() -> None:
    def train(seed: int) -> dict[str, np.ndarray]:
        model = network(dropout=0.4)
        quiet(model).fit((X, Y), epochs=3, batch_size=4, seed=seed)
        return weights(model)

    assert same(train(0), train(0))
    assert not same(train(0), train(1))
