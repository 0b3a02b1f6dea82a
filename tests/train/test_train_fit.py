"""Trainer.fit against steps worked by hand in NumPy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from train_cases import Net, Recorder, network, points, quiet, same, timeless, weights

import backprop as bp
from backprop.data import DataLoader, Dataset

X, Y = points()
N = len(X)


def test_it_finds_the_solution_of_a_linear_problem() -> None:
    model = bp.nn.Linear(3, 1, dtype=bp.float64)
    y = X @ np.array([[1.0], [-2.0], [0.5]]) + 3.0
    history = quiet(model).fit((X, y), epochs=300, batch_size=None)
    assert np.allclose(model.weight.tolist(), [[1.0, -2.0, 0.5]], atol=1e-6)
    assert model.bias.tolist() == pytest.approx([3.0], abs=1e-6)
    losses = history["loss"]
    assert losses[-1] < 1e-10 < losses[0]
    assert all(b < a for a, b in pairwise(losses[:100]))


def test_an_epoch_on_the_full_batch_is_the_step_worked_by_hand() -> None:
    model = network()
    by_hand = Net(model)
    loss = by_hand.loss(X, Y)
    by_hand.step(0.1, X, Y)
    history = quiet(model).fit((X, Y), epochs=1, batch_size=None)
    assert by_hand.close_to(model)
    assert history["loss"] == [pytest.approx(loss, abs=1e-12)]


def test_momentum_and_penalty_worked_by_hand() -> None:
    model = network()
    by_hand = Net(model)
    moving = [np.zeros_like(p) for p in by_hand.parameters()]
    losses, penalties = [], []
    for _ in range(4):
        losses.append(by_hand.loss(X, Y))
        penalties.append(0.3 / 2 * sum(float((w**2).sum()) for w in (by_hand.w1, by_hand.w2)))
        found = by_hand.gradients(X, Y)
        for i in (0, 2):  # weights only: biases are not penalised
            found[i] = found[i] + 0.3 * by_hand.parameters()[i]
        for p, m, g in zip(by_hand.parameters(), moving, found, strict=True):
            m *= 0.9
            m += g
            p -= 0.05 * m
    optimizer = bp.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    trainer = quiet(model, optimizer=optimizer, penalty=bp.nn.L2Penalty(0.3))
    history = trainer.fit((X, Y), epochs=4, batch_size=None)
    assert by_hand.close_to(model)
    assert history["loss"] == pytest.approx(losses, abs=1e-12)
    assert history["penalty"] == pytest.approx(penalties, abs=1e-12)


@pytest.mark.parametrize(
    ("batch_size", "drop_last", "sizes"),
    [(8, False, [8, 8, 6]), (8, True, [8, 8]), (11, True, [11, 11]), (1, False, [1] * N),
     (None, False, [N]), (100, False, [N])],
)  # fmt: skip
def test_each_batch_is_a_step_along_its_mean_gradient(batch_size, drop_last, sizes) -> None:
    model, recorder = network(), Recorder()
    by_hand, low, total = Net(model), 0, 0.0
    for size in sizes:
        x, y = X[low : low + size], Y[low : low + size]
        total += size * by_hand.loss(x, y)
        by_hand.step(0.1, x, y)
        low += size
    trainer = quiet(model, callbacks=[recorder])
    history = trainer.fit(
        (X, Y), epochs=1, batch_size=batch_size, shuffle=False, drop_last=drop_last
    )
    assert by_hand.close_to(model)
    assert history["loss"] == [pytest.approx(total / low, abs=1e-12)]  # a sample's mean
    assert recorder.count("batch_ended") == len(sizes)
    assert recorder.events[0] == ("fit_started", 1, len(sizes))


def test_a_sum_is_descended_as_a_sum_and_reported_per_sample() -> None:
    model = network()
    by_hand = Net(model)
    losses = []
    for low in (0, 8, 16):
        x, y = X[low : low + 8], Y[low : low + 8]
        losses.append(0.5 * float(((by_hand.output(x) - y) ** 2).sum()))
        by_hand.step(0.01 * len(x) / 2, x, y)  # N/2 times the gradient of the mean of squares
    trainer = quiet(model, bp.nn.HalfSquaredErrorLoss(), bp.optim.SGD(model.parameters(), lr=0.01))
    history = trainer.fit((X, Y), epochs=1, batch_size=8, shuffle=False)
    assert by_hand.close_to(model)
    assert history["loss"] == [pytest.approx(sum(losses) / N, abs=1e-12)]
    after = 0.5 * float(((by_hand.output(X) - Y) ** 2).sum()) / N
    for batch_size in (None, 5):
        assert trainer.evaluate((X, Y), batch_size)["loss"] == pytest.approx(after, abs=1e-12)


class Seen:
    """A loss that writes down the targets of each batch."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []

    def __call__(self, output: bp.Tensor, target: bp.Tensor) -> bp.Tensor:
        self.batches.append(target.reshape(-1).tolist())
        return ((output - target) * (output - target)).mean()


