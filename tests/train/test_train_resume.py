"""A training that was interrupted and resumed is the one that was not, bit for bit."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from train_cases import At, Recorder, points, quiet, same, timeless, weights

import backprop as bp
from backprop.data import DataLoader
from backprop.io import FileFormatError, load_tensors, save_tensors
from backprop.train import Callback, Trainer

X, Y = points(26)
PART = points(10, seed=7)
BATCHES = 4  # of 7, the last of 5

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "momentum": lambda ps: bp.optim.SGD(ps, lr=0.05, momentum=0.9),
    "adam": lambda ps: bp.optim.Adam(ps, lr=0.02, betas=(0.8, 0.99)),
    "rmsprop": lambda ps: bp.optim.RMSprop(ps, lr=0.01, momentum=0.5),
}


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def fresh(optimizer: str = "adam", seed: int = 1, hidden: int = 6, **options: Any) -> Trainer:
    bp.manual_seed(seed)
    model = bp.nn.Sequential(
        bp.nn.Linear(3, hidden), bp.nn.Tanh(), bp.nn.Dropout(0.3), bp.nn.Linear(hidden, 1)
    ).double()
    return quiet(
        model, optimizer=OPTIMIZERS[optimizer](model.parameters()), penalty=bp.nn.L2Penalty(0.01),
        **options,
    )  # fmt: skip


def fit(trainer: Trainer, **options: Any) -> Any:
    options = {"train": (X, Y), "validation": PART, "epochs": 5, "batch_size": 7, **options}
    return trainer.fit(options.pop("train"), **options)


def everything(trainer: Trainer) -> dict[str, Any]:
    """All that two trainings can differ in."""
    state = trainer.optimizer.state_dict()
    numbers = {
        f"{i}/{k}": np.array(v.numpy() if isinstance(v, bp.Tensor) else v)
        for i, entry in state["state"].items() for k, v in entry.items()
    }  # fmt: skip
    history = trainer.history
    return {
        "weights": {k: (v.dtype.str, v.tobytes()) for k, v in weights(trainer.model).items()},
        "optimizer": {k: (v.dtype.str, v.tobytes()) for k, v in numbers.items()},
        "groups": state["param_groups"],
        "records": timeless(history),
        "end": (history.best_epoch, history.stopped),
        "random": bp.default_generator().get_state(),
    }


def uninterrupted(optimizer: str = "adam", **options: Any) -> dict[str, Any]:
    trainer = fresh(optimizer)
    fit(trainer, **options)
    return everything(trainer)


def cut(file: Path, epoch: int, batch: int | None, optimizer: str = "adam", **options: Any) -> Any:
    """A training stopped by Ctrl-C after a batch, or between two epochs (batch=None)."""
    recorder = Recorder()
    trainer = fresh(optimizer, callbacks=[At(ctrl_c, epoch, batch), recorder])
    history = fit(trainer, checkpoint=file, **options)
    assert history.stopped == "interrupted"
    assert len(history) == (epoch - 1 if batch else epoch)
    last = ("epoch_ended", epoch) if batch is None else ("batch_ended", epoch, batch)
    assert recorder.events[-2:] == [last, ("fit_ended",)]
    return trainer


def resumed(file: Path, optimizer: str = "adam", **options: Any) -> Trainer:
    """Another model, with other weights, and another state of everything, goes on."""
    trainer = fresh(optimizer, seed=999)
    bp.default_generator().uniform((13,))
    fit(trainer, checkpoint=file, resume=True, **options)
    return trainer


PLACES = [(1, 1), (2, 3), (3, BATCHES), (5, BATCHES), (1, None), (4, None), (5, None)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("epoch", "batch"), PLACES)
def test_resumed_is_uninterrupted(
    optimizer: str, epoch: int, batch: int | None, tmp_path: Path
) -> None:
    file = tmp_path / "c.safetensors"
    whole = uninterrupted(optimizer)
    cut(file, epoch, batch, optimizer)
    assert everything(resumed(file, optimizer)) == whole


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 1, "seed": 5}, {"batch_size": None}, {"shuffle": False},
        {"drop_last": True}, {"validation": None}, {"restore_best": False},
    ],
    ids=str,
)  # fmt: skip
def test_with_other_settings(options: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    whole = uninterrupted(**options)
    cut(file, 3, 1, **options)
    assert everything(resumed(file, **options)) == whole


@pytest.mark.parametrize(("later", "batch"), [(-2, 2), (1, 1), (1, None), (3, 4), (3, None)])
def test_patience_is_remembered(later: int, batch: int | None, tmp_path: Path) -> None:
    """Cut so many epochs after the best one."""
    options = {"epochs": 60, "patience": 3, "min_delta": 0.05}
    file = tmp_path / "c.safetensors"
    whole = uninterrupted(**options)
    best, why = whole["end"]
    assert why == "patience"
    assert len(whole["records"]) == best + 3
    assert best > 2
    cut(file, best + later, batch, **options)
    assert everything(resumed(file, **options)) == whole


def test_interrupted_again_and_again(tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    whole = uninterrupted()

    class EveryThird(Callback):
        seen = 0

        def batch_ended(self, trainer: Any, epoch: int, batch: int) -> None:
            self.seen += 1
            if self.seen % 3 == 0:
                ctrl_c()

    tries = 0
    while True:
        trainer = fresh(seed=tries + 1, callbacks=[EveryThird()])
        fit(trainer, checkpoint=file, resume=tries > 0)
        tries += 1
        if trainer.history.stopped != "interrupted":
            break
    assert tries == 1 + 5 * BATCHES // 3
    assert everything(trainer) == whole


def test_without_a_file_it_stops_all_the_same() -> None:
    trainer = fresh(callbacks=[At(ctrl_c, 2, 1)])
    assert fit(trainer).stopped == "interrupted"
    assert len(trainer.history) == 1


def test_a_killed_training_goes_on_from_its_last_epoch(tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    whole = uninterrupted()

    class Killed(Exception):
        pass

    def kill() -> None:
        raise Killed

    with pytest.raises(Killed):
        fit(fresh(callbacks=[At(kill, 3, 2)]), checkpoint=file)
    assert everything(resumed(file)) == whole


class Halve(Callback):
    """A schedule: half the learning rate after each epoch."""

    def epoch_ended(self, trainer: Any, record: Any) -> None:
        trainer.optimizer.param_groups[0]["lr"] /= 2


@pytest.mark.parametrize("batch", [2, None])
def test_what_a_callback_changed_is_in_the_file(batch: int | None, tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    trainer = fresh(callbacks=[Halve()])
    fit(trainer)
    whole = everything(trainer)
    assert [r["learning_rate"] for r in whole["records"]] == [0.02 / 2**i for i in range(5)]
    fit(fresh(callbacks=[Halve(), At(ctrl_c, 2, batch)]), checkpoint=file)
    trainer = fresh(seed=5, callbacks=[Halve()])
    fit(trainer, checkpoint=file, resume=True)
    assert everything(trainer) == whole


def test_a_loader_of_ones_own_with_random_noise(tmp_path: Path) -> None:
    """The batches that were done are not made again: their noise would move the random stream."""
    file, made = tmp_path / "c.safetensors", []

    def noisy(x: bp.Tensor) -> bp.Tensor:
        made.append(len(x))
        return x + bp.asarray(bp.default_generator().uniform(x.shape, "float64"))

    def loader() -> DataLoader:
        return DataLoader((X, Y), batch_size=7, shuffle=True, seed=2, transform=noisy)

    trainer = fresh()
    fit(trainer, train=loader())
    whole = everything(trainer)
    fit(fresh(callbacks=[At(ctrl_c, 2, 3)]), train=loader(), checkpoint=file)
    made.clear()
    trainer = fresh(seed=3)
    fit(trainer, train=loader(), checkpoint=file, resume=True)
    assert everything(trainer) == whole
    assert len(made) == 1 + 3 * BATCHES


def test_a_loader_left_by_an_interrupted_training_is_no_trap(tmp_path: Path) -> None:
    """A second training with the same loader, itself interrupted and resumed."""

    def start() -> DataLoader:
        loader = DataLoader((X, Y), batch_size=7, shuffle=True, seed=2)
        fit(fresh(callbacks=[At(ctrl_c, 1, 2)]), train=loader)
        return loader

    loader, trainer = start(), fresh()
    fit(trainer, train=loader)
    whole = everything(trainer)
    loader, file = start(), tmp_path / "c.safetensors"
    fit(fresh(callbacks=[At(ctrl_c, 1, 3)]), train=loader, checkpoint=file)
    trainer = fresh(seed=3)
    fit(trainer, train=loader, checkpoint=file, resume=True)
    assert everything(trainer) == whole


def test_more_epochs_than_at_first(tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    whole = uninterrupted(epochs=5)
    fit(fresh(), checkpoint=file, epochs=3)
    assert everything(resumed(file, epochs=5)) == whole
    done = resumed(file, epochs=5)  # nothing is left to do
    assert everything(done)["weights"] == whole["weights"]
    assert timeless(done.history) == whole["records"]


def test_seconds_are_those_of_both_parts(tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    slow = At(lambda: time.sleep(0.2), 2, 1)
    before = fit(fresh(callbacks=[slow, At(ctrl_c, 2, 2)]), checkpoint=file)
    after = resumed(file).history
    assert after["seconds"][0] == before["seconds"][0]
    assert after["seconds"][1] > 0.2


# ------------------------------------------------------------------------ signals


@pytest.fixture
def handler() -> Any:
    """A handler of the user's own for Ctrl-C."""

    def mine(number: int, frame: Any) -> None:
        raise AssertionError("the Trainer was to take this signal")

    before = signal.signal(signal.SIGINT, mine)
    yield mine
    signal.signal(signal.SIGINT, before)


