"""scripts/bench.py runs and reports what it should. No times are judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "bench.py"


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def test_a_small_run(tmp_path):
    done = bench(
        "--quick", "--cases", "mlp-2-8-8-1-b1-sgd", "--contenders", "floor", "backprop",
        "--rounds", "2", "--out", str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "bench.json").read_text())
    assert results["machine"]["cores"] >= 1
    assert results["settings"]["rounds"] == 2
    assert list(results["contenders"]) == ["backprop", "floor"]
    for about in results["contenders"].values():
        assert {"versions", "float32", "pools"} <= set(about)
        assert about["versions"]["numpy"]
    case = results["cases"]["mlp-2-8-8-1-b1-sgd"]
    assert case["unit"] == "a step"
    for timed in case["contenders"].values():
        low, high = timed["quartiles_us"]
        assert 0 < low <= timed["median_us"] <= high
        assert len(timed["rounds_us"]) == 2
        assert timed["ratio"] is None  # PyTorch took no part
    assert results["geometric_mean"] == {}
    assert "mlp-2-8-8-1-b1-sgd" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cases", "mlp-9"], "no case matches 'mlp-9'; there are"),
        (["--contenders", "mxnet"], "there is no 'mxnet', wanted some of: backprop, torch"),
        (["--python", "jax"], "got 'jax', wanted CONTENDER=PATH"),
        (["--python", "jax=/nowhere/python"], "there is no interpreter /nowhere/python"),
        (["--threads", "0"], "got 0, wanted at least 1"),
        (["--rounds", "0"], "got 0, wanted at least 1"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    done = bench(*arguments)
    assert done.returncode == 2
    assert message in done.stderr


def test_ratios_are_taken_within_rounds_and_averaged_geometrically(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    from bench.report import geometric_means, summarise

    timed = summarise({"torch": [10.0, 20.0, 40.0], "backprop": [5.0, 10.0, 20.0]})
    assert timed["backprop"]["median_us"] == 10.0
    assert timed["backprop"]["ratio"] == 0.5
    assert timed["backprop"]["ratio_quartiles"] == [0.5, 0.5]
    cases = {
        "a": {"kind": "mlp", "contenders": {"backprop": {"ratio": 0.5}}},
        "b": {"kind": "mlp", "contenders": {"backprop": {"ratio": 2.0}, "jax": {"error": "no"}}},
        "c": {"kind": "chain", "contenders": {"backprop": {"ratio": 9.0}}},
    }
    assert geometric_means(cases) == {"backprop": {"ratio": pytest.approx(1.0), "cases": 2}}


def test_the_hand_written_step_is_the_librarys(monkeypatch):
    """The reference does the same work: from equal weights, the same losses."""
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import numpy as np
    from bench import cases
    from bench.contenders import by_hand

    import backprop as bp

    for optimizer in ("sgd", "adam"):
        case = cases.Case("tiny", "mlp", sizes=(5, 4, 10), batch=6, optimizer=optimizer)
        monkeypatch.setattr(by_hand, "LR", 0.1)
        step = by_hand.ByHand().mlp(case)
        (w0, b0), (w1, b1) = by_hand.initial(case)
        net = bp.nn.Sequential(bp.nn.Linear(5, 4), bp.nn.ReLU(), bp.nn.Linear(4, 10))
        for p, a in zip(net.parameters(), (w0.T, b0, w1.T, b1), strict=True):
            p.copy_(np.ascontiguousarray(a))
        rule = bp.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        if optimizer == "adam":
            rule = bp.optim.Adam(net.parameters(), lr=0.1)
        x, y = (bp.asarray(a) for a in case.data())
        for _ in range(5):
            rule.zero_grad()
            loss = bp.nn.CrossEntropyLoss()(net(x), y)
            loss.backward()
            rule.step()
            assert float(step()) == pytest.approx(loss.item(), rel=1e-5)


def test_the_convolutional_networks_take_their_data(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    from bench.cases import CASES
    from bench.contenders.ours import Eager

    import backprop as bp

    names = []
    for case in CASES:
        if case.kind == "cnn":
            names.append(case.name)
            x, y = case.data()
            assert case.network(bp.nn)(bp.asarray(x[:2])).shape == (2, case.sizes[-1])
            assert x.shape[1:] == case.image
            assert y.shape == (case.batch,)
            assert Eager().build(case)().item() > 0
    assert names == ["lenet", "cnn-16-32"]
