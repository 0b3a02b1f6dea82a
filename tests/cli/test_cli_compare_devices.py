"""backprop compare-devices, and what train --device auto measures."""

from __future__ import annotations

import json
import re
import struct
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import backends
from backprop import viz
from backprop.measure import choose, comparison

QUICK = ("--batch-sizes", "2,4", "--seconds", "0.001", "--parity-steps", "2", "--accuracy", "0")


class Page(HTMLParser):
    """Every tag closed in its turn, and what is asked of other places."""

    VOID = ("meta", "br", "link", "img", "input")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.outside += [v for k, v in attributes if k in ("src", "href", "xlink:href")
                         and v and not v.startswith("#")]  # fmt: skip
        self.outside += [tag] * (tag in ("script", "link", "iframe"))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data.strip())


@pytest.fixture
def short_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rate of products takes a second otherwise."""
    monkeypatch.setattr(comparison, "product_peak", lambda backend, dtype, seconds: (10.0, 256))


def test_two_devices(command: Any, tmp_path: Path, short_peaks: None) -> None:
    done = command("compare-devices", "digits", "--model", "mlp:4", "--widths", "2,4", "--devices",
                   "cpu,strict", "--dtypes", "float32,bf16", "--out", "both", *QUICK)  # fmt: skip
    assert (done.code, done.err) == (0, "")
    for said in (
        "cpu, float32: 10 GFLOP/s in products of 256x256",
        "strict, bf16: not on this device: bfloat16 is for factors on tensor cores of NVIDIA GPUs",
        "speed-up", "largest differences from cpu, eager, float32, of any step",
        "strict never wins within batches of 2 to 4, at every width measured",
        "strict never wins within widths of 2 to 4, at every batch measured",
        "written: compare.json, compare.png and compare.html in both",
    ):  # fmt: skip
        assert said in done.out
    report = json.loads((tmp_path / "both" / "compare.json").read_text())
    assert report["verdict"] in done.out
    assert len(report["rows"]) == 2 * 2 * 2 * 2 * 2
    assert [d["name"] for d in report["devices"]] == ["cpu", "strict"]
    png = (tmp_path / "both" / "compare.png").read_bytes()
    width, height = struct.unpack(">II", png[16:24])
    assert (png[:4], width > 800, height > 1000) == (b"\x89PNG", True, True)
    check_page((tmp_path / "both" / "compare.html").read_text(), report)


def check_page(text: str, report: dict[str, Any]) -> None:
    page = Page(text)
    assert page.open == []
    assert page.outside == []
    assert not re.search(r"https?://(?!www\.(w3\.org|nvidia\.com))", text)
    assert "@import" not in text
    assert report["verdict"] in page.words
    assert "url(#" in text or "<svg" in text
    assert "prefers-color-scheme: dark" in text
    for device in report["devices"]:
        assert any(device["description"] in words for words in page.words)
    for unit in ("ms a step", "GFLOP/s", "batch (samples a step)", "memory, MiB"):
        assert unit in page.words
    assert not {"#010203", "#040506"} & set(re.findall(r"#[0-9a-f]{6}", text))
    ids = re.findall(r'<svg[^>]*aria-label="([^"]+)"', text)
    assert len(ids) == len(set(ids)) >= 3


def test_one_device_says_how_to_get_the_other(
    command: Any, tmp_path: Path, short_peaks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = 'cuda:0 needs CuPy, which is not installed: pip install "backprop-array[cuda13]"'
    monkeypatch.setattr(backends, "problem", lambda n: why if n.startswith("cuda") else None)
    done = command("compare-devices", "--model", "linear", "--out", "one", "--devices", "cpu,cuda",
                   *QUICK)  # fmt: skip
    assert done.code == 0
    assert "only cpu is measured" in done.out
    assert why in done.out
    assert "Only cpu was measured, where a captured step is" in done.out
    page = Page((tmp_path / "one" / "compare.html").read_text())
    assert why in page.words
    assert "Gain of capturing" in page.words


def test_without_out_nothing_is_written(command: Any, tmp_path: Path, short_peaks: None) -> None:
    done = command("compare-devices", "--model", "linear", "--devices", "cpu", *QUICK)
    assert done.code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_regression(command: Any, tables: Path, short_peaks: None) -> None:
    done = command("compare-devices", tables / "price.csv", "--model", "mlp:4", "--devices", "cpu",
                   *QUICK[:-2], "--accuracy", "0.9")  # fmt: skip
    assert done.code == 0, done.err
    assert "time to an accuracy: none, since the data are a regression" in done.out


def test_ctrl_c_keeps_what_was_measured(
    command: Any, tmp_path: Path, short_peaks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = comparison.host_batches

    def stop(data: Any, size: int, seed: int) -> Any:
        if size == 4:
            raise KeyboardInterrupt
        return true(data, size, seed)

    monkeypatch.setattr(comparison, "host_batches", stop)
    done = command("compare-devices", "--model", "linear", "--devices", "cpu", "--out", "part",
                   *QUICK)  # fmt: skip
    assert done.code == 130
    assert "interrupted: this is what was measured by then" in done.out
    report = json.loads((tmp_path / "part" / "compare.json").read_text())
    assert report["interrupted"]
    assert {r["batch"] for r in report["rows"]} == {2}
    assert "Interrupted" in (tmp_path / "part" / "compare.html").read_text()


def test_losses_that_are_not_finite(command: Any, tmp_path: Path, short_peaks: None) -> None:
    """JSON has no NaN, and the page says it in words."""
    done = command("compare-devices", "--model", "linear", "--devices", "cpu,strict", "--optimizer",
                   "sgd", "--lr", "1e38", "--out", "wild", *QUICK[:4], "--accuracy", "0",
                   "--parity-steps", "5")  # fmt: skip
    assert done.code == 0, done.err
    report = json.loads(
        (tmp_path / "wild" / "compare.json").read_text(),
        parse_constant=lambda name: pytest.fail(f"{name} is no JSON"),
    )
    assert None in report["parity"][0]["losses"]
    assert "the loss is not finite from step 2 on" in report["verdict"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--batch-sizes", "0"], "batch_sizes: got '0', wanted whole numbers of at least 1"),
        (["--batch-sizes", "a,b"], "batch_sizes: got 'a,b'"),
        (["--widths", "8", "--model", "linear"], "widths: are for mlp"),
        (["--devices", "tpu"], "wanted 'auto', 'cpu', 'cuda'"),
        (["--dtypes", "fp8"], "dtypes: got 'fp8', wanted one of float32, float64, tf32, bf16"),
        (["nosuch"], "nosuch: there is no such file"),
        (["--model", "mlp:"], "model: got 'mlp:'"),
    ],
)
def test_bad_input(words: list[str], said: str, command: Any, tmp_path: Path) -> None:
    done = command("compare-devices", *words)
    assert done.code == 2
    assert said in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_comparison_is_not_overwritten(command: Any, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "compare.json").write_text("{}")
    done = command("compare-devices", "--model", "linear", "--out", "old")
    assert done.code == 2
    assert "old holds compare.json already, which would be lost" in done.err
    assert (tmp_path / "old" / "compare.json").read_text() == "{}"
    (tmp_path / "file").write_text("x")
    assert "file is a file" in command("compare-devices", "--out", "file").err
    assert "cannot be made" in command("compare-devices", "--out", "file/below").err


def test_names_are_safe_on_the_page() -> None:
    """What comes from a file's name or a class's is text, never a tag."""
    row = {
        "model": "mlp:4", "width": 4, "batch": 2, "dtype": "float32", "device": "cpu",
        "mode": "eager", "missing": None, "transfer_ms": 0.1, "ms": 1.0, "ms_quartiles": [1.0, 1.0],
        "first_ms": 1.0, "warmup_ms": 3.0, "samples_per_second": 2e3, "gflops": 0.1,
        "peak_bytes": 10, "peak_share": 0.1, "speedup": None,
    }  # fmt: skip
    report = {
        "data": "<script>x</script>: 3 rows", "verdict": "a < b & c.", "interrupted": False,
        "devices": [{"name": "cpu", "description": "<b>fast</b>"}], "rows": [row], "best": [row],
        "peaks": [{"device": "cpu", "dtype": "float32", "missing": None, "gflops": 5.0,
                   "size": 256}],
        "missing_devices": {"cuda": "<i>none</i>"}, "plan": {"optimizer": "adam", "seed": 0},
        "break_even": [], "break_even_words": [], "parity": [], "accuracy": [],
        "notes": ["<u>"], "dtypes": ["float32"],
        "reference": "cpu", "system": "Linux", "machine": "x", "python": "3", "numpy": "2",
        "when": "now",
    }  # fmt: skip
    text = viz.comparison_html(report)
    assert Page(text).open == []
    for tag in ("<script", "<b>fast", "<i>", "<u>"):
        assert tag not in text
    assert viz.comparison_png(report)[:4] == b"\x89PNG"
    assert viz.comparison_html(report) == text


# ------------------------------------------------------------------------- train --device auto


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, float]:
    """Two devices to choose from, and the milliseconds that are measured of each."""
    times = {"cpu": 2.0, "strict": 1.0}
    monkeypatch.setattr(choose, "candidates", lambda: ["cpu", "strict"])
    monkeypatch.setattr(choose, "cache_dir", lambda: tmp_path / "cache")
    monkeypatch.setattr(choose, "step_ms", lambda settings, data, device: times[device])
    return times


AUTO = ("train", "digits", "--model", "linear", "--epochs", "1", "--batch-size", "512", "--device",
        "auto")  # fmt: skip


def test_auto_takes_the_faster_device_and_says_why(
    command: Any, tmp_path: Path, two: dict[str, float]
) -> None:
    done = command(*AUTO, "--out", "run")
    assert done.code == 0, done.err
    first = done.out.splitlines()[0]
    assert first.startswith("device: strict (array-api-strict")
    assert "a step takes 1 ms there, 2 ms on cpu (measured, and kept in" in first
    assert 'device = "strict"' in (tmp_path / "run" / "config.toml").read_text()
    two["cpu"] = 0.5  # what is remembered comes first
    assert "measured before" in command(*AUTO, "--out", "again").out.splitlines()[0]


def test_auto_measures_the_real_steps(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(choose, "candidates", lambda: ["cpu", "strict"])
    monkeypatch.setattr(choose, "cache_dir", lambda: tmp_path / "cache")
    done = command(*AUTO, "--out", "measured")
    assert done.code == 0, done.err
    assert re.match(r"device: (cpu|strict) \(.*\): a step takes .* ms there", done.out)
    (file,) = (tmp_path / "cache" / "devices").iterdir()
    assert set(json.loads(file.read_text())["ms"]) == {"cpu", "strict"}


def test_a_named_device_is_not_measured(command: Any, two: dict[str, float]) -> None:
    two.clear()  # to measure would be a KeyError
    done = command(*AUTO[:-1], "cpu", "--out", "run")
    assert done.code == 0, done.err
    assert done.out.splitlines()[0].endswith(", as asked")


def test_with_one_device_nothing_is_measured(
    command: Any, monkeypatch: pytest.MonkeyPatch, two: dict[str, float]
) -> None:
    two.clear()
    monkeypatch.setattr(choose, "candidates", lambda: ["cpu"])
    done = command(*AUTO, "--out", "run")
    assert done.code == 0, done.err
    assert done.out.startswith("device: cpu (")


def test_ctrl_c_while_measuring_leaves_nothing(
    command: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, two: dict[str, float]
) -> None:
    def stop(settings: Any, data: Any, device: str) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(choose, "step_ms", stop)
    done = command(*AUTO, "--out", "run")
    assert (done.code, done.err.strip()) == (130, "interrupted")
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_settings_are_told_as_without_measuring(
    command: Any, two: dict[str, float]
) -> None:
    done = command("train", "nosuch.csv", "--device", "auto")
    assert done.code == 2
    assert "nosuch.csv: there is no such file" in done.err
