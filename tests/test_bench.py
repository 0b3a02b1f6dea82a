"""scripts/bench.py runs and reports what it should. No times are judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "bench.py"


@pytest.fixture(autouse=True)
def _the_scripts_are_importable(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_small_run(tmp_path):
    done = bench(
        "--quick", "--cases", "mlp-2-8-8-1-b1-sgd", "--contenders", "floor", "backprop",
        "backprop-capture", "--rounds", "2", "--threads", "1", "--out", str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads((tmp_path / "bench.json").read_text())
    assert results["machine"]["cores"] >= 1
    assert results["settings"]["rounds"] == 2
    assert results["settings"]["device"] == "cpu"
    names = ["backprop-capture", "backprop", "floor"]
    assert list(results["contenders"]) == names
    for about in results["contenders"].values():
        assert {"versions", "float32", "pools", "device"} <= set(about)
        assert about["versions"]["numpy"]
    case = results["cases"]["mlp-2-8-8-1-b1-sgd"]
    assert case["unit"] == "a step"
    assert list(case["contenders"]) == names
    for timed in case["contenders"].values():
        low, high = timed["quartiles_us"]
        assert 0 < low <= timed["median_us"] <= high
        assert len(timed["rounds_us"]) == 2
        assert timed["prepare_s"] >= 0
        assert timed["ratio"] is None  # PyTorch took no part
    assert results["geometric_mean"] == {}
    assert results["against"]["backprop-capture"]["floor"]["mlp"]["cases"] == 1
    assert "mlp-2-8-8-1-b1-sgd" in done.stdout
    assert "Time of backprop captured to that of each" in done.stdout


def test_check_compares_losses():
    done = bench("--check", "--cases", "mlp-2-8-8-1-b1-adam", "--contenders", "numpy", "backprop")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("agrees") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cases", "mlp-9"], "no case matches 'mlp-9'; there are the groups mlp, networks"),
        (["--contenders", "mxnet"], "there is no 'mxnet', wanted some of: backprop-capture"),
        (["--python", "jax"], "got 'jax', wanted CONTENDER=PATH"),
        (["--python", "jax=/nowhere/python"], "there is no interpreter /nowhere/python"),
        (["--threads", "0"], "got 0, wanted at least 1"),
        (["--rounds", "0"], "got 0, wanted at least 1"),
        (["--tf32"], "wanted with --device cuda"),
        (["--data", "/nowhere"], "/nowhere holds no train-images-idx3-ubyte.gz"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    done = bench(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_a_contender_without_the_device_is_skipped():
    done = bench("--device", "cuda", "--cases", "mlp-2-8", "--contenders", "numpy", "autograd")
    assert done.returncode == 1
    assert "NumPy by hand: skipped, runs on the CPU only" in done.stdout
    assert "none of the contenders can run here" in done.stderr


def test_groups_choose_the_cases_of_a_run():
    from bench import cases

    assert {c.group for c in cases.choose("normal", ["networks"])} == {"networks"}
    normal = [c.name for c in cases.choose("normal", ["batch-sweep"])]
    full = [c.name for c in cases.choose("full", ["batch-sweep"])]
    assert "batch-sweep-b1" in normal
    assert "batch-sweep-b8192" in normal
    assert full == [f"batch-sweep-b{2**i}" for i in range(14)]
    assert set(normal) < set(full)
    widths = [c.name for c in cases.choose("full", ["width-sweep"])]
    assert widths == [f"width-sweep-w{2**i}" for i in range(3, 14)]
    assert len([c for c in cases.choose("normal", ["mlp"]) if c.group == "mlp"]) == 10
    assert [c.name for c in cases.choose("normal", ["chain-1M"])] == ["chain-1M"]
    assert [c.name for c in cases.choose("quick", ["batch-sweep-b1"])] == ["batch-sweep-b1"]
    assert len(cases.choose("quick", ["lenet", "mlp-2-*"])) == 4
    names = [c.name for c in cases.CASES]
    assert len(set(names)) == len(names)


def test_ratios_are_taken_within_rounds_and_averaged_geometrically():
    from bench.stats import against, geometric_means, summarise

    timed = summarise({"torch": [10.0, 20.0, 40.0], "backprop": [5.0, 10.0, 20.0]})
    assert timed["backprop"]["median_us"] == 10.0
    assert timed["backprop"]["ratio"] == 0.5
    assert timed["backprop"]["ratio_quartiles"] == [0.5, 0.5]

    def case(kind, group, torch, ours):
        rounds = {"torch": {"rounds_us": torch}, "backprop": {"rounds_us": ours}}
        return {"kind": kind, "group": group, "contenders": rounds | {"jax": {"error": "no"}}}

    cases = {
        "a": case("mlp", "mlp", [2.0, 4.0], [1.0, 2.0]),
        "b": case("mlp", "batch-sweep", [1.0, 1.0], [8.0, 8.0]),
        "c": case("chain", "micro", [1.0, 1.0], [9.0, 9.0]),
    }
    means = geometric_means(cases)["backprop"]
    assert means["mlp"] == {"ratio": 0.5, "least": 0.5, "largest": 0.5, "cases": 1}
    assert means["all"] == {"ratio": pytest.approx(2.0), "least": 0.5, "largest": 8.0, "cases": 2}
    assert against(cases, "backprop")["torch"]["all"]["ratio"] == pytest.approx(2.0)
    assert against(cases, "torch")["backprop"]["all"]["ratio"] == pytest.approx(0.5)
    assert "jax" not in geometric_means(cases)


def test_a_contender_that_computes_something_else_is_taken_out():
    from bench.runner import disagreements

    losses = {"backprop": [2.3, 1.0], "torch": [2.3001, 1.2], "jax": [float("nan")]}
    found = disagreements(losses, 1e-3)
    assert list(found) == ["backprop", "jax"]
    assert "loss number 2 is 1, that of torch 1.2" in found["backprop"]
    assert disagreements({"numpy": [1.0]}, 1e-3) == {}


SMALL = {
    "mlp-2-8-8-1-b1-sgd": {"batch": 3},
    "mlp-784-128-64-10-b32-adam": {"batch": 4},
    "lenet-b64-sgd": {"batch": 4},
    "lenet-b64-adam": {"batch": 2},
    "cnn-16-32-b64-sgd": {"batch": 2},
    "resnet-8-b32-sgd": {"batch": 3},
    "lstm-128-b32-adam": {"batch": 3},
    "transformer-128-b16-adam": {"batch": 2},
}
"""A case of each network and rule, with a smaller batch."""
CONTENDERS = (
    "backprop",
    "backprop-capture",
    "backprop-numba",
    "torch",
    "jax",
    "sklearn",
    "autograd",
    "numpy",
)


@pytest.mark.parametrize("name", SMALL)
def test_all_compute_the_same_losses(name):
    """From the same weights, over steps that learn; those that are installed."""
    from bench import cases, check
    from bench.contenders import load

    case = replace(cases.find(name), **SMALL[name])
    case = replace(case, lr=check.RATES[case.optimizer])
    losses = {}
    for key in CONTENDERS:
        try:
            contender = load(key)
        except ImportError:
            continue
        if step := contender.build(case):
            count = 1 if key in check.LEAVES else check.STEPS
            losses[key] = [contender.loss(step()) for _ in range(count)]
    assert {"backprop", "backprop-capture"} <= set(losses)
    for key, found in losses.items():
        assert found == pytest.approx(losses["backprop"][: len(found)], rel=1e-4), key
    assert losses["backprop"][-1] < losses["backprop"][0]


def test_every_network_is_checked():
    from bench.cases import CASES

    networks = {id(c.network) for c in CASES if c.kind == "network"}
    assert networks == {id(c.network) for c in CASES if c.kind == "network" and c.name in SMALL}


def test_an_epoch_takes_every_image(tmp_path):
    from bench import mnist
    from bench.cases import find
    from bench.contenders import load

    import backprop as bp

    mnist.write(tmp_path, rows=300)
    images, labels = mnist.read(mnist.check(tmp_path))
    assert images.shape == (300, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert np.array_equal(images, bp.data.read_idx(tmp_path / mnist.IMAGES))
    assert np.array_equal(labels, bp.data.read_idx(tmp_path / mnist.LABELS))
    case = find("epoch-mnist")
    contender = load("backprop")
    contender.folder = tmp_path
    seen = []
    contender.training = lambda case: lambda x, y: seen.append((x.shape, y.shape))
    contender.build(case)()
    assert [x for x, _ in seen] == [(128, 784), (128, 784), (44, 784)]
    assert [y for _, y in seen] == [(128,), (128,), (44,)]
    for name in ("backprop", "backprop-capture", "torch"):
        try:
            contender = load(name)
        except ImportError:
            continue
        contender.folder = tmp_path
        assert contender.loss(contender.build(case)()) > 0
    with pytest.raises(ValueError, match="holds no"):
        mnist.check(tmp_path / "nowhere")


def test_the_picture_is_drawn(tmp_path):
    pytest.importorskip("matplotlib")
    from bench import plot
    from bench.stats import geometric_means, summarise

    cases = {}
    for name, kind, group in (
        ("mlp-a", "mlp", "mlp"), ("batch-sweep-b1", "mlp", "batch-sweep"),
        ("batch-sweep-b8", "mlp", "batch-sweep"),
    ):  # fmt: skip
        times = {"torch": [2.0, 3.0], "backprop": [1.0, 1.5]}
        cases[name] = {"kind": kind, "group": group, "contenders": summarise(times)}
    here = {"processor": "P", "cores": 2, "gpu": None}
    settings = {"threads": 1, "tf32": False, "device": "cpu"}
    results = {"cases": cases, "machine": here, "settings": settings}
    results["geometric_mean"] = geometric_means(cases)
    assert plot.draw(results, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert not plot.draw(results | {"cases": {}}, tmp_path / "b.png")
