"""The device that `auto` takes; array-api-strict stands in for a second one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import backprop as bp
from backprop.measure import choose
from backprop.measure.choose import choose_device, step_ms
from backprop.train import Data, Settings

BOTH = ["cpu", "strict"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder."""
    monkeypatch.setattr(choose, "cache_dir", lambda: tmp_path / "cache")
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def data() -> Data:
    return Data.read(SETTINGS)


SETTINGS = Settings("digits", model="mlp:4", batch_size=8)


def measured(times: dict[str, float], calls: list[str]) -> Callable[..., float]:
    def take(settings: Settings, data: Data, device: str) -> float:
        calls.append(device)
        return times[device]

    return take


def test_the_faster_one_is_taken_and_remembered(
    cache: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(choose, "step_ms", measured({"cpu": 0.5, "strict": 0.25}, calls))
    first = choose_device(SETTINGS, data, BOTH)
    assert first.device == "strict"
    assert first.why.startswith("a step takes 0.25 ms there, 0.5 ms on cpu (measured, and kept in")
    (file,) = (cache / "devices").iterdir()
    assert json.loads(file.read_text())["ms"] == {"cpu": 0.5, "strict": 0.25}
    again = choose_device(SETTINGS, data, BOTH)
    assert again.device == "strict"
    assert "measured before" in again.why
    assert calls == BOTH


@pytest.mark.parametrize(
    "change", [{"model": "mlp:5"}, {"batch_size": 16}, {"optimizer": "sgd"}, {"dtype": "float64"}]
)
def test_another_training_is_measured_anew(
    change: dict, cache: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(choose, "step_ms", measured({"cpu": 0.5, "strict": 0.25}, calls))
    choose_device(SETTINGS, data, BOTH)
    choose_device(Settings(**({"data": "digits", "model": "mlp:4", "batch_size": 8} | change)),
                  data, BOTH)  # fmt: skip
    assert calls == BOTH * 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"ms": {"cpu": 1}}', '{"ms": {"cpu": "x"}}',
                                     '{"ms": {"cpu": 1, "strict": NaN}}'])  # fmt: skip
def test_a_damaged_memory_is_measured_anew(
    content: str, cache: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(choose, "step_ms", measured({"cpu": 0.5, "strict": 0.25}, calls))
    choose_device(SETTINGS, data, BOTH)
    (file,) = (cache / "devices").iterdir()
    file.write_text(content)
    assert choose_device(SETTINGS, data, BOTH).device == "strict"
    assert calls == BOTH * 2
    assert json.loads(file.read_text())["ms"] == {"cpu": 0.5, "strict": 0.25}


def test_a_cache_that_cannot_be_written(
    cache: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.write_text("a file is in the way")
    monkeypatch.setattr(choose, "step_ms", measured({"cpu": 0.5, "strict": 0.25}, []))
    found = choose_device(SETTINGS, data, BOTH)
    assert found.device == "strict"
    assert "not kept" in found.why


def test_a_device_that_fails_is_not_taken_and_not_remembered(
    cache: Path, data: Data, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take(settings: Settings, data: Data, device: str) -> float:
        if device == "strict":
            raise MemoryError("out of it\nat length")
        return 1.0

    monkeypatch.setattr(choose, "step_ms", take)
    found = choose_device(SETTINGS, data, BOTH)
    assert found.device == "cpu"
    assert "on strict it failed: out of it" in found.why
    assert "at length" not in found.why
    assert not cache.exists()


def test_one_device_is_not_measured(data: Data, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(choose, "step_ms", measured({"cpu": 1.0}, calls))
    assert choose_device(SETTINGS, data, ["cpu"]).device == "cpu"
    assert calls == []


def test_a_real_measurement_leaves_the_training_alone(cache: Path, data: Data) -> None:
    """The seeds decide the weights, whatever was measured before."""
    settings = SETTINGS.completed("classification", data.kind, len(data.prepared.train))
    assert step_ms(settings, data, "cpu") > 0
    found = choose_device(SETTINGS, data, BOTH)
    assert set(found.ms) == set(BOTH)
    assert found.device == min(found.ms, key=lambda name: found.ms[name])

    def weights() -> list[float]:
        experiment = bp.train.Experiment(Settings("digits", model="mlp:4", device="cpu"), data)
        return next(experiment.model.parameters()).reshape(-1).tolist()

    before = weights()
    step_ms(settings, data, "cpu")
    assert weights() == before


def test_wrong_settings_are_told(cache: Path, data: Data) -> None:
    with pytest.raises(ValueError, match="which is for text"):
        choose_device(Settings("digits", model="lstm:4"), data, BOTH)