def test_the_handler_comes_back(handler: Any) -> None:
    fit(fresh())
    assert signal.getsignal(signal.SIGINT) is handler
    fit(fresh(callbacks=[At(ctrl_c, 1, 1)]))
    assert signal.getsignal(signal.SIGINT) is handler
    with pytest.raises(ZeroDivisionError):
        fit(fresh(callbacks=[At(lambda: 1 // 0, 1, 1)]))
    assert signal.getsignal(signal.SIGINT) is handler


def test_a_second_ctrl_c_stops_at_once(handler: Any, tmp_path: Path) -> None:
    file, recorder = tmp_path / "c.safetensors", Recorder()

    def twice() -> None:
        ctrl_c()
        ctrl_c()
        pytest.fail("the second one was to raise")

    trainer = fresh(callbacks=[recorder, At(twice, 2, 3)])
    with pytest.raises(KeyboardInterrupt):
        fit(trainer, checkpoint=file)
    assert signal.getsignal(signal.SIGINT) is handler
    assert recorder.events[-2:] == [("batch_ended", 2, 3), ("fit_ended",)]
    assert everything(resumed(file)) == uninterrupted()  # from the end of epoch 1


def test_in_a_thread_training_is_the_same() -> None:
    whole = uninterrupted()
    before, found = signal.getsignal(signal.SIGINT), []

    def train() -> None:
        trainer = fresh()
        fit(trainer)
        found.append(everything(trainer))

    thread = threading.Thread(target=train)
    thread.start()
    thread.join()
    assert found == [whole]
    assert signal.getsignal(signal.SIGINT) is before


# -------------------------------------------------------------------------- files


def untouched(trainer: Trainer, error: type[Exception], says: str, **options: Any) -> None:
    """Resuming is refused, and neither the model, the optimizer nor the generator notice."""
    fit(trainer, epochs=1)
    before = everything(trainer)
    recorder = Recorder()
    trainer.callbacks = [recorder]
    with pytest.raises(error, match=says):
        fit(trainer, resume=True, **options)
    after = everything(trainer)
    for part in ("weights", "optimizer", "groups", "random"):
        assert after[part] == before[part]
    assert recorder.events == []


class Bomb:
    def __reduce__(self) -> Any:
        return pytest.fail, ("a pickle was opened",)


BAD_FILES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut off": (lambda b: b[: len(b) // 2], "not a whole safetensors file"),
    "cut off by a byte": (lambda b: b[:-1], "not a whole safetensors file"),
    "cut off in the header": (lambda b: b[:100], "not a whole safetensors file"),
    "too long": (lambda b: b + b"\0", "not a whole safetensors file"),
    "empty": (lambda b: b"", "not a whole safetensors file"),
    "zeros": (lambda b: bytes(len(b)), "not a whole safetensors file"),
    "text": (lambda b: b"a,b\n1,2\n" * 100, "not a whole safetensors file"),
    "pickle": (lambda b: pickle.dumps(Bomb()), "not a whole safetensors file"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_damaged_file_is_refused(case: str, tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    cut(file, 2, 2)
    damage, says = BAD_FILES[case]
    file.write_bytes(damage(file.read_bytes()))
    untouched(fresh(), FileFormatError, rf"c\.safetensors is {says}", checkpoint=file)


@pytest.mark.parametrize("metadata", [None, {}, {"checkpoint": 0}, {"checkpoint": 2}])
def test_tensors_that_are_no_checkpoint(metadata: Any, tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    save_tensors(file, fresh().model.state_dict(), metadata)
    got = (metadata or {}).get("checkpoint")
    says = rf"c\.safetensors is no checkpoint .* \(got {got}, wanted 1\)"
    untouched(fresh(), FileFormatError, says, checkpoint=file)


def test_no_file(tmp_path: Path) -> None:
    untouched(fresh(), FileNotFoundError, "there is no file .*nope", checkpoint=tmp_path / "nope")


@pytest.mark.parametrize(
    ("other", "options", "says"),
    [
        (lambda: fresh(hidden=4), {},
         r"(?s)c\.safetensors is of another training.*0\.weight: got shape \(6, 3\), wanted \(4, "),
        (lambda: fresh("momentum"), {}, r"made with optimizer Adam, here it is SGD"),
        (lambda: fresh(), {"batch_size": 5}, r"made with batch_size 7, here it is 5"),
        (lambda: fresh(), {"train": (X[:-1], Y[:-1])}, r"made with rows 26, here it is 25"),
        (lambda: fresh(), {"shuffle": False}, r"made with shuffle True, here it is False"),
        (lambda: fresh(metric=None), {}, r"made with metric Regression, here it is NoneType"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_another_training(
    other: Any, options: dict[str, Any], says: str, tmp_path: Path
) -> None:
    file = tmp_path / "c.safetensors"
    cut(file, 2, 2)
    untouched(other(), ValueError, says, checkpoint=file, **options)


def test_groups_of_another_optimizer_leave_the_model_alone(tmp_path: Path) -> None:
    """The model fits and is loaded before the optimizer is found not to."""
    file = tmp_path / "c.safetensors"
    cut(file, 2, 2)
    trainer = fresh()
    layers = [{"params": trainer.model[i].parameters()} for i in (0, 3)]
    other = quiet(trainer.model, optimizer=bp.optim.Adam(layers), penalty=trainer.penalty)
    untouched(
        other, ValueError, r"got groups of \[4\] parameters, wanted \[2, 2\]", checkpoint=file
    )


def test_between_epochs_the_batches_may_change(tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    cut(file, 2, None)
    history = resumed(file, batch_size=5).history
    assert history["epoch"] == [1, 2, 3, 4, 5]


def test_resuming_needs_a_file() -> None:
    with pytest.raises(ValueError, match="resume: needs checkpoint=, the file to go on from"):
        fit(fresh(), resume=True)


@pytest.mark.parametrize("how", ["rename", "write"])
def test_a_file_is_written_whole_or_not_at_all(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sub" / "c.safetensors"
    fit(fresh(), checkpoint=file, epochs=2)
    old = file.read_bytes()

    def fail(*args: Any) -> None:
        raise OSError("no space left")

    def half(path: Path, data: bytes) -> None:
        with open(path, "wb") as f:
            f.write(data[: len(data) // 2])
        fail()

    if how == "rename":
        monkeypatch.setattr(os, "replace", fail)
    else:
        monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(OSError, match="no space left"):
        fit(fresh(), checkpoint=file, resume=True)
    monkeypatch.undo()
    assert file.read_bytes() == old
    assert os.listdir(file.parent) == ["c.safetensors"]  # nothing is left over
    assert everything(resumed(file)) == uninterrupted()


def test_a_checkpoint_can_be_looked_into(tmp_path: Path) -> None:
    file = tmp_path / "c.safetensors"
    trainer = cut(file, 2, 3, restore_best=False)
    arrays, metadata = load_tensors(file)
    mine = {f"model/{k}": v for k, v in weights(trainer.model).items()}
    assert same({k: v for k, v in arrays.items() if k.startswith("model/")}, mine)
    assert {k.split("/")[0] for k in arrays} == {"model", "best", "optimizer"}
    assert (metadata["progress"]["epoch"], metadata["progress"]["batch"]) == (2, 3)