def seen(epochs: int, **options) -> list[list[float]]:
    loss, model = Seen(), network()
    numbers = np.arange(float(N))[:, None]
    quiet(model, loss, bp.optim.SGD(model.parameters(), lr=0.0)).fit(
        (X, numbers), epochs=epochs, **options
    )
    per_epoch = len(loss.batches) // epochs
    return [
        [int(t) for b in loss.batches[e * per_epoch : (e + 1) * per_epoch] for t in b]
        for e in range(epochs)
    ]


@pytest.mark.parametrize("batch_size", [1, 4, None])
def test_every_sample_is_seen_once_an_epoch_in_a_new_order(batch_size) -> None:
    epochs = seen(4, batch_size=batch_size)
    assert all(sorted(e) == list(range(N)) for e in epochs)
    assert len({tuple(e) for e in epochs}) == 4
    assert seen(4, batch_size=batch_size) == epochs
    assert seen(4, batch_size=batch_size, seed=1) != epochs


def test_without_shuffling_the_order_stays() -> None:
    assert seen(2, batch_size=4, shuffle=False) == [list(range(N))] * 2


def test_dropped_samples_are_others_each_epoch() -> None:
    epochs = seen(3, batch_size=8, drop_last=True)
    assert [len(set(e)) for e in epochs] == [16] * 3
    assert len({frozenset(e) for e in epochs}) == 3


def test_the_history_of_weights_that_stay() -> None:
    """With a learning rate of 0 every number can be worked out from the start."""
    model = network()
    by_hand = Net(model)
    vx, vy = points(9, seed=5)
    trainer = quiet(
        model, optimizer=bp.optim.SGD(model.parameters(), lr=0.0), penalty=bp.nn.L1Penalty(0.2)
    )
    history = trainer.fit((X, Y), validation=(vx, vy), epochs=2, batch_size=8)
    names = ["epoch", "loss", "penalty", "rmse", "r2", "val_loss", "val_rmse", "val_r2",
             "learning_rate", "seconds"]  # fmt: skip
    e, v = by_hand.loss(X, Y), by_hand.loss(vx, vy)
    wanted = {
        "loss": e, "penalty": 0.2 * sum(float(np.abs(w).sum()) for w in (by_hand.w1, by_hand.w2)),
        "rmse": e**0.5, "r2": 1 - e / Y.var(),
        "val_loss": v, "val_rmse": v**0.5, "val_r2": 1 - v / vy.var(), "learning_rate": 0.0,
    }  # fmt: skip
    for number, record in enumerate(history.records, 1):
        assert list(record) == names
        assert record["epoch"] == number
        assert record["seconds"] > 0
        for name, value in wanted.items():
            assert record[name] == pytest.approx(value, abs=1e-12), name
    assert history.seconds == sum(history["seconds"])
    assert (len(history), history.best_epoch, history.stopped) == (2, 1, "epochs")
    assert trainer.history is history


def test_validation_values_are_those_of_evaluate() -> None:
    part = points(9, seed=5)
    trainer = quiet(network(dropout=0.3))
    history = trainer.fit((X, Y), validation=part, epochs=3, batch_size=8, restore_best=False)
    found = trainer.evaluate(part)
    assert {f"val_{k}": v for k, v in found.items()} == {
        k: v for k, v in history.records[-1].items() if k.startswith("val_")
    }
    assert history["val_loss"][0] != history["val_loss"][-1]


