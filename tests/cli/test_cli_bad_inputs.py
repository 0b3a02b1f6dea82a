"""Bad inputs: each ends in a clear message and the right exit code, and leaves nothing behind."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import backends

CPU = "--device cpu"
TRAIN = [
    ("train", "data: nothing was named"),
    ("train digts", "no such file.*Did you mean 'digits'"),
    ("train no/such.csv", "there is no such file"),
    ("train empty.csv", "is empty"),
    ("train folder", "is a folder"),
    ("train model.pkl", "can run code when it is opened and is never read"),
    ("train hidden.npz", "pickle, which can run code|Python objects"),
    ("train flowers.csv --target kindd", "no column of flowers.csv.*Did you mean 'kind'"),
    ("train flowers.csv --target 9", "which has 4"),
    ("train flowers.csv --task regression", "text can be predicted with --task classification"),
    ("train flowers.csv --task clustering", "task: got 'clustering', wanted one of"),
    ("train one.csv", "at least two classes"),
    ("train nan.npz", "y: got nan in row 3"),
    ("train ragged.csv", "ragged.csv, line 3: got 2 fields, wanted 3"),
    ("train digits --target 3", "has a target of its own"),
    ("train digits --task regression", "digits has classes"),
    ("train flowers.csv --test price.csv", "test: price.csv has 3 columns"),
    ("train digits --model mlp:", "model: got 'mlp:', wanted 'mlp:' and the sizes"),
    ("train digits --model mlp:0", "each size is at least 1"),
    ("train digits --model mlp:a", "model: got 'mlp:a'"),
    ("train digits --model mpl:32", "Did you mean 'mlp'"),
    ("train digits --activation rleu", "activation: got 'rleu'.*Did you mean 'relu'"),
    ("train digits --optimizer adm", "optimizer: got 'adm'.*Did you mean 'adam'"),
    ("train digits --loss crossentropy", "Did you mean 'cross-entropy'"),
    ("train digits --loss mse", "loss: got 'mse', which is for regression; wanted one of cross"),
    ("train digits --loss bce", "for two classes; the data have 10"),
    ("train digits --device gpu", "device: got 'gpu', wanted one of auto, cpu"),
    ("train digits --device cuda:99", "cuda:99"),
    ("train digits --lr -1", "lr: got -1.0, wanted a number above 0"),
    ("train digits --lr nan", "lr: got nan"),
    ("train digits --lr much", "'--lr'.*valid (number|float)"),
    ("train digits --l2 -0.1", "l2: got -0.1, wanted a number of at least 0"),
    ("train digits --dropout 1", "dropout: got 1.0.*below 1"),
    ("train digits --momentum 0.9", "momentum: is for sgd and rmsprop"),
    ("train digits --epochs -3", "epochs: got -3"),
    ("train digits --epochs 1.5", "'--epochs'.*valid int"),
    ("train digits --batch-size 0", "batch_size: got '?0"),
    ("train digits --batch-size half", "'full' for the full batch"),
    ("train digits --patience -1", "patience: got -1"),
    ("train digits --clip-norm 0", "clip_norm: got 0.0"),
    ("train digits --dtype float16", "dtype: got 'float16'"),
    ("train digits --split 80/10/20", "of sum 110, wanted three numbers of sum 100"),
    ("train digits --split 0/50/50", "training part above 0"),
    ("train digits --split 80-20", "wanted three numbers of sum 100"),
    ("train digits --epoch 3", "No such option.*--epochs"),
    ("train digits flowers.csv", "unexpected extra argument"),
    ("train --config no.toml", "there is no file no.toml"),
    ("train --config broken.toml", "broken.toml is not TOML"),
    ("train --config unknown.toml", "unknown setting 'learning_rate'"),
    ("train --config close.toml", "Did you mean 'batch_size'"),
    ("train --config kind.toml", "epochs: got 'many', wanted a whole number"),
    ("train digits --out flowers.csv", "flowers.csv is a file"),
    ("train digits --out flowers.csv/run", "flowers.csv is a file"),
    ("train digits --out folder2", "is not empty, and what is there is not overwritten"),
    ("train --resume folder", "holds no config.toml, so there is no run"),
    ("train --resume nowhere", "does not exist"),
    ("compare flowers.csv --models mpl:3", "Did you mean 'mlp'"),
    ("compare flowers.csv --seeds 0", "seeds: got 0"),
    ("compare flowers.csv --split 90/0/10", "validation part above 0"),
    ("compare", "data: nothing was named"),
    ("tarin digits", "No such command 'tarin'.*train"),
]


@pytest.fixture
def bad_files(tables: Path) -> Path:
    (tables / "empty.csv").write_text("")
    (tables / "folder").mkdir()
    (tables / "folder2").mkdir()
    (tables / "folder2/notes.txt").write_text("mine")
    (tables / "model.pkl").write_bytes(pickle.dumps([1, 2]))
    (tables / "hidden.npz").write_bytes(pickle.dumps([1, 2], protocol=4))
    (tables / "one.csv").write_text("a,b\n" + "".join(f"{i},yes\n" for i in range(30)))
    (tables / "ragged.csv").write_text("a,b,c\n1,2,x\n1,2\n3,4,y\n")
    y = np.arange(40.0)
    y[3] = np.nan
    np.savez(tables / "nan.npz", x=np.zeros((40, 2)), y=y)
    (tables / "broken.toml").write_text("epochs = = 3\n")
    (tables / "unknown.toml").write_text('data = "digits"\nlearning_rate = 1\n')
    (tables / "close.toml").write_text('data = "digits"\nbatchsize = 1\n')
    (tables / "kind.toml").write_text('data = "digits"\nepochs = "many"\n')
    return tables


def everything(directory: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(("line", "said"), TRAIN, ids=[line for line, _ in TRAIN])
def test_bad_input(command, bad_files: Path, line: str, said: str) -> None:
    before = everything(bad_files)
    extra = "" if "--device" in line or not line.startswith("train ") else f" {CPU}"
    done = command(*(line + extra).split())
    assert done.code == 2, done.out + done.err
    message = re.sub(r"[\s│]+", " ", done.err)
    assert re.search(said, message), message
    assert "Traceback" not in done.err
    assert len(done.err) < 1500
    assert everything(bad_files) == before
    assert not (bad_files / "runs").exists()


@pytest.mark.skipif(backends.problem("cuda") is None, reason="CUDA works here")
def test_cuda_where_there_is_none(command) -> None:
    done = command("train", "digits", "--device", "cuda")
    assert done.code == 2
    assert re.search("cuda:0.*(driver|CuPy|device)", done.err)


def test_a_directory_with_a_run_is_never_overwritten(command, tables: Path) -> None:
    assert (
        command("train", "flowers.csv", "--epochs", 1, "--out", "run", "--device", "cpu").code == 0
    )
    before = everything(tables)
    done = command("train", "flowers.csv", "--epochs", 1, "--out", "run", "--device", "cpu")
    assert done.code == 2
    assert "the run that is there is not overwritten" in done.err
    done = command("train", "--resume", "run", "--lr", 1)
    assert done.code == 2
    assert "only epochs, patience, device, capture can be given besides, not lr" in done.err
    assert everything(tables) == before


@pytest.mark.parametrize("model", ["mlp:8", "linear"])
def test_a_loss_that_becomes_nan(command, tables: Path, model: str) -> None:
    done = command(
        "train", "price.csv", "--model", model, "--optimizer", "sgd", "--lr", 1e30, "--device",
        "cpu", "--out", "run",
    )  # fmt: skip
    assert done.code == 1
    assert re.search(r"the loss became (nan|inf) in epoch 1, batch \d+", done.err)
    assert "layer" in done.err
    assert "smaller learning rate" in done.err
    assert "nothing is saved" in done.err
    assert not (tables / "run").exists()


def test_after_a_nan_the_best_weights_so_far_are_kept(command, tables: Path) -> None:
    """lr 2.5 on squares diverges, but slowly: some epochs end before the loss overflows."""
    done = command(
        "train", "price.csv", "--model", "linear", "--optimizer", "sgd", "--momentum", 0,
        "--lr", 3, "--batch-size", "full", "--epochs", 500, "--patience", 0, "--device", "cpu",
        "--out", "run",
    )  # fmt: skip
    assert done.code == 1, done.out + done.err
    assert re.search(r"the weights of epoch \d+, the best so far, are in run", done.err)
    assert not (tables / "run/result.json").exists()
    assert command("predict", "run", "price.csv").code == 0


USE = [
    ("predict nowhere new.csv", "there is no directory nowhere"),
    ("predict folder new.csv", "holds no model.safetensors"),
    ("predict run gone.csv", "there is no such file"),
    ("predict run short.csv", "the column 'wide' of the training data is missing"),
    ("predict run renamed.csv", "Is it 'wider' for 'wide'"),
    ("predict run text.csv", "line 3: column 'wide': got 'tall', wanted a number"),
    ("predict run new.csv -o folder", "out: folder is a directory"),
    ("predict run new.csv -o no/where/out.csv", "there is no directory no"),
    ("predict run new.csv --device gpu", "gpu"),
    ("predict cut new.csv", "not a whole safetensors file"),
    ("predict other new.csv", "was not saved by backprop train"),
    ("predict run", "Missing argument 'FILE'"),
    ("evaluate run new.csv", "holds no target"),
    ("evaluate run strange.csv", "got the class 'tulip'"),
    ("evaluate run digits", "wanted one of the classes in the training data"),
    ("train --resume cut", "not a whole safetensors file"),
]


@pytest.fixture
def runs(command, tables: Path) -> Path:
    assert (
        command("train", "flowers.csv", "--epochs", 1, "--out", "run", "--device", "cpu").code == 0
    )
    for name in ("cut", "other", "folder"):
        (tables / name).mkdir()
    for file in ("model.safetensors", "checkpoint.safetensors"):
        whole = (tables / "run" / file).read_bytes()
        (tables / "cut" / file).write_bytes(whole[: len(whole) // 2])
    (tables / "cut/config.toml").write_text((tables / "run/config.toml").read_text())
    checkpoint = (tables / "run/checkpoint.safetensors").read_bytes()
    (tables / "other/model.safetensors").write_bytes(checkpoint)
    (tables / "short.csv").write_text("long,colour\n1,red\n")
    (tables / "renamed.csv").write_text("long,wider,colour\n1,2,red\n")
    (tables / "text.csv").write_text("long,wide,colour\n1,2,red\n1,tall,red\n")
    (tables / "strange.csv").write_text("long,wide,colour,kind\n1,2,red,tulip\n")
    return tables


@pytest.mark.parametrize(("line", "said"), USE, ids=[line for line, _ in USE])
def test_bad_use_of_a_run(command, runs: Path, line: str, said: str) -> None:
    before = everything(runs)
    done = command(*line.split())
    assert done.code == 2, done.out + done.err
    message = re.sub(r"[\s│]+", " ", done.err)
    assert re.search(said, message), message
    assert "Traceback" not in done.err
    assert everything(runs) == before


def test_a_fault_is_one_line_unless_debug_is_given(command, monkeypatch) -> None:
    from backprop.train import experiment

    def broken(*arguments: object, **options: object) -> None:
        raise KeyError("lost")

    monkeypatch.setattr(experiment.Experiment, "run", broken)
    done = command("train", "digits", "--device", "cpu")
    assert done.code == 1
    assert "This is a fault in backprop" in done.err
    with pytest.raises(KeyError):
        command("train", "digits", "--device", "cpu", "--debug")
