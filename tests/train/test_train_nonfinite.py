"""A loss that is NaN or infinite stops the training and says where it comes from."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from train_cases import ONE, At, Recorder, network, points, quiet, same, scripted, timeless, weights

import backprop as bp
from backprop.train import Callback, NonFiniteLossError

nan, inf = math.nan, math.inf


class Snapshots(Callback):
    """The weights after every batch."""

    def __init__(self, trainer: Any) -> None:
        self.kept = [weights(trainer.model)]

    def batch_ended(self, trainer: Any, epoch: int, batch: int) -> None:
        self.kept.append(weights(trainer.model))


def stopped(trainer: Any, data: Any, **options: Any) -> tuple[NonFiniteLossError, list[Any]]:
    """The error of a training, which left the weights as they were before the bad step, and the
    weights after every good one."""
    snapshots = Snapshots(trainer)
    trainer.callbacks.append(snapshots)
    with pytest.raises(NonFiniteLossError) as caught:
        trainer.fit(data, **options)
    assert same(weights(trainer.model), snapshots.kept[-1])
    assert all(np.isfinite(w).all() for w in weights(trainer.model).values())
    return caught.value, snapshots.kept


@pytest.mark.parametrize(
    ("part", "value"),
    [("inputs", nan), ("targets", nan), ("targets", inf), ("targets", -inf)],
)
def test_data_that_are_not_finite(part: str, value: float) -> None:
    x, y = points(20)
    (x if part == "inputs" else y)[13, 0] = value  # in the fourth batch of four
    trainer = quiet(network())
    error, kept = stopped(trainer, (x, y), epochs=3, batch_size=4, shuffle=False)
    assert "in epoch 1, batch 4: " in str(error)
    assert (error.epoch, error.batch, error.layer) == (1, 4, None)
    assert f"the batch's {part} hold NaN or infinite values; clean the data" in str(error)
    assert len(kept) == 4
    good = network()
    quiet(good).fit((x[:12], y[:12]), epochs=1, batch_size=4, shuffle=False)
    assert same(weights(good), kept[-1])


@pytest.mark.parametrize("rows", [20, 16])
def test_a_gradient_that_is_not_finite(rows: int) -> None:
    """tanh of infinity is 1 and its derivative 0: the loss is finite, 0 times infinity is not."""
    x, y = points(rows)
    x[13, 0] = inf  # in the fourth batch of four
    trainer = quiet(network())
    with pytest.raises(NonFiniteLossError) as caught:
        trainer.fit((x, y), epochs=1, batch_size=4, shuffle=False)
    error = caught.value
    if rows == 20:  # the next batch tells
        assert (error.epoch, error.batch, error.layer) == (1, 5, "0 (Linear)")
        assert "(parameters already not finite: 0.weight)" in str(error)
    else:  # there is none
        assert (error.epoch, error.batch, error.layer) == (1, 4, None)
        assert "parameters became NaN or infinite in epoch 1, by batch 4" in str(error)
        assert "though the losses were finite: 0.weight; try" in str(error)
    assert trainer.history.records == []


def test_a_learning_rate_that_explodes() -> None:
    x, y = points(20)
    model, recorder = network(), Recorder()
    trainer = quiet(
        model, optimizer=bp.optim.SGD(model.parameters(), lr=1e60), callbacks=[recorder]
    )
    error, kept = stopped(trainer, (x, y), epochs=9, batch_size=10)
    assert "try a smaller learning rate, clip_norm" in str(error)
    steps = recorder.count("batch_ended")
    assert 0 < steps == len(kept) - 1
    assert ((error.epoch - 1) * 2 + error.batch) == steps + 1  # the batch after the last good one


def test_weights_that_overflow_name_their_layer() -> None:
    model = bp.nn.Sequential(bp.nn.Linear(1, 1), bp.nn.Identity(), bp.nn.Linear(1, 1))
    for i, value in ((0, 1e30), (2, 1e30)):
        model[i].weight.copy_([[value]])
    error, _ = stopped(quiet(model), (np.ones((4, 1), "f"), np.ones((4, 1), "f")), epochs=1)
    assert (error.epoch, error.batch, error.layer) == (1, 1, "2 (Linear)")
    assert "the loss became inf" in str(error)
    assert "the first layer with a non-finite output is 2 (Linear)" in str(error)


class Log(bp.nn.Module):
    """NaN where the first input is negative."""

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        return x + bp.log(x[:, :1] + 50.0)


class Blocks(bp.nn.Module):
    def __init__(self, where: str) -> None:
        self.first = bp.nn.Linear(3, 3).double()
        self.block = bp.nn.Sequential(Log() if where == "block" else bp.nn.Tanh(), bp.nn.ReLU())
        self.where, self.out = where, bp.nn.Linear(3, 1).double()

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        out = self.out(self.block(x) + self.first(x))
        return out * bp.log(x[:, :1] + 50.0) if self.where == "itself" else out


@pytest.mark.parametrize(
    ("model", "layer"),
    [
        (lambda: bp.nn.Sequential(bp.nn.Identity(), Log(), bp.nn.Linear(3, 1).double()), "1 (Log)"),
        (
            lambda: bp.nn.Sequential(
                bp.nn.Sequential(bp.nn.Identity(), Log(), bp.nn.Tanh()),
                bp.nn.Linear(3, 1).double(),
            ),
            "0.1 (Log)",
        ),
        (lambda: Blocks("block"), "block.0 (Log)"),
        (lambda: Blocks("itself"), "the model (Blocks)"),
    ],
)
def test_the_first_layer_to_blame_is_named(model: Any, layer: str) -> None:
    x, y = points(20)
    x[9, 0] = -100.0
    error, kept = stopped(quiet(model()), (x, y), epochs=1, batch_size=4, shuffle=False)
    assert (error.epoch, error.batch, error.layer) == (1, 3, layer)
    assert f"the first layer with a non-finite output is {layer}" in str(error)
    assert len(kept) == 3


def test_parameters_that_are_not_finite_are_named() -> None:
    model = network()
    model[3].bias.copy_([inf])
    with pytest.raises(NonFiniteLossError) as caught:
        quiet(model).fit(points(), epochs=1)
    assert caught.value.layer == "3 (Linear)"
    assert "(parameters already not finite: 3.bias)" in str(caught.value)


@pytest.mark.parametrize("where", ["loss", "penalty"])
def test_the_loss_or_the_penalty_itself(where: str) -> None:
    def bad(*args: Any) -> bp.Tensor:
        return bp.log(bp.asarray(-1.0, dtype=bp.float64)) + network()(bp.asarray(ONE_ROW)).mean()

    options = {"penalty": bad} if where == "penalty" else {}
    trainer = quiet(network(), bad if where == "loss" else None, **options)
    error, _ = stopped(trainer, points(), epochs=1)
    assert error.layer is None
    assert "all layers' outputs are finite, so it arises in the loss or the penalty" in str(error)


ONE_ROW = np.zeros((1, 3))


class Fragile(bp.nn.Module):
    """NaN where an input is positive, if the dropout before left one."""

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        return x + bp.log(0.5 - x)


@pytest.mark.parametrize("seed", range(8))
def test_the_second_look_sees_the_same_dropout(seed: int) -> None:
    bp.manual_seed(seed)
    model = bp.nn.Sequential(bp.nn.Dropout(0.5), Fragile(), bp.nn.Linear(1, 1))
    rows = np.ones((40, 1), "f")
    error, _ = stopped(quiet(model), (rows, rows), epochs=1, batch_size=1)
    assert error.layer == "1 (Fragile)"


def test_the_best_weights_and_the_records_stay(tmp_path: Any) -> None:
    file = tmp_path / "c.safetensors"
    trainer = scripted([5.0, 3.0, 4.0, 9.0], training=[8.0, 7.0, 6.0, nan])
    recorder = Recorder()
    trainer.callbacks = [recorder]
    with pytest.raises(NonFiniteLossError, match="the loss became nan in epoch 4, batch 1"):
        trainer.fit(ONE, validation=ONE, epochs=4, checkpoint=file)
    assert float(trainer.model.w) == 2  # the best epoch
    assert trainer.history["val_loss"] == [5.0, 3.0, 4.0]
    assert (trainer.history.best_epoch, trainer.history.stopped) == (2, None)
    assert recorder.events[-1] == ("fit_ended",)

    again = scripted([5.0, 3.0, 4.0, 2.0], training=[8.0, 7.0, 6.0, 5.0])  # as it should have been
    history = again.fit(ONE, validation=ONE, epochs=4, checkpoint=file, resume=True)
    assert timeless(history)[:3] == timeless(trainer.history)
    assert history["val_loss"] == [5.0, 3.0, 4.0, 2.0]
    assert float(again.model.w) == 4


@pytest.mark.parametrize("check_every", [1, 2, 5, 100])
def test_looking_now_and_then_finds_the_same_batch(check_every: int) -> None:
    x, y = points(20)
    y[9, 0] = nan
    trainer = quiet(network(), check_every=check_every)
    with pytest.raises(NonFiniteLossError) as caught:
        trainer.fit((x, y), epochs=2, batch_size=4, shuffle=False)
    assert (caught.value.epoch, caught.value.batch) == (1, 3)


def test_looking_now_and_then_changes_no_number() -> None:
    def train(check_every: int) -> tuple[Any, Any]:
        model = network(dropout=0.3)
        history = quiet(model, check_every=check_every).fit(points(), epochs=3, batch_size=4)
        return timeless(history), weights(model)

    (records, first), (others, second) = train(1), train(4)
    assert records == others
    assert same(first, second)


def test_it_is_an_arithmetic_error_with_its_place() -> None:
    error = NonFiniteLossError("text", 3, 7, "0 (Linear)")
    assert isinstance(error, ArithmeticError)
    assert (str(error), error.epoch, error.batch, error.layer) == ("text", 3, 7, "0 (Linear)")


def test_training_can_go_on_after_the_cause_is_gone() -> None:
    trainer = scripted([1.0] * 4, training=[5.0, nan, 3.0, 2.0])

    def mend() -> None:
        trainer.loss.training[1] = 4.0

    with pytest.raises(NonFiniteLossError):
        trainer.fit(ONE, epochs=2)
    trainer.callbacks = [At(mend, 9)]
    mend()
    assert trainer.fit(ONE, epochs=2)["loss"] == [4.0, 3.0]
