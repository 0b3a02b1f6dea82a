"""A comparison of devices: the CPU and array-api-strict, as small as can be."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backprop.capturing import CaptureError
from backprop.measure import Plan, compare, comparison, work
from backprop.measure.parity import largest_difference
from backprop.measure.plan import with_width
from backprop.measure.timing import Stopwatch, peak_bytes, product_peak, take_turns
from backprop.measure.work import host_batches, training_step
from backprop.train import Data, Settings

QUICK: dict[str, Any] = {"seconds": 0.001, "peak_seconds": 0.001, "parity_steps": 3, "accuracy": 0}


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    plan = Plan(model="mlp:4", widths=(3, 6), batch_sizes=(2, 5), devices=("cpu", "strict"),
                dtypes=("float64", "tf32", "bf16"), **QUICK)  # fmt: skip
    return compare(plan)


def test_every_case_is_there_once(report: dict[str, Any]) -> None:
    names = ("dtype", "width", "batch", "device", "mode")
    cases = [tuple(r[k] for k in names) for r in report["rows"]]
    assert len(cases) == len(set(cases)) == 3 * 2 * 2 * 2 * 2
    assert {r["model"] for r in report["rows"]} == {"mlp:3", "mlp:6"}


def test_figures_belong_together(report: dict[str, Any]) -> None:
    for r in report["rows"]:
        if r["dtype"] != "float64":
            continue
        assert r["missing"] is None
        assert r["ms_quartiles"][0] <= r["ms"] <= r["ms_quartiles"][1]
        assert r["first_ms"] <= r["warmup_ms"]
        assert r["samples_per_second"] == pytest.approx(r["batch"] / r["ms"] * 1e3)
        w, n = r["width"], r["batch"]
        assert r["flops"] == 2 * n * (2 * 64 * w + 3 * w * 10)
        assert r["gflops"] == pytest.approx(r["flops"] / r["ms"] * 1e-6)
        peak = next(p for p in report["peaks"]
                    if (p["device"], p["dtype"]) == (r["device"], "float64"))  # fmt: skip
        assert r["peak_share"] == pytest.approx(r["gflops"] / peak["gflops"])
        # float64 weights, gradients and two states of Adam, at least
        assert r["peak_bytes"] > 4 * 8 * (64 * w + w + w * 10 + 10)


def test_what_a_device_does_not_do_has_no_figures(report: dict[str, Any]) -> None:
    for r in report["rows"]:
        names = {"float64": None, "tf32": "TF32 is for factors", "bf16": "bfloat16 is for factors"}
        wanted = names[r["dtype"]]
        assert r["missing"] is None if wanted is None else r["missing"].startswith(wanted)
        if r["dtype"] != "float64":
            figures = ("ms", "gflops", "peak_bytes", "speedup", "transfer_ms", "loss_difference")
            assert all(r[k] is None for k in figures)
    assert [p["gflops"] is None for p in report["peaks"]] == [False, False, True, True, True, True]


def test_both_devices_train_alike(report: dict[str, Any]) -> None:
    """Captured steps on the CPU bit for bit, the other device to rounding."""
    assert len(report["parity"]) == 4
    for p in report["parity"]:
        assert p["reference"] == "cpu, eager, float64"
        assert p["steps"] == 3
        for a in p["against"]:
            assert len(a["losses"]) == len(a["parameters"]) == 3
            limit = 0.0 if a["device"] == "cpu" else 1e-10
            assert max(a["losses"] + a["parameters"]) <= limit


def test_one_line_along_each_width_and_batch(report: dict[str, Any]) -> None:
    lines = {(b["along"], b["value"]) for b in report["break_even"]}
    assert lines == {("batch", 3), ("batch", 6), ("width", 2), ("width", 5)}
    assert report["verdict"].startswith("strict trains ")


def test_a_wrong_result_on_a_device_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """One step too long on the second device."""
    true = work.built

    def built(settings: Settings, data: Data) -> Any:
        experiment = true(settings, data)
        if settings.device == "strict":
            experiment.trainer.optimizer.param_groups[0]["lr"] *= 1.5
        return experiment

    monkeypatch.setattr(work, "built", built)
    plan = Plan(model="linear", batch_sizes=(4,), devices=("cpu", "strict"), **QUICK)
    (parity,) = compare(plan)["parity"]
    worst = {(a["device"], a["mode"]): max(a["parameters"]) for a in parity["against"]}
    assert worst["cpu", "captured"] == 0.0
    assert worst["strict", "eager"] > 1e-4


def test_a_step_that_cannot_be_captured_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(step: Any) -> Any:
        raise CaptureError("float(loss) at line 3\nmore")

    monkeypatch.setattr(work, "capture", refuse)
    found = compare(Plan(model="linear", batch_sizes=(4,), devices=("cpu",), **QUICK))
    eager, captured = found["rows"]
    assert eager["ms"] > 0
    assert captured["ms"] is None
    assert captured["missing"] == "cannot be captured: float(loss) at line 3"


def test_a_captured_step_that_never_replays_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work.Capture, "_record", lambda self, key, args, kw: self.function(*args))
    found = compare(Plan(model="linear", batch_sizes=(4,), devices=("cpu",), **QUICK))
    assert found["rows"][1]["missing"] == "cannot be captured: it was never replayed"


def test_too_little_memory_for_one_case_loses_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    true = comparison.built

    def built(settings: Settings, data: Data) -> Any:
        if settings.batch_size == 5:
            raise MemoryError("no 5")
        return true(settings, data)

    monkeypatch.setattr(comparison, "built", built)
    found = compare(Plan(model="linear", batch_sizes=(2, 5), devices=("cpu",), **QUICK))
    assert [r["missing"] for r in found["rows"]] == [None, None] + ["not enough memory: no 5"] * 2


def test_an_interruption_keeps_what_is_there() -> None:
    def stop(text: str) -> None:
        if "batches of 5" in text:
            raise KeyboardInterrupt

    plan = Plan(model="linear", batch_sizes=(2, 5), devices=("cpu",), **QUICK)
    found = compare(plan, stop)
    assert found["interrupted"]
    assert {r["batch"] for r in found["rows"]} == {2}
    assert found["verdict"]


def test_an_interruption_before_the_first_case() -> None:
    def stop(text: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(Plan(model="linear", devices=("cpu",), **QUICK), stop)


def test_training_for_an_accuracy() -> None:
    quick = QUICK | {"accuracy": 0.5, "accuracy_seconds": 20.0}
    plan = Plan(model="linear", batch_sizes=(32,), devices=("cpu",), lr=0.01, **quick)
    (run,) = compare(plan)["accuracy"]
    assert run["reached"]
    assert run["accuracy"] >= 0.5
    assert run["steps"] % 128 == 0  # 4096 samples between two looks
    with_less = QUICK | {"accuracy": 1.0, "accuracy_seconds": 0.001}
    plan = Plan(model="linear", batch_sizes=(32,), devices=("cpu",), **with_less)
    (run,) = compare(plan)["accuracy"]
    assert not run["reached"]


def test_a_regression_has_no_accuracy(tmp_path: Any) -> None:
    file = tmp_path / "line.csv"
    file.write_text("a,b\n" + "\n".join(f"{i},{2 * i + 0.5}" for i in range(40)) + "\n")
    quick = QUICK | {"accuracy": 0.9}
    plan = Plan(data=str(file), model="linear", batch_sizes=(4,), devices=("cpu",), **quick)
    found = compare(plan)
    assert found["accuracy"] == []
    assert any("regression" in note for note in found["notes"])
    assert found["rows"][0]["ms"] > 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"batch_sizes": (0,)}, "batch_sizes: got 0"),
        ({"batch_sizes": ()}, "batch_sizes: got none"),
        ({"widths": (8,), "model": "lenet"}, "widths: are for mlp, cnn, lstm, gru, transformer"),
        ({"widths": (7,), "model": "transformer:1,8,4"}, "is no multiple of its 4 heads"),
        ({"dtypes": ("float16",)}, "dtypes: got 'float16', wanted one of float32"),
        ({"warmup": 2}, "warmup: got 2"),
        ({"seconds": 0.0}, "seconds: got 0.0"),
        ({"accuracy": 95.0}, "accuracy: got 95.0"),
        ({"model": "mpl:8"}, "Did you mean 'mlp'"),
        ({"optimizer": "sdg"}, "Did you mean 'sgd'"),
    ],
)
def test_a_plan_that_makes_no_sense(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("(", r"\(")):
        Plan(**wrong)


def test_devices_that_are_not_here() -> None:
    plan, missing = Plan(devices=("cpu", "cuda:99")).found()
    assert plan.devices == ("cpu",)
    assert "cuda:99" in missing["cuda:99"]
    with pytest.raises(backends.BackendError, match="cuda:99"):
        Plan(devices=("cuda:99",)).found()


def test_widths_without_a_model_and_with_one() -> None:
    assert [w for w, _ in Plan().models()] == [32, 128, 512, 2048]
    assert Plan(model="mlp:9,5").models() == [(9, "mlp:9,5")]
    assert with_width("transformer:2,64,4", 16) == "transformer:2,16,4"


def test_the_batches_are_the_same_rows_and_repeat_where_there_are_few() -> None:
    data = Data.read(Settings("digits"))
    first, again = host_batches(data, 1000, 3), host_batches(data, 1000, 3)
    assert all((a[0] == b[0]).all() and (a[1] == b[1]).all()
               for a, b in zip(first, again, strict=True))  # fmt: skip
    assert all(x.shape == (1000, 64) and y.shape == (1000,) for x, y in first)
    rows = np.concatenate([x for x, _ in first])
    n = len(data.prepared.train)
    assert (rows[n : 2 * n] == rows[:n]).all()


def test_the_step_is_the_trainers_own() -> None:
    """With a penalty and clipping, a step by hand gives what a step of fit gives."""
    settings = Settings("digits", model="mlp:4", device="cpu", batch_size="full", l2=0.1,
                        dropout=0.0, clip_norm=0.01, epochs=1)  # fmt: skip
    data = Data.read(settings)
    x, y = data.prepared.train.x, data.prepared.train.y
    mine, theirs = (work.built(settings, data) for _ in range(2))
    step = training_step(mine.trainer, "eager")
    step(bp.asarray(x), bp.asarray(y))
    theirs.trainer.callbacks = []
    theirs.trainer.fit((x, y), epochs=1, batch_size=None, shuffle=False)
    for a, b in zip(mine.model.parameters(), theirs.model.parameters(), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=0, atol=1e-7)


def test_the_stopwatch_counts_steps() -> None:
    calls = []
    watch = Stopwatch(backends.get("cpu"), lambda x, y: calls.append(x), [("a", 1), ("b", 2)])  # type: ignore[arg-type, list-item, func-returns-value]
    watch.warm_up(3)
    take_turns([watch], 0.0, fewest=4)
    found = watch.timing()
    assert found.samples == 4
    assert len(calls) == 3 + 4 * found.at_once
    assert calls[:4] == ["a", "b", "a", "b"]


def test_the_peak_of_memory_is_that_of_the_step_alone() -> None:
    """1 MB that stays, 8 MB before the step, 2 MB within it."""
    kept = []

    def make() -> Any:
        kept.append(np.ones(125_000))
        np.ones(1_000_000)
        return lambda: np.ones(250_000)

    peak = peak_bytes(backends.get("cpu"), make)
    assert peak is not None
    assert 3_000_000 <= peak < 3_100_000


@pytest.mark.parametrize(("peak", "left", "taken"), [(500, 9_000, 1_000), (2_100, 9_999, 2_000)])
def test_the_memory_of_a_gpu_is_the_larger_of_two_counts(peak: int, left: int, taken: int) -> None:
    """A pool that held 100 bytes before, a device that had 10,000 free."""
    order = []

    def tell(word: str) -> Any:
        return lambda: order.append(word)

    class Device:
        @property
        def mem_info(self) -> tuple[int, int]:
            return (left if "step" in order else 10_000), 20_000

    def memory() -> Any:
        return backends.Memory(100, peak if "step" in order else 100, 20_000)

    backend: Any = SimpleNamespace(
        asynchronous=True, on_device=nullcontext, device=Device(), memory=memory,
        synchronize=tell("wait"), reset_peak=tell("reset"),
    )  # fmt: skip

    def make() -> Any:
        order.append("make")
        return tell("step")

    assert peak_bytes(backend, make) == taken
    assert order == ["wait", "reset", "make", "step", "wait"]


def test_the_rate_of_products() -> None:
    rate, size = product_peak(backends.get("cpu"), "float32", 0.001)
    assert rate > 0
    assert size in (256, 512, 1024)


@pytest.mark.parametrize(
    ("a", "b", "most"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        ([np.nan], [np.nan], 0.0),
        ([np.inf, 1.0], [np.inf, 1.0], 0.0),
        ([np.nan, 1.0], [1.0, 1.0], np.inf),
        ([], [], 0.0),
    ],
)
def test_the_largest_difference(a: list[float], b: list[float], most: float) -> None:
    assert largest_difference(np.array(a), np.array(b)) == most
