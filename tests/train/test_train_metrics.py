"""Metrics against numbers worked out by hand or by NumPy in one line."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from train_cases import network, points, quiet

import backprop as bp
from backprop.train import Accuracy, Metric, Regression, metric_for


def after(metric: Metric, *batches: tuple[bp.Tensor, bp.Tensor]) -> dict[str, float]:
    for output, target in batches:
        metric.update(output, target)
    return metric.result()


def test_accuracy_of_scores(make: Any) -> None:
    scores = make([[2.0, 1.0, 0.0], [0.0, 0.1, 0.2], [-1.0, -2.0, -3.0], [5.0, 9.0, 5.0]])
    assert after(Accuracy(), (scores, make([0, 2, 1, 1]))) == {"accuracy": 0.75}
    assert after(Accuracy(), (scores, make(np.uint8([0, 2, 0, 1])))) == {"accuracy": 1.0}


def test_accuracy_adds_up_over_batches(make: Any) -> None:
    good, bad = make([[1.0, 0.0]]), make([[0.0, 1.0]] * 3)
    found = after(Accuracy(), (good, make([0])), (bad, make([0, 1, 0])))
    assert found == {"accuracy": 0.5}  # 2 of 4, not the mean of 1 and 1/3


def test_accuracy_of_one_logit(make: Any) -> None:
    logits, target = make([[-0.1], [0.1], [3.0], [0.4]]), make([[0.0], [1.0], [0.0], [1.0]])
    assert after(Accuracy(), (logits, target)) == {"accuracy": 0.75}
    assert after(Accuracy(), (logits.reshape(4), make([0, 1, 1, 1]))) == {"accuracy": 1.0}
    assert after(Accuracy(0.5), (logits, target)) == {"accuracy": 0.25}  # 0.1 and 0.4 are a no


def test_accuracy_of_questions_of_their_own(make: Any) -> None:
    logits, target = make([[1.0, -1.0], [2.0, 0.3]]), make([[1.0, 1.0], [1.0, 0.0]])
    assert after(Accuracy(0.0), (logits, target)) == {"accuracy": 0.5}
    assert after(Accuracy(0.5), (logits, target)) == {"accuracy": 0.75}


def test_accuracy_of_probable_classes(make: Any) -> None:
    # As many samples as classes: comparing (N,) with (N, N) would go unnoticed.
    scores = make([[2.0, 1.0], [0.0, 1.0]])
    assert after(Accuracy(), (scores, make([[0.6, 0.4], [0.9, 0.1]]))) == {"accuracy": 0.5}


def test_accuracy_of_a_score_at_each_place(make: Any) -> None:
    scores = make([[[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]])  # (N, C, places)
    assert after(Accuracy(), (scores, make([[0, 1, 0]]))) == {"accuracy": pytest.approx(2 / 3)}


def test_regression_by_hand(make: Any) -> None:
    # errors 1, -1, 2: sum of squares 6; targets 1, 2, 6 with mean 3: spread 4 + 1 + 9 = 14
    output, target = make([[2.0], [1.0], [8.0]]), make([[1.0], [2.0], [6.0]])
    found = after(Regression(), (output, target))
    assert found == {"rmse": pytest.approx(math.sqrt(2)), "r2": pytest.approx(1 - 6 / 14)}
    found = after(Regression(scale=10.0), (output, target))  # in the target's own units
    assert found == {"rmse": pytest.approx(10 * math.sqrt(2)), "r2": pytest.approx(1 - 6 / 14)}
    parts = [(output[:2, ...], target[:2, ...]), (output[2:, ...], target[2:, ...])]
    assert after(Regression(), *parts)["r2"] == pytest.approx(1 - 6 / 14)
    assert after(Regression(), (output.reshape(3), target.reshape(3)))["rmse"] == pytest.approx(
        math.sqrt(2)
    )


def test_regression_of_several_targets(make: Any) -> None:
    rng = np.random.default_rng(0)
    y, t = rng.normal(size=(9, 3)), rng.normal(size=(9, 3)) * [1.0, 5.0, 0.1]
    scale = [2.0, 1.0, 30.0]
    found = after(Regression(scale), (make(y[:4]), make(t[:4])), (make(y[4:]), make(t[4:])))
    r2 = 1 - ((y - t) ** 2).sum(axis=0) / ((t - t.mean(axis=0)) ** 2).sum(axis=0)
    assert found["r2"] == pytest.approx(r2.mean())
    assert found["rmse"] == pytest.approx(np.sqrt((((y - t) * scale) ** 2).mean()))


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_r2_of_targets_that_do_not_vary_is_nan(make: Any, value: float) -> None:
    found = after(Regression(), (make([[1.0], [2.0]]), make([[value], [value]])))
    assert math.isnan(found["r2"])
    assert found["rmse"] == pytest.approx(math.hypot(1 - value, 2 - value) / math.sqrt(2))


def test_perfect_and_useless_predictions(make: Any) -> None:
    t = make([[1.0], [2.0], [6.0]])
    assert after(Regression(), (t, t)) == {"rmse": 0.0, "r2": 1.0}
    assert after(Regression(), (t * 0 + 3.0, t))["r2"] == pytest.approx(0.0)


def test_half_precision_inputs_are_summed_in_double(make: Any) -> None:
    y, t = make(np.full((4, 1), 3e30), dtype="float32"), make(np.zeros((4, 1)), dtype="float32")
    assert after(Regression(), (y, t))["rmse"] == pytest.approx(3e30, rel=1e-6)  # no overflow


@pytest.mark.parametrize("metric", [Accuracy(), Regression()])
def test_nothing_seen_is_nan(metric: Metric) -> None:
    metric.reset()
    assert all(math.isnan(v) for v in metric.result().values())


@pytest.mark.parametrize("kind", [Accuracy, Regression])
def test_sums_go_on_from_a_saved_state(make: Any, kind: type[Metric]) -> None:
    y = make([[0.3, 2.0], [1.0, 0.1], [4.0, 5.0]])
    t = make([1, 1, 0]) if kind is Accuracy else make([[0.1, 1.0], [2.0, 0.0], [3.0, 3.0]])
    whole, first, second = kind(), kind(), kind()
    wanted = after(whole, (y[:2, ...], t[:2, ...]), (y[2:, ...], t[2:, ...]))
    first.update(y[:2, ...], t[:2, ...])
    second.set_state(json.loads(json.dumps(first.state())))
    assert second.result() == first.result()
    assert after(second, (y[2:, ...], t[2:, ...])) == wanted
    second.reset()
    assert second.state() == {"count": 0, "sums": []}


@pytest.mark.parametrize(
    ("loss", "kind"),
    [
        (bp.nn.CrossEntropyLoss(), Accuracy), (bp.nn.NLLLoss(), Accuracy),
        (bp.nn.BCELoss(), Accuracy), (bp.nn.BCEWithLogitsLoss(), Accuracy),
        (bp.nn.MSELoss(), Regression), (bp.nn.L1Loss(), Regression),
        (bp.nn.HuberLoss(), Regression), (bp.nn.HalfSquaredErrorLoss(), Regression),
        (lambda output, target: output, type(None)),
    ],
)  # fmt: skip
def test_the_metric_that_goes_with_a_loss(loss: Any, kind: type) -> None:
    assert type(metric_for(loss)) is kind
    assert type(quiet(network(), loss).metric) is kind
    assert quiet(network(), loss, metric=None).metric is None


@pytest.mark.parametrize(
    ("loss", "last", "target", "accuracy"),
    [
        (bp.nn.CrossEntropyLoss(), None, [1, 0, 1, 0], 0.5),
        (bp.nn.CrossEntropyLoss(), None, [[0.9, 0.1], [0.8, 0.2], [0.7, 0.3], [0.0, 1.0]], 0.75),
        (bp.nn.NLLLoss(), bp.nn.LogSoftmax(), [0, 0, 1, 0], 0.75),
        (bp.nn.BCEWithLogitsLoss(), None, [[1.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]], 0.75),
        (bp.nn.BCELoss(), bp.nn.Sigmoid(), [[1.0, 0.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]], 0.75),
    ],
)  # fmt: skip
def test_accuracy_goes_with_every_loss_of_classes(
    loss: Any, last: Any, target: Any, accuracy: float
) -> None:
    """The network's outputs are 2 and -2 (or their probabilities) for every sample."""
    linear = bp.nn.Linear(1, 2)
    linear.weight.copy_([[0.0], [0.0]])
    linear.bias.copy_([2.0, -2.0])
    model = bp.nn.Sequential(linear, *([] if last is None else [last]))
    trainer = quiet(model, loss, bp.optim.SGD(model.parameters(), lr=0.0))
    t = np.array(target, dtype="f" if isinstance(target[0], list) else "int64")
    history = trainer.fit((np.zeros((4, 1), "f"), t), epochs=1, batch_size=3)
    assert history["accuracy"] == [accuracy]


def test_a_metric_of_ones_own() -> None:
    class Largest(Metric):
        def update(self, output: bp.Tensor, target: bp.Tensor) -> None:
            self.add(1, (output - target).abs().max())

        def result(self) -> dict[str, float]:
            return {"largest": float(self.sums[0]) / self.count}

    x, y = points()
    model = network()
    trainer = quiet(model, optimizer=bp.optim.SGD(model.parameters(), lr=0.0), metric=Largest())
    history = trainer.fit((x, y), validation=(x, y), epochs=1, batch_size=11, shuffle=False)
    d = np.abs(trainer.predict(x) - y)
    assert history["largest"] == [pytest.approx((d[:11].max() + d[11:].max()) / 2)]
    assert history["val_largest"] == [pytest.approx(d.max())]