def test_training_metrics_are_gathered_with_the_weights_of_each_batch() -> None:
    model = network()
    by_hand, squares = Net(model), 0.0
    for low in (0, 11):
        x, y = X[low : low + 11], Y[low : low + 11]
        squares += 11 * by_hand.loss(x, y)
        by_hand.step(0.1, x, y)
    history = quiet(model).fit((X, Y), epochs=1, batch_size=11, shuffle=False)
    assert history["rmse"] == [pytest.approx((squares / N) ** 0.5, abs=1e-12)]
    assert history["r2"] == [pytest.approx(1 - squares / N / Y.var(), abs=1e-12)]


@pytest.mark.parametrize("limit", [0.01, 1e6])
def test_gradients_are_clipped_together(limit: float) -> None:
    model = network()
    before, slopes = weights(model), Net(model).gradients(X, Y)
    norm = float(np.sqrt(sum((g**2).sum() for g in slopes)))
    trainer = quiet(model, optimizer=bp.optim.SGD(model.parameters(), lr=1.0), clip_norm=limit)
    trainer.fit((X, Y), epochs=1, batch_size=None)
    factor = min(1.0, limit / (norm + 1e-6))
    assert (factor < 1) == (limit == 0.01)
    for (name, after), g in zip(weights(model).items(), slopes, strict=True):
        assert np.allclose(before[name] - after, factor * g, rtol=0, atol=1e-12), name


def test_pairs_data_sets_and_loaders_train_alike() -> None:
    def train(data) -> tuple[dict, list]:
        model = network(dropout=0.2)
        history = quiet(model).fit(data, epochs=2, batch_size=8, seed=3)
        return weights(model), timeless(history)

    first, records = train((X, Y))
    for data in (
        Dataset(X, Y, task="regression"),
        DataLoader((X, Y), batch_size=8, shuffle=True, seed=3),  # brings its own settings
        (bp.asarray(X), bp.asarray(Y)),
    ):
        found, its = train(data)
        assert same(found, first)
        assert its == records


def test_a_loader_left_in_the_middle_begins_anew() -> None:
    loader, recorder = DataLoader((X, Y), batch_size=8, shuffle=True, seed=3), Recorder()
    next(iter(loader))
    state = loader.get_state()
    assert state["batch"] == 1
    quiet(network(), callbacks=[recorder]).fit(loader, epochs=1)
    loader.set_state(state)
    quiet(network(), callbacks=[recorder]).fit(loader, epochs=1)
    assert recorder.count("batch_ended") == 3 + 3


def test_no_epochs_change_nothing() -> None:
    model = network()
    before = weights(model)
    history = quiet(model).fit((X, Y), validation=(X, Y), epochs=0)
    assert same(weights(model), before)
    assert (history.records, history.best_epoch, history.stopped) == ([], None, "epochs")


def test_fitting_twice_goes_on_from_the_weights() -> None:
    once, twice = network(), network()
    whole = quiet(once).fit((X, Y), epochs=4, batch_size=8, shuffle=False)
    trainer = quiet(twice)
    parts = [trainer.fit((X, Y), epochs=2, batch_size=8, shuffle=False) for _ in range(2)]
    assert same(weights(once), weights(twice))
    assert [v for part in parts for v in part["loss"]] == whole["loss"]
    assert [part["epoch"] for part in parts] == [[1, 2], [1, 2]]


def test_parameters_left_out_of_the_optimizer_stay() -> None:
    model = network()
    before = weights(model)
    quiet(model, optimizer=bp.optim.SGD(model[3].parameters(), lr=0.1)).fit((X, Y), epochs=1)
    after = weights(model)
    moved = {name for name in after if after[name].tobytes() != before[name].tobytes()}
    assert moved == {"3.weight", "3.bias"}


def test_the_doctest_of_the_class() -> None:
    import doctest

    from backprop.train import trainer

    result = doctest.testmod(trainer)
    assert result.attempted > 0
    assert result.failed == 0
