"""From which size a device wins, and what is concluded from made-up figures."""

from __future__ import annotations

from typing import Any

import pytest

from backprop.measure.break_even import break_even
from backprop.measure.conclude import conclude


def test_it_is_found_on_a_straight_line_of_logarithms() -> None:
    """Speed-up n/40 passes 1 at 40, wherever it was measured."""
    for sizes in ([1, 32, 256], [8, 64], [1, 10, 100, 1000]):
        found = break_even(sizes, [n / 40 for n in sizes])
        assert found is not None
        assert found.kind == "from"
        assert found.at == pytest.approx(40.0)
        assert found.words("cuda:0", "batch") == "cuda:0 wins from a batch of about 40"


@pytest.mark.parametrize(
    ("speedups", "kind", "words"),
    [
        ([2.0, 3.0, 4.0], "always", "cuda:0 always wins within batches of 1 to 100"),
        ([0.1, 0.2, 0.99], "never", "cuda:0 never wins within batches of 1 to 100"),
        ([4.0, 1.0, 0.25], "until", "cuda:0 wins only up to a batch of about 10"),
        ([0.5, 2.0, 0.5], "mixed", "cuda:0 wins here and there within batches of 1 to 100"),
        ([0.1, None, 10.0], "from", "cuda:0 wins from a batch of about 10"),
    ],
)
def test_what_else_can_be(speedups: list[float | None], kind: str, words: str) -> None:
    found = break_even([1, 10, 100], speedups)
    assert found is not None
    assert (found.kind, found.words("cuda:0", "batch")) == (kind, words)


def test_one_size_says_nothing() -> None:
    assert break_even([1], [2.0]) is None
    assert break_even([1, 2], [2.0, None]) is None


def row(device: str, mode: str, width: int, batch: int, ms: float | None, **more: Any) -> dict:
    return {
        "model": f"mlp:{width}", "width": width, "batch": batch, "dtype": "float32",
        "device": device, "mode": mode, "ms": ms, "gflops": None if ms is None else 10.0 / ms,
        "ms_quartiles": [0.9 * ms, 1.1 * ms] if ms else None,
        "missing": None if ms else "not enough memory", "speedup": None, "peak_share": None,
    } | more  # fmt: skip


def report(rows: list[dict], parity: list[dict] | None = None) -> dict[str, Any]:
    devices = list(dict.fromkeys(r["device"] for r in rows))
    return {
        "reference": devices[0], "devices": [{"name": d} for d in devices], "rows": rows,
        "notes": [], "plan": {"dtypes": ("float32",)}, "parity": parity or [],
        "peaks": [{"device": d, "dtype": "float32", "gflops": 100.0} for d in devices],
    }  # fmt: skip


def figures() -> list[dict]:
    """The CPU takes the batch in milliseconds, the other device 16 ms for whatever batch."""
    rows = []
    for width in (8, 64):
        for batch in (1, 64):
            rows += [row("cpu", "eager", width, batch, 2.0 * batch),
                     row("cpu", "captured", width, batch, 1.0 * batch),
                     row("cuda:0", "eager", width, batch, 64.0),
                     row("cuda:0", "captured", width, batch, 16.0)]  # fmt: skip
    return rows


def test_speedups_are_those_of_the_same_mode_and_of_the_faster_one() -> None:
    found = conclude(report(figures()))
    eager = [r["speedup"] for r in found["rows"] if r["device"] == "cuda:0" and r["width"] == 8]
    assert eager == [2 / 64, 1 / 16, 128 / 64, 64 / 16]
    best = {(r["device"], r["width"], r["batch"]): r for r in found["best"]}
    assert {r["mode"] for r in best.values()} == {"captured"}
    assert best["cuda:0", 64, 64]["speedup"] == 4.0
    assert [r["peak_share"] for r in found["rows"][:2]] == [0.05, 0.1]


def test_break_even_along_batches_and_widths() -> None:
    found = conclude(report(figures()))
    words = [b["words"] for b in found["break_even"]]
    assert words == [
        "cuda:0 wins from a batch of about 16, at a width of 8",
        "cuda:0 wins from a batch of about 16, at a width of 64",
        "cuda:0 never wins within widths of 8 to 64, at a batch of 1",
        "cuda:0 always wins within widths of 8 to 64, at a batch of 64",
    ]


def test_lines_that_say_the_same_are_one() -> None:
    rows = [r | {"ms": 64.0} if r["device"] == "cpu" else r for r in figures()]
    found = conclude(report(rows))
    assert found["break_even_words"] == [
        "cuda:0 always wins within batches of 1 to 64, at every width measured",
        "cuda:0 always wins within widths of 8 to 64, at every batch measured",
    ]
    assert len(conclude(report(figures()))["break_even_words"]) == 4


def test_a_busy_machine_is_told() -> None:
    assert conclude(report(figures()))["notes"] == []
    rows = [r | {"ms_quartiles": [r["ms"] / 2, r["ms"] * 2]} for r in figures()]
    (note,) = conclude(report(rows))["notes"]
    assert "typically 4 times the first" in note


def test_the_verdict_is_one_sentence() -> None:
    differing = {"losses": [0.0, 2e-7], "parameters": [1e-9, 3e-8]}
    agreeing = [{"steps": 7, "losses": [2.0, 1.0], "against": [differing]}]
    said = conclude(report(figures(), agreeing))["verdict"]
    assert said == (
        "cuda:0 trains 0.062 to 4 times as fast as cpu (geometric mean 0.5); it wins from a batch "
        "of about 16, at a width of 64; in 7 steps from the same weights the losses differ by at "
        "most 2.0e-07 and the parameters by 3.0e-08."
    )


@pytest.mark.parametrize(
    ("losses", "said"),
    [([0.0, 0.0], "all give the same bits in 2 steps."), ([0.0, float("inf")], "do NOT agree")],
)
def test_the_verdict_on_agreement(losses: list[float], said: str) -> None:
    differing = {"losses": losses, "parameters": [0.0, 0.0]}
    parity = [{"steps": 2, "losses": [2.0, 1.0], "against": [differing]}]
    assert said in conclude(report(figures(), parity))["verdict"]


def test_the_verdict_on_one_device() -> None:
    rows = [row("cpu", "eager", 8, 1, 3.0), row("cpu", "captured", 8, 1, 1.5)]
    said = conclude(report(rows))["verdict"]
    assert (
        said == "Only cpu was measured, where a captured step is 2 times as fast as an eager one."
    )


def test_what_was_not_measured_is_left_out() -> None:
    rows = [row("cpu", "eager", 8, 1, 3.0), row("cpu", "captured", 8, 1, None)]
    found = conclude(report(rows))
    assert found["verdict"] == "Only cpu was measured."
    assert [r["mode"] for r in found["best"]] == ["eager"]
