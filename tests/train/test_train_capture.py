"""A training that is replayed from recordings is the one that runs step by step, bit for bit."""

from __future__ import annotations

import gc
import io
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train_cases import At, Recorder, network, points, quiet, same, timeless, weights

import backprop as bp
from backprop import nn
from backprop.capturing.recording import Recording
from backprop.optim import lr_scheduler
from backprop.train import (
    Accuracy,
    Callback,
    Experiment,
    Metric,
    NonFiniteLossError,
    Printer,
    Settings,
    Trainer,
    load_checkpoint,
)
from backprop.train.build import NextCharacter
from backprop.train.metrics import CharacterAccuracy

X, Y = points(26)
PART = points(10, seed=7)
LABELS = np.digitize(X[:, 0], [-0.5, 0.5])


@pytest.fixture
def replays(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry a replay."""
    found: list[int] = []
    real = Recording.replay

    def replay(self: Recording, arrays: Any) -> Any:
        found.append(1)
        return real(self, arrays)

    monkeypatch.setattr(Recording, "replay", replay)
    return found


class Told(Callback):
    """Writes down why a training is not replayed."""

    def __init__(self) -> None:
        self.whys: list[str] = []

    def not_captured(self, trainer: Trainer, why: str) -> None:
        self.whys.append(why)


def everything(trainer: Trainer, file: Path | None = None) -> dict[str, Any]:
    """All that two trainings can differ in."""
    state = trainer.optimizer.state_dict()
    found = {
        "state": {k: (v.numpy().dtype.str, v.numpy().tobytes())
                  for k, v in trainer.model.state_dict().items()},
        "optimizer": {
            (i, k): v.numpy().tobytes() if isinstance(v, bp.Tensor) else v
            for i, entry in state["state"].items() for k, v in entry.items()
        },
        "groups": state["param_groups"],
        "records": timeless(trainer.history),
        "end": (trainer.history.best_epoch, trainer.history.stopped),
        "random": bp.default_generator().get_state(),
        "schedule": trainer.schedule and trainer.schedule.state_dict(),
    }  # fmt: skip
    if file is not None:
        tensors, optimizer, progress = load_checkpoint(file)
        progress["records"] = [{**r, "seconds": 0} for r in progress["records"]]
        progress["sums"]["seconds"] = 0
        found["checkpoint"] = (
            {g: {k: v.tobytes() for k, v in named.items()} for g, named in tensors.items()},
            optimizer["param_groups"], progress,
        )  # fmt: skip
    return found


# ------------------------------------------------------------------------ models and losses


def perceptron(seed: int = 1, out: int = 1) -> nn.Module:
    model = network(dropout=0.3, seed=seed)
    model[3] = nn.Linear(5, out).double()
    return model


class Pictures(nn.Module):
    """(N, 3) as pictures of 4 by 4, through convolution and batch normalisation."""

    def __init__(self) -> None:
        self.spread = nn.Linear(3, 32)
        self.norm, self.fold = nn.BatchNorm2d(2), nn.Conv2d(2, 4, 3, padding=1)
        self.norm2, self.pool, self.out = nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.Linear(16, 3)

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        x = self.norm(self.spread(x).reshape(-1, 2, 4, 4))
        x = self.pool(nn.functional.relu(self.norm2(self.fold(x))))
        return self.out(x.reshape(len(x), -1))


class Writer(nn.Module):
    """Characters (N, L) to scores (N, L, 7) of the next."""

    def __init__(self) -> None:
        self.letters, self.body = nn.Embedding(7, 4), nn.LSTM(4, 6, batch_first=True)
        self.drop, self.scores = nn.Dropout(0.2), nn.Linear(6, 7)

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        return self.scores(self.drop(self.body(self.letters(x))[0]))


class Noisy(nn.Module):
    """Another function in training than in use."""

    def __init__(self) -> None:
        self.inner = nn.Linear(3, 1).double()

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        if self.training:
            x = x + 0.1 * bp.randn(*x.shape, dtype=x.dtype)
        return self.inner(x) if self.training else 2.0 * self.inner(x)


TEXT = np.random.default_rng(3).integers(0, 7, (26, 9))
CLASSES = (X.astype("f"), LABELS)
SGD: Callable[..., Any] = bp.optim.SGD


def regression(**options: Any) -> Trainer:
    model = perceptron()
    make = options.pop("optimizer", lambda ps: bp.optim.Adam(ps, lr=0.02))
    optimizer = make(model.parameters())
    schedule = options.pop("schedule", None)
    if schedule is not None:
        options["schedule"] = schedule(optimizer)
    return quiet(model, optimizer=optimizer, **options)


def pictures(**options: Any) -> Trainer:
    bp.manual_seed(2)
    model = Pictures()
    weight = bp.asarray([0.5, 2.0, 1.0], dtype="float32")
    loss = nn.CrossEntropyLoss(weight=weight, label_smoothing=0.1)
    return quiet(model, loss, SGD(model.parameters(), lr=0.05, momentum=0.9), **options)


def writer(**options: Any) -> Trainer:
    bp.manual_seed(2)
    model = Writer()
    options = {"metric": CharacterAccuracy(), "clip_norm": 0.5, **options}
    return quiet(model, NextCharacter(), bp.optim.AdamW(model.parameters(), lr=0.01), **options)


def noisy(**options: Any) -> Trainer:
    bp.manual_seed(4)
    model = Noisy()
    return quiet(model, optimizer=bp.optim.RMSprop(model.parameters(), lr=0.01), **options)


CASES: dict[str, tuple[Callable[..., Trainer], dict[str, Any], Any]] = {
    "dropout": (regression, {}, (X, Y)),
    "batch normalisation and class weights": (pictures, {}, CLASSES),
    "text": (writer, {}, (TEXT[:, :-1], TEXT[:, 1:])),
    "training differs from use": (noisy, {}, (X, Y)),
    "penalty": (regression, {"penalty": nn.ElasticPenalty(0.01)}, (X, Y)),
    "clipping": (regression, {"clip_norm": 0.05}, (X, Y)),
    "schedule by step": (
        regression,
        {"schedule": lambda o: lr_scheduler.CosineAnnealingLR(o, 20), "schedule_by": "step"},
        (X, Y),
    ),
    "schedule by epoch": (
        regression, {"schedule": lambda o: lr_scheduler.StepLR(o, 2, gamma=0.3)}, (X, Y),
    ),
    "plateau": (
        regression,
        {"schedule": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.2)},
        (X, Y),
    ),
    "a look now and then": (regression, {"check_every": 3}, (X, Y)),
    "no metric": (regression, {"metric": None}, (X, Y)),
    "plain descent": (regression, {"optimizer": lambda ps: SGD(ps, lr=0.1)}, (X, Y)),
}  # fmt: skip


def held_out(data: Any) -> Any:
    return tuple(part[:10] for part in data)


@pytest.mark.parametrize("name", CASES)
def test_the_same_training(name: str, tmp_path: Path, replays: list[int]) -> None:
    make, options, data = CASES[name]
    found = {}
    for how in (False, True, "auto"):
        file = tmp_path / f"{how}.safetensors"
        trainer = make(capture=how, **options)
        replays.clear()
        trainer.fit(data, validation=held_out(data), epochs=5, batch_size=7, checkpoint=file)
        assert trainer.capture_trouble is None
        # 4 batches an epoch: the first as it is, 7 and 5 rows recorded; each is two replays.
        assert sum(replays) >= (0 if how is False else 2 * (4 * 5 - 3))
        assert how is not False or not replays
        found[how] = everything(trainer, file)
    assert found[True] == found[False]
    assert found["auto"] == found[False]


@pytest.mark.parametrize(
    "options",
    [{"batch_size": 1}, {"batch_size": None}, {"shuffle": False}, {"drop_last": True},
     {"patience": 2, "min_delta": 0.1, "epochs": 40}, {"restore_best": False}],
    ids=str,
)  # fmt: skip
def test_the_same_with_other_options_of_fit(options: dict[str, Any]) -> None:
    def train(how: Any) -> Any:
        trainer = regression(capture=how, penalty=nn.L2Penalty(0.01))
        options_here = {"epochs": 6, "batch_size": 7, **options}
        trainer.fit((X, Y), validation=PART, **options_here)
        return everything(trainer)

    assert train(True) == train(False)


def test_on_an_array_library_that_is_strict() -> None:
    def train(how: Any) -> Any:
        trainer = regression(capture=how, device="strict", penalty=nn.L2Penalty(0.01))
        trainer.fit((X, Y), validation=PART, epochs=3, batch_size=7)
        trainer.model.to("cpu")
        return timeless(trainer.history), weights(trainer.model)

    (records, found), (others, theirs) = train(True), train(False)
    assert records == others
    assert same(found, theirs)


@pytest.mark.parametrize("first", [False, "auto"])
@pytest.mark.parametrize("second", [False, "auto"])
@pytest.mark.parametrize("place", [(2, 3), (1, 1), (3, None)])
def test_resumed_in_the_middle(
    first: Any, second: Any, place: tuple[int, int | None], tmp_path: Path
) -> None:
    """Interrupted and resumed, each with recordings or without: as if nothing had happened."""
    whole = regression(capture=False, penalty=nn.L2Penalty(0.01))
    options = {"validation": PART, "epochs": 5, "batch_size": 7}
    whole.fit((X, Y), **options)
    wanted = everything(whole)

    file = tmp_path / "c.safetensors"
    cut = At(lambda: os.kill(os.getpid(), signal.SIGINT), *place)
    broken = regression(capture=first, penalty=nn.L2Penalty(0.01), callbacks=[cut])
    assert broken.fit((X, Y), checkpoint=file, **options).stopped == "interrupted"
    again = regression(capture=second, penalty=nn.L2Penalty(0.01))
    bp.default_generator().uniform((13,))
    again.fit((X, Y), checkpoint=file, resume=True, **options)
    assert everything(again) == wanted


def test_the_same_trainer_goes_on_after_a_resume(tmp_path: Path) -> None:
    """Recordings of before must not be replayed on the weights that were loaded."""
    file, options = tmp_path / "c.safetensors", {"epochs": 3, "batch_size": 7}

    def train(how: Any) -> Any:
        trainer = regression(capture=how)
        trainer.fit((X, Y), checkpoint=file, **options)
        trainer.fit((X, Y), epochs=2, batch_size=13)
        trainer.fit((X, Y), checkpoint=file, resume=True, epochs=6, batch_size=7)
        return everything(trainer)

    assert train(True) == train(False)


# ------------------------------------------------------------------------ losses that are NaN


@pytest.mark.parametrize("check_every", [1, 3])
@pytest.mark.parametrize("row", [2, 13, 24])
@pytest.mark.parametrize("part", [0, 1])
def test_a_loss_that_is_not_finite(part: int, row: int, check_every: int) -> None:
    def train(how: Any) -> Any:
        data = (X.copy(), Y.copy())
        data[part][row, 0] = np.nan
        trainer = regression(capture=how, check_every=check_every)
        recorder = Recorder()
        trainer.callbacks = [recorder]
        with pytest.raises(NonFiniteLossError) as caught:
            trainer.fit(data, epochs=3, batch_size=4, shuffle=False)
        error = caught.value
        place = (str(error), error.epoch, error.batch, error.layer)
        return place, weights(trainer.model), recorder.events, bp.default_generator().get_state()

    (place, found, events, drawn), (other, theirs, its, others) = train(True), train(False)
    assert place == other
    assert same(found, theirs)
    assert events == its
    assert drawn == others


def test_a_layer_that_overflows_is_named() -> None:
    def train(how: Any) -> Any:
        model = network(dropout=0.4)
        optimizer = SGD(model.parameters(), lr=1e150)
        trainer = quiet(model, optimizer=optimizer, capture=how)
        with pytest.raises(NonFiniteLossError) as caught:
            trainer.fit((X, 1e3 * Y), epochs=9, batch_size=3)
        return str(caught.value), caught.value.layer, weights(model)

    (text, layer, found), (other, name, theirs) = train(True), train(False)
    assert (text, layer) == (other, name)
    assert same(found, theirs)


# ----------------------------------------------------------------- what cannot be recorded


class Branch(nn.Module):
    """Another layer where the inputs are large."""

    def __init__(self) -> None:
        bp.manual_seed(5)
        self.small, self.large = nn.Linear(3, 1).double(), nn.Linear(3, 1).double()
        self.drop = nn.Dropout(0.2)

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        x = self.drop(x)
        if x.mean() > 0.0:
            return self.large(x)
        return self.small(x)


def branch(**options: Any) -> Trainer:
    model = Branch()
    return quiet(model, optimizer=bp.optim.Adam(model.parameters(), lr=0.02), **options)


def test_a_branch_on_a_value_runs_as_it_is_written_and_says_so_once() -> None:
    told = Told()
    eager, falls = branch(capture=False), branch(callbacks=[told])
    for trainer in (eager, falls):
        bp.manual_seed(9)
        trainer.fit((X, Y), validation=PART, epochs=4, batch_size=7)
    assert same(weights(eager.model), weights(falls.model))
    assert timeless(eager.history) == timeless(falls.history)
    assert told.whys == [falls.capture_trouble]
    assert "if x.mean() > 0.0:" in told.whys[0]
    assert eager.capture_trouble is None


def test_what_cannot_be_recorded_is_an_error_where_recording_is_insisted_on() -> None:
    trainer = branch(capture=True)
    with pytest.raises(bp.CaptureError, match=r"if x\.mean\(\) > 0\.0:"):
        trainer.fit((X, Y), epochs=2, batch_size=7)


def test_the_printer_says_why() -> None:
    out = io.StringIO()
    branch(callbacks=[Printer(out)]).fit((X, Y), epochs=3, batch_size=7)
    lines = [line for line in out.getvalue().splitlines() if "step by step" in line]
    assert len(lines) == 1
    assert "if x.mean() > 0.0:" in lines[0]


def by_numpy(output: bp.Tensor, target: bp.Tensor) -> bp.Tensor:
    """Mean squares, where NumPy looks at the bare array: an error of its own when recorded."""
    assert np.isfinite(np.add(output.data, 0.0)).all()
    return ((output - target) ** 2).mean()


class Odd(bp.optim.SGD):
    """Plain descent in a way of its own."""

    kernel = ""

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        p -= group["lr"] * g


class Parity(nn.Module):
    """A number that Python counts decides."""

    def __init__(self) -> None:
        self.calls = 0

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        self.calls += 1
        return x * (1.0 + self.calls % 2)


class Keeper(nn.Module):
    """Writes down how many rows it got."""

    def __init__(self) -> None:
        self.rows: list[int] = []

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        self.rows.append(len(x))
        return x


class Skips(nn.Module):
    """Leaves a layer out by Python's own random numbers."""

    def __init__(self) -> None:
        self.inner = nn.Linear(3, 3).double()

    def forward(self, x: bp.Tensor) -> bp.Tensor:
        return x + self.inner(x) if random.random() < 0.5 else x


class Late(Metric):
    """The largest output, gathered in an update of its own."""

    def reset(self) -> None:
        self.largest = -1e9

    def update(self, output: bp.Tensor, target: bp.Tensor) -> None:
        self.largest = max(self.largest, float(output.max()))

    def result(self) -> dict[str, float]:
        return {"largest": self.largest}


def with_layer(layer: nn.Module, **options: Any) -> Trainer:
    model = network(dropout=0.2)
    model.insert(0, layer)
    return quiet(model, optimizer=bp.optim.Adam(model.parameters(), lr=0.02), **options)


def hooked(seen: list[Any], **options: Any) -> Trainer:
    trainer = regression(**options)
    trainer.model[0].register_forward_hook(lambda m, args, out: seen.append(out.shape))
    return trainer


def frozen_out(**options: Any) -> Trainer:
    """The optimizer leaves the first layer out: its gradients add up for ever."""
    model = network()
    optimizer = SGD(model[3].parameters(), lr=0.1)
    return quiet(model, optimizer=optimizer, clip_norm=0.1, **options)


FALLS: dict[str, tuple[Callable[..., Trainer], str]] = {
    "NumPy": (lambda **o: quiet(network(), by_numpy, **o), "Error"),
    "an optimizer of one's own": (
        lambda **o: regression(optimizer=lambda ps: Odd(ps, lr=0.1), **o), "Odd",
    ),
    "a counter": (lambda **o: with_layer(Parity(), **o), "the layer 0 (Parity) changes its calls"),
    "a list": (lambda **o: with_layer(Keeper(), **o), "the layer 0 (Keeper) changes its rows"),
    "Python's random": (lambda **o: with_layer(Skips(), **o), "random numbers"),
    "a hook": (lambda **o: hooked([], **o), "the layer 0 (Linear) has a hook"),
    "gradients that add up": (frozen_out, "adds to a gradient"),
}  # fmt: skip


@pytest.mark.parametrize("name", FALLS)
def test_what_a_replay_would_leave_out_is_not_replayed(name: str) -> None:
    make, why = FALLS[name]

    def train(how: Any) -> tuple[Any, list[str], Trainer]:
        random.seed(5)
        bp.manual_seed(5)
        told = Told()
        trainer = make(capture=how, callbacks=[told])
        trainer.fit((X, Y), epochs=4, batch_size=7)
        return everything(trainer), told.whys, trainer

    found, whys, trainer = train("auto")
    assert found == train(False)[0]
    assert whys == [trainer.capture_trouble]
    assert why in whys[0]
    with pytest.raises(TypeError if name == "NumPy" else bp.CaptureError):
        train(True)


def test_python_that_is_left_alone_runs_once_a_batch() -> None:
    keeper, seen = Keeper(), []
    with_layer(keeper).fit((X, Y), epochs=3, batch_size=7)
    assert keeper.rows == [7, 7, 7, 5] * 3
    hooked(seen).fit((X, Y), epochs=3, batch_size=7)
    assert len(seen) == 4 * 3


def test_a_metric_with_an_update_of_its_own(replays: list[int]) -> None:
    def train(how: Any) -> Any:
        trainer = regression(capture=how, metric=Late())
        trainer.fit((X, Y), validation=PART, epochs=3, batch_size=7)
        return everything(trainer)

    found = train(True)
    assert replays
    assert found == train(False)
    assert len({r["largest"] for r in found["records"]}) == 3


def test_errors_of_the_users_stay_what_they_are() -> None:
    class Trap(nn.Module):
        """Raises at one batch."""

        def forward(self, x: bp.Tensor) -> bp.Tensor:
            if len(x) == 5:  # the last batch, whose size is recorded apart
                raise ZeroDivisionError("mine")
            return x

    def train(how: Any) -> Any:
        told, trainer = Told(), with_layer(Trap(), capture=how)
        trainer.callbacks = [told]
        with pytest.raises(ZeroDivisionError, match="mine") as caught:
            trainer.fit((X, Y), epochs=2, batch_size=7)
        assert caught.value.__context__ is None
        return weights(trainer.model), told.whys, bp.default_generator().get_state()

    (found, whys, drawn), (theirs, _, others) = train("auto"), train(False)
    assert same(found, theirs)
    assert drawn == others
    assert whys == []


# ------------------------------------------------------- what changes between two batches


CHANGES: dict[str, Callable[[Trainer], None]] = {
    "penalty": lambda t: setattr(t.penalty, "strength", t.penalty.strength * 0.5),
    "clip_norm": lambda t: setattr(t, "clip_norm", 0.01),
    "loss": lambda t: setattr(t, "loss", nn.L1Loss()),
    "rate": lambda t: t.optimizer.param_groups[0].update(lr=0.5),
    "dropout": lambda t: setattr(t.model[2], "p", 0.9),
    "frozen": lambda t: t.model[0].requires_grad_(False),
    "weights": lambda t: t.model[0].weight.copy_(np.ones((5, 3))),
    "seed": lambda t: bp.manual_seed(77) and None,
    "no penalty": lambda t: setattr(t, "penalty", None),
}


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize("place", [(2, 3), (3, None)])
def test_a_callback_that_changes_something(name: str, place: tuple[int, int | None]) -> None:
    def train(how: Any) -> Any:
        trainer = regression(capture=how, penalty=nn.L2Penalty(0.05), clip_norm=1.0)
        trainer.callbacks = [At(lambda: CHANGES[name](trainer), *place)]
        trainer.fit((X, Y), epochs=4, batch_size=7, restore_best=False)
        return everything(trainer)

    assert train("auto") == train(False)


def test_a_strength_that_changes_with_every_batch_is_not_recorded_again_and_again() -> None:
    class Anneal(Callback):
        def batch_ended(self, trainer: Trainer, epoch: int, batch: int) -> None:
            trainer.penalty.strength *= 0.9

    def train(how: Any) -> Any:
        trainer = regression(capture=how, penalty=nn.L2Penalty(0.5), callbacks=[Anneal()])
        trainer.fit((X, Y), epochs=6, batch_size=7)
        return everything(trainer), trainer.capture_trouble

    found, why = train("auto")
    assert found == train(False)[0]
    assert "8 recordings led to" in why


def test_a_schedule_of_the_penalty_by_epochs_is_worth_its_recordings() -> None:
    class Anneal(Callback):
        def epoch_ended(self, trainer: Trainer, record: Any) -> None:
            trainer.penalty.strength *= 0.9

    def train(how: Any) -> Any:
        trainer = regression(capture=how, penalty=nn.L2Penalty(0.5), callbacks=[Anneal()])
        trainer.fit((X, Y), epochs=12, batch_size=2)
        return everything(trainer), trainer.capture_trouble

    found, why = train("auto")
    assert (found, why) == train(False)


# --------------------------------------------------------------------------------- use


def test_evaluation_and_prediction(replays: list[int]) -> None:
    x, y = points(100)
    found: dict[Any, Any] = {}
    for how in (False, True):
        trainer = regression(capture=how)
        trainer.fit((X, Y), epochs=2, batch_size=7)
        replays.clear()
        found[how] = [
            (trainer.evaluate((x, y), batch_size), trainer.predict(x, batch_size).tobytes())
            for batch_size in (7, 50, None, 1)
        ]
        assert bool(replays) == how
    assert found[True] == found[False]


def test_validation_in_many_epochs_sees_the_weights_as_they_are(replays: list[int]) -> None:
    def train(how: Any) -> Any:
        trainer = quiet(perceptron(out=3), nn.CrossEntropyLoss(), capture=how, metric=Accuracy())
        trainer.fit((X, LABELS), validation=(X, LABELS), epochs=6, batch_size=26)
        return everything(trainer)

    found = train(True)
    assert len(replays) == 2 * 4 + 4
    assert found == train(False)
    assert len({r["val_loss"] for r in found["records"]}) == 6


def test_recordings_do_not_outlive_the_training() -> None:
    trainer = regression()
    trainer.fit((X, Y), validation=PART, epochs=3, batch_size=7)
    gc.collect()
    assert not [o for o in gc.get_objects() if issubclass(type(o), Recording)]


@pytest.mark.parametrize("wrong", ["yes", None, 2])
def test_a_setting_that_makes_no_sense(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"capture: got .*, wanted 'auto', True or False"):
        regression(capture=wrong)


@pytest.mark.parametrize("capture", [True, None])
def test_experiments_by_their_settings(capture: bool | None, replays: list[int]) -> None:
    def train(how: bool | None) -> Any:
        settings = Settings("digits", epochs=2, device="cpu", dropout=0.2, capture=how)
        result = Experiment(settings).run()
        return timeless(result.history), result.metrics, result.confusion.tolist()

    wanted = train(False)
    assert not replays
    assert train(capture) == wanted
    assert replays


def test_a_setting_of_experiments_that_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="capture: got 'no', wanted true or false"):
        Settings("digits", capture="no")  # type: ignore[arg-type]
